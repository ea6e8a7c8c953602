// Package server answers HTTP for a Keyturn that serves: whether the process works and whether it is ready to. It reads,
// and never acts. There is no sign-in yet, so nothing is shown that an outsider couldn't see of the port being open,
// beyond the reason why the process isn't ready; it listens on this machine alone unless told otherwise.
//
// Start at [New].
package server
