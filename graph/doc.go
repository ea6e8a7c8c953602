// Package graph is a thin client of Microsoft Graph for the dozen requests that Keyturn needs: applications, service
// principals and their credentials, owners, app management policies, and the two reports that tell which credential was
// used. It has its own structs, follows pages only on Graph's own host, and sends each write exactly once.
//
// It decides nothing and knows no run: package issuer/entra judges what the answers mean. Start at [Client].
package graph
