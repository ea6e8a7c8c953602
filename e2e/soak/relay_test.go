//go:build unix

package soak_test

import (
	"net"
	"sync"
	"testing"
	"time"
)

// relay is a cable between one node and one server, which can be cut: then nothing gets through in either direction, nobody
// is told, and what was sent is delivered late or never.
type relay struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	open  chan struct{} // closed while the cable is whole
	cut   bool
	conns map[net.Conn]bool
	sent  time.Time // when the node last sent a request's worth of bytes
}

// requestSize is more than a connection's own talk takes, and less than any request with a token.
const requestSize = 300

func newRelay(t *testing.T, target string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener, target: target, open: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(r.open)
	go r.accept()
	t.Cleanup(func() { _ = listener.Close(); r.heal(false) })
	return r
}

func (r *relay) address() string { return r.listener.Addr().String() }

func (r *relay) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.join(conn)
	}
}

func (r *relay) join(conn net.Conn) {
	defer conn.Close()
	r.wait()
	other, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer other.Close()
	r.keep(conn, other)
	defer r.drop(conn, other)
	var group sync.WaitGroup
	group.Go(func() { r.pump(other, conn, true) })
	group.Go(func() { r.pump(conn, other, false) })
	group.Wait()
}

// pump passes bytes on, one way, while the cable is whole.
func (r *relay) pump(to, from net.Conn, outward bool) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if outward && n > requestSize {
			r.mu.Lock()
			r.sent = time.Now()
			r.mu.Unlock()
		}
		r.wait()
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

func (r *relay) wait() {
	r.mu.Lock()
	open := r.open
	r.mu.Unlock()
	<-open
}

func (r *relay) keep(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range conns {
		r.conns[conn] = true
	}
}

func (r *relay) drop(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range conns {
		delete(r.conns, conn)
	}
}

// sever cuts the cable.
func (r *relay) sever() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.cut {
		r.cut, r.open = true, make(chan struct{})
	}
}

// heal mends the cable: what was on its way arrives now, or is lost with its connections.
func (r *relay) heal(late bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.cut {
		return
	}
	if !late {
		for conn := range r.conns {
			_ = conn.Close()
		}
	}
	r.cut = false
	close(r.open)
}

// last is when the node last sent a request.
func (r *relay) last() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent
}
