// Package mailtest is a mail server for tests: real SMTP with TLS and sign-in on loopback, that keeps what it takes. Only
// tests import it.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// User and Password let in.
const (
	User     = "keyturn@contoso.com"
	Password = "mail-password-which-nobody-may-see"
)

// Message is one message as it came.
type Message struct {
	From string
	To   []string
	Data string
	TLS  bool   // it came over a protected connection
	User string // who had signed in; "" = nobody
}

// Server is a mail server at work.
type Server struct {
	Host string
	Port int
	CA   []byte // PEM, of the authority that its certificate is from

	server *smtp.Server
	listen net.Listener
	mu     sync.Mutex
	taken  []Message
	refuse map[string]bool // addresses; "" = everybody
	hang   bool
	came   chan Message // messages that it holds without an answer
	ended  chan struct{}
	end    func()
}

// Start starts a server until the test ends. implicit makes it speak TLS from the first byte; else it offers STARTTLS.
// Nobody may send without having signed in, unless open is true.
func Start(t testing.TB, implicit, open bool) *Server {
	t.Helper()
	certificate, ca := selfMade(t)
	s := &Server{Host: "127.0.0.1", CA: ca, refuse: map[string]bool{}, came: make(chan Message, 100), ended: make(chan struct{})}
	s.end = sync.OnceFunc(func() { close(s.ended) })
	secured := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = listener.Addr().(*net.TCPAddr).Port
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, open: open}, nil
	}))
	s.server.Domain, s.server.ErrorLog = "localhost", quiet{}
	if implicit {
		listener = tls.NewListener(listener, secured)
	} else {
		s.server.TLSConfig = secured
	}
	s.listen = listener
	go func() { _ = s.server.Serve(listener) }()
	t.Cleanup(s.Vanish)
	return s
}

// Vanish ends the server at once.
func (s *Server) Vanish() {
	s.end()
	_ = s.listen.Close()
	_ = s.server.Close()
}

// Taken returns what it took so far.
func (s *Server) Taken() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.taken...)
}

// Refuse makes it refuse an address, or everybody with "".
func (s *Server) Refuse(address string, refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[address] = refuse
}

// Hold makes it receive messages and never answer; each comes out of the returned channel instead.
func (s *Server) Hold() <-chan Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hang = true
	return s.came
}

// Answer makes it answer again.
func (s *Server) Answer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hang = false
}

type session struct {
	server  *Server
	conn    *smtp.Conn
	open    bool
	message Message
}

// AuthMechanisms implements [smtp.AuthSession].
func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements [smtp.AuthSession].
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "not let in: " + password} // as chatty as the worst
		}
		s.message.User = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.message.User == "" && !s.open {
		return smtp.ErrAuthRequired
	}
	_, secured := s.conn.TLSConnectionState()
	s.message = Message{From: from, User: s.message.User, TLS: secured}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.refuse[""] || s.server.refuse[to] {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.message.To = append(s.message.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.message.Data = string(text)
	s.server.mu.Lock()
	hang := s.server.hang
	if !hang {
		s.server.taken = append(s.server.taken, s.message)
	}
	s.server.mu.Unlock()
	if hang {
		s.server.came <- s.message
		<-s.server.ended
		return errors.New("the server ended")
	}
	return nil
}

func (s *session) Reset()      { s.message = Message{User: s.message.User} }
func (*session) Logout() error { return nil }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// selfMade is a certificate for 127.0.0.1 with its authority.
func selfMade(t testing.TB) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mailtest"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
