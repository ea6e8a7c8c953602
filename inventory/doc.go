// Package inventory looks around and changes nothing: which credentials a tenant has ([Scan]), where an application's
// secret is used ([Finder.Discover]), what a product's manual says and leaves out ([Pack]), what changed behind
// Keyturn's back ([Drift]), and every precondition of a renewal ([Examine]).
//
// It must never write to any wire. The one thing it reads that is a secret is the value of a Key Vault secret that looks
// like the application's, to compare its first three characters with what the directory shows openly; [Query.Values]
// turns that off, and each finding says when it was done.
//
// Start at [Finder.Discover] for the readings, and at [Codes] for the words in which findings are told.
package inventory
