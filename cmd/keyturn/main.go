// Command keyturn renews the client secrets of Microsoft Entra app registrations everywhere they are used, without a
// failed sign-in.
//
// This folder holds the command line alone: one file a command, [newParts] in wire.go as the only place that names
// concrete parts, and nothing that decides about a renewal. Start at newRoot.
package main

import (
	"os"
	"runtime/debug"
	_ "time/tzdata" // the time zones of maintenance windows, on machines without their own
)

// release is this build's version; the linker sets it.
var release = "development"

// heapOfCommands is how far the heap of a command may grow, in percent of what lives, before memory is looked through: a
// renewal then ends before that is worth its processor time. One that stays for years on a machine with other work has its
// memory looked through more often than is usual: it costs a millisecond a renewal.
const (
	heapOfCommands = 400
	heapOfService  = 50
)

func main() {
	debug.SetGCPercent(heapOfCommands)
	sh := newShell(os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	os.Exit(sh.live(os.Args[1:]))
}
