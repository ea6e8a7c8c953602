// Package consumer is everything that signs in inside the simulated cloud with the credentials under renewal, and that
// therefore notices every mistake: connectors with their token caches, logic apps, runbooks, the label step's password
// grant, plain apps that read a vault once, jobs that run by a schedule, and one that nobody knows of. It also plays the strangers: the installer run
// again, an edit in the portal, a redeployment, a certificate that the vault renews by itself.
//
// Every sign-in is judged by [directory.Directory.SignIn], in a drawn region, at its own simulated instant, and is
// counted; [Park.Report] is the witness that "no failed sign-in" is measured by. Failures of the certificate are counted
// apart ([Park.Certificates]), for they say nothing about the secret.
//
// Switches that play strangers, set with POST /_sim/switch {"name":"value"}; each acts every time it is set:
//
//   - installer: the installer is run again: all passwords removed, a new one in the vault and the connections
//   - redeploy: the templates are run with the old value; "with-policies" (here and at installer) also rewrites the
//     vault's access policies
//   - portal-edit: someone pastes a value into "vault", "variable" or a connection's name; "=VALUE" says which value
//   - certificate-renewed: the vault renews its certificate by itself; the app registration does not know the new one
//   - reads-at-start: an app starts that reads the vault once and keeps the value; "restart" starts it again
//   - undiscovered: an app starts that has the value in a setting of its own, which no Azure resource names
//   - service-account-mfa: the label step's account needs a second factor
//
// The switches of the sign-in service, the vaults and the control plane are declared by their packages.
//
// The package must not look at what a credential's dates or state are: it only tries, as real consumers do. Start with
// [Park]. All methods want the world's lock to be held, unless they say otherwise.
package consumer
