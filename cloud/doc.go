// Package cloud is how Keyturn reaches a Microsoft cloud: its host names, the sign-in of Keyturn itself, proxy and
// certificate authority, the cloud's time, and what a failed request means. Nothing here knows an application, a vault
// or a rule; rooms above speak through a [Session] and turn every failure into a problem by [Classify].
//
// It must never log or return a body, a token or a query string, and never send a token to a host that isn't asked for.
//
// Start at [Open]; [Classify] is the other half.
package cloud
