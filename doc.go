// Package keyturn is the root of the module and holds no code: the rooms are listed, with who may know whom, in
// docs/ARCHITECTURE.md, and the tests beside this file keep that page true.
package keyturn
