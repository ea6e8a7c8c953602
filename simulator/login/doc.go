// Package login serves login.microsoftonline.com of the simulated cloud: the token endpoints of both versions, device
// codes, the page that people sign in at, instance discovery, OpenID configuration and keys.
//
// It only reads requests and writes answers; who may sign in is judged by simulator/directory. Start with [New].
package login
