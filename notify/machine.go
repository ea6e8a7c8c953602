package notify

import "net"

// OnThisMachine reports whether host is this machine itself, to which no protection is needed on the way.
func OnThisMachine(host string) bool {
	parsed := net.ParseIP(host)
	return host == "localhost" || (parsed != nil && parsed.IsLoopback())
}
