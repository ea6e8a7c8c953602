package main

import (
	"log/slog"
	"net"
)

// supervisor is systemd, as far as it asked to be told: the protocol is one datagram a message to the socket that it
// names in NOTIFY_SOCKET. Source: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html (read
// 2026-11-22).
type supervisor struct{ socket string } // "" = nobody asked

// tell says how the service stands, such as READY=1. A message that is lost is no reason to stop: systemd's own limits
// judge what didn't reach it.
func (s supervisor) tell(log *slog.Logger, state string) {
	if s.socket == "" {
		return
	}
	address := &net.UnixAddr{Name: s.socket, Net: "unixgram"} // a leading @ means an abstract socket to both
	connection, err := net.DialUnix(address.Net, nil, address)
	if err == nil {
		_, err = connection.Write([]byte(state))
		_ = connection.Close()
	}
	if err != nil {
		log.Debug("could not tell the supervisor", "notify", state, "error", err)
	}
}
