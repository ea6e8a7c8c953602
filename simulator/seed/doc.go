// Package seed plants sample tenants into an empty simulated cloud: a deployment of Provision Assist with its neighbours
// in the directory, or an organisation with any number of applications; its consumers alive, and an identity that may do the
// work.
//
// The samples follow github.com/pnp/provision-assist-m365 (read 2026-11-22): what its manual says *and* what its
// templates do, where the two differ. Nothing outside this package may know a sample's names: callers get them in
// [Sample]. All ids and secrets are drawn from the world's seed; certificates are not. Start with [Plant].
package seed
