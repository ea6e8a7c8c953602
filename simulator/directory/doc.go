// Package directory is the simulated Microsoft Entra ID: tenants, users, app registrations, service principals, their
// credentials, the one judge of every sign-in, the tokens and what the sign-in reports know.
//
// It speaks no HTTP: simulator/login and simulator/graph put the token endpoints and Microsoft Graph on top of it.
// Everything but [Directory.Mint] and [Directory.Verify] wants the world's lock to be held. Start with [New].
package directory
