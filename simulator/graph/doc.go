// Package graph serves graph.microsoft.com of the simulated cloud, as far as credentials, their owners, their policies
// and the evidence of their use go.
//
// Every call is authorised from the claims of its token. State lives in simulator/directory; this package keeps only
// what belongs to a request. Start with [New] and [Service.ServeHTTP], then routes.go.
package graph
