package simulator

import (
	"bufio"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"

	"keyturn/simulator/world"
)

// front takes what arrives on the listener: CONNECT opens a tunnel, /_sim/ is the ground truth.
func (s *Simulator) front(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		s.connect(w, r)
	case r.URL.Host != "" && r.URL.Host != s.listener.Addr().String():
		s.unreachable(w, r, r.URL.Host)
	case strings.HasPrefix(r.URL.Path, "/_sim/"):
		s.control(w, r)
	default:
		http.Error(w, "This is the Keyturn simulator: an HTTPS proxy for the simulated Microsoft cloud. Its ground truth is under /_sim/.",
			http.StatusNotFound)
	}
}

// unreachable says that a host is not part of this cloud, and lists it in the log.
func (s *Simulator) unreachable(w http.ResponseWriter, r *http.Request, host string) {
	c := s.cloud.Load()
	c.w.Log().Add(&world.Entry{
		Time: c.w.Now(), Host: host, Method: r.Method, Path: r.URL.Path, Status: http.StatusBadGateway, Unknown: true,
	})
	http.Error(w, "The simulated cloud has no host "+host+".", http.StatusBadGateway)
}

// connect opens a tunnel to a host of the cloud and hands its inside to the inner server.
func (s *Simulator) connect(w http.ResponseWriter, r *http.Request) {
	host := bareHost(r.Host)
	if !strings.HasSuffix(r.Host, ":443") || s.cloud.Load().host(host) == nil {
		s.unreachable(w, r, r.Host)
		return
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		http.Error(w, "CONNECT wants HTTP/1.1.", http.StatusHTTPVersionNotSupported)
		return
	}
	conn, buffered, err := hijacker.Hijack()
	if err != nil {
		return // the connection is gone
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = conn.Close()
		return
	}
	s.tunnels.open(tls.Server(&early{Conn: conn, rest: buffered.Reader}, s.authority.config(host)))
}

// early is a connection whose client may already have sent something behind its CONNECT.
type early struct {
	net.Conn
	rest *bufio.Reader
}

// Read takes what was read ahead first.
func (e *early) Read(p []byte) (int, error) {
	if e.rest != nil && e.rest.Buffered() > 0 {
		return e.rest.Read(p)
	}
	e.rest = nil
	return e.Conn.Read(p)
}

// tunnels is the listener of the inner server: its connections are the insides of tunnels.
type tunnels struct {
	address net.Addr
	conns   chan net.Conn
	done    chan struct{}
	once    sync.Once
}

func newTunnels(address net.Addr) *tunnels {
	return &tunnels{address: address, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (t *tunnels) open(conn net.Conn) {
	select {
	case t.conns <- conn:
	case <-t.done:
		_ = conn.Close()
	}
}

// Accept waits for the next tunnel.
func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case conn := <-t.conns:
		return conn, nil
	case <-t.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept. Safe to repeat.
func (t *tunnels) Close() error {
	t.once.Do(func() { close(t.done) })
	return nil
}

// Addr is the address of the outer listener.
func (t *tunnels) Addr() net.Addr { return t.address }

// quiet swallows what net/http says about clients that do not trust the authority or cut the connection.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
