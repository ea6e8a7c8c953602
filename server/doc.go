// Package server answers HTTP for a Keyturn that serves. To everybody: whether the process works and whether it is ready
// to. To those who have signed in: the console, its pages (server/web) and its API (server/api), each route with the least
// role that may use it. It listens on this machine alone unless told otherwise, and shows the console elsewhere only where
// people sign in with a provider, over TLS.
//
// Start at [New].
package server
