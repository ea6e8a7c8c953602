package postgres

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// link is the network between a store and its server, in which things go wrong.
type link struct {
	t       *testing.T
	door    net.Listener
	server  string
	address string // of the database, through this link

	mu    sync.Mutex
	rule  func(sent []byte) verdict // asked of everything that is sent to the server
	still bool                      // nothing gets through any more, and nobody is told
	shut  bool                      // nobody gets in
	lines []net.Conn
	wait  sync.WaitGroup
}

// verdict is what happens to something that is sent.
type verdict int

const (
	pass      verdict = iota
	cut               // the line is cut before it arrives
	loseReply         // it arrives, and the line is cut before the answer does
)

// newLink puts a link before the database at address.
func newLink(t *testing.T, address string) *link {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	through, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l := &link{t: t, door: door, server: through.Host, rule: func([]byte) verdict { return pass }}
	through.Host = door.Addr().String()
	l.address = through.String()
	l.wait.Go(l.accept)
	t.Cleanup(func() {
		_ = door.Close()
		l.cutAll()
		l.wait.Wait()
	})
	return l
}

func (l *link) accept() {
	for {
		client, err := l.door.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.server)
		if err != nil || !l.open(client, server) {
			_ = client.Close()
			continue
		}
		both := func() { _ = client.Close(); _ = server.Close() }
		lost := make(chan struct{})
		l.wait.Go(func() { defer both(); l.send(client, server, lost) })
		l.wait.Go(func() { defer both(); l.answer(server, client, lost) })
	}
}

// open keeps a line, unless nobody gets in.
func (l *link) open(client, server net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		_ = server.Close()
		return false
	}
	l.lines = append(l.lines, client, server)
	return true
}

// send passes on what the client sends, as the rule says; lost is closed when the answer is to be lost.
func (l *link) send(client, server net.Conn, lost chan struct{}) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		l.mu.Lock()
		verdict, still := l.rule(buffer[:n]), l.still
		l.mu.Unlock()
		switch {
		case still:
			continue
		case verdict == cut:
			return
		case verdict == loseReply:
			close(lost)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if verdict == loseReply {
			_, _ = io.Copy(io.Discard, client) // until the other direction closes the line
			return
		}
	}
}

// answer passes on what the server says, until an answer is to be lost.
func (l *link) answer(server, client net.Conn, lost chan struct{}) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-lost:
			return
		default:
		}
		l.mu.Lock()
		still := l.still
		l.mu.Unlock()
		if still {
			continue
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// set changes the link's behaviour.
func (l *link) set(change func(*link)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

func (l *link) cutAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		_ = line.Close()
	}
	l.lines = nil
}

// onceAt is a rule: the next message that holds word meets its fate. It may be called in a link only.
func onceAt(word string, fate verdict) func([]byte) verdict {
	met := false
	return func(sent []byte) verdict {
		if met || !bytes.Contains(bytes.ToLower(sent), []byte(word)) {
			return pass
		}
		met = true
		return fate
	}
}
