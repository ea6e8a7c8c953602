// Package api is the console for programs: HTTP under /api/v1, described by an OpenAPI 3.1 document that is made from
// the very types it answers with. An operation is one function; the list is in operations.go.
//
// Start at [New].
package api
