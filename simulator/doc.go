// Package simulator is the Microsoft cloud in one process: an HTTPS forward proxy that ends TLS for the real host names
// with certificates of its own authority, so that clients which know nothing of it run unchanged.
//
// It shares no code with the product and is imported only by the command and by tests. Its rooms: world (clock, lock,
// faults, log), directory (Entra ID), login, graph, vault and azure (the hosts), consumer (who uses the secrets), seed
// (sample tenants). Start with [Start].
package simulator
