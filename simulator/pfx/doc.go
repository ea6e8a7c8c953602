// Package pfx makes self-signed certificates and carries them, with their private keys, in the PKCS#12 form in which Key
// Vault keeps them: no password, no encryption, no integrity code.
//
// It must not grow into a general PKCS#12 library: it reads what it writes and refuses the rest. Start with [New] and
// [Decode].
package pfx
