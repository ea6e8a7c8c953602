package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

// Options say what to start.
type Options struct {
	// Listen is the address of the listener; default 127.0.0.1:0. Only loopback, unless Insecure.
	Listen string
	// Dir, when set, receives ca.pem, env, env.ps1 and keyturn.yaml; it is made when it does not exist.
	Dir string
	// Seed names the sample tenant; default provision-assist.
	Seed string
	// Settings say how kind the cloud is.
	Settings world.Settings
	// Insecure allows other addresses than loopback. Everyone who reaches the listener can read every value in it.
	Insecure bool
}

// Simulator is a running cloud.
type Simulator struct {
	options   Options
	listener  net.Listener
	authority *authority
	server    *http.Server // takes CONNECT and the ground truth
	inner     *http.Server // speaks HTTP inside the tunnels
	tunnels   *tunnels
	cloud     atomic.Pointer[cloud]
	closing   chan struct{}
	stopped   sync.Once
	running   sync.WaitGroup
}

// Announcement is what a caller prints as the first line: where the simulator is and what it wrote.
type Announcement struct {
	Address string `json:"address"` // host:port of the listener
	Proxy   string `json:"proxy"`   // what HTTPS_PROXY should be
	CA      string `json:"ca,omitempty"`
	Dir     string `json:"dir,omitempty"`
	Seed    string `json:"seed"`
	// The sample and the identity that may do the work in it.
	Tenant       string `json:"tenant"`
	Domain       string `json:"domain"`
	Subscription string `json:"subscription"`
	ClientID     string `json:"clientId"`
}

// ErrNotLoopback refuses an address that others can reach.
var ErrNotLoopback = errors.New("the simulator listens on loopback only, unless it is told to be insecure")

// Start plants the sample and serves it until Close, or until ctx ends. It returns [ErrNotLoopback], or an error about
// the address, the sample or the directory to write.
func Start(ctx context.Context, options Options) (*Simulator, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	ca, err := newAuthority(time.Now())
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	planted, err := newCloud(options)
	if err != nil {
		return nil, err
	}
	go planted.d.ReadySigner()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", options.Listen)
	if err != nil {
		planted.w.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Simulator{options: options, listener: listener, authority: ca, closing: make(chan struct{})}
	s.cloud.Store(planted)
	if err := s.writeDir(); err != nil {
		_ = listener.Close()
		planted.w.Close()
		return nil, err
	}
	s.serve(ctx)
	return s, nil
}

// complete fills the defaults in and checks what can be checked before anything is made.
func (o Options) complete() (Options, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Seed == "" {
		o.Seed = seed.ProvisionAssist
	}
	if o.Settings.Seed == 0 {
		o.Settings.Seed = drawSeed() // kept, so that a reset gives the same sample again
	}
	if _, err := world.FindCloud(o.Settings.Cloud); err != nil {
		return o, err
	}
	if o.Dir != "" {
		dir, err := filepath.Abs(o.Dir)
		if err != nil {
			return o, fmt.Errorf("find directory: %w", err)
		}
		o.Dir = dir
	}
	return o, checkLoopback(o)
}

// checkLoopback refuses a listening address that is not this machine's own.
func checkLoopback(options Options) error {
	host, _, err := net.SplitHostPort(options.Listen)
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	if options.Insecure || host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("listen on %s: %w", options.Listen, ErrNotLoopback)
	}
	return nil
}

// serve starts both servers.
func (s *Simulator) serve(ctx context.Context) {
	s.tunnels = newTunnels(s.listener.Addr())
	s.server = &http.Server{Handler: http.HandlerFunc(s.front), ReadHeaderTimeout: time.Minute, ErrorLog: quiet()}
	s.inner = &http.Server{
		Handler: http.HandlerFunc(s.answer), ReadHeaderTimeout: time.Minute, IdleTimeout: 5 * time.Minute, ErrorLog: quiet(),
	}
	s.running.Go(func() { _ = s.server.Serve(s.listener) }) // ends with Close
	s.running.Go(func() { _ = s.inner.Serve(s.tunnels) })
	s.running.Go(func() {
		select {
		case <-ctx.Done():
			s.stop()
		case <-s.closing:
		}
	})
}

// Close stops serving, cuts open connections and ends the clock. Safe to repeat.
func (s *Simulator) Close() {
	s.stop()
	s.running.Wait()
}

func (s *Simulator) stop() {
	s.stopped.Do(func() {
		close(s.closing)
		_ = s.server.Close()
		_ = s.tunnels.Close()
		_ = s.inner.Close()
		s.cloud.Load().w.Close()
	})
}

// URL is the address of the listener, which is both the proxy and the ground truth.
func (s *Simulator) URL() string { return "http://" + s.listener.Addr().String() }

// CAPEM is the certificate of the simulator's own authority.
func (s *Simulator) CAPEM() []byte { return s.authority.pem }

// Sample is what the planted sample tells about itself.
func (s *Simulator) Sample() seed.Sample { return s.cloud.Load().sample }

// KeyturnYAML is the sample's configuration for this listener, with the CA file at the given path.
func (s *Simulator) KeyturnYAML(caFile string) string { return s.configuration(caFile) }

// World is the ground that the cloud stands on; after a reset it is another one.
func (s *Simulator) World() *world.World { return s.cloud.Load().w }

// Advance moves the simulated clock; everything that would have happened meanwhile happens, in order.
func (s *Simulator) Advance(d time.Duration) { s.World().Advance(d) }

// Announcement is what to print first.
func (s *Simulator) Announcement() Announcement {
	sample := s.Sample()
	a := Announcement{
		Address: s.listener.Addr().String(), Proxy: s.URL(), Dir: s.options.Dir, Seed: s.options.Seed, Tenant: sample.Tenant,
		Domain: sample.Domain, Subscription: sample.Subscription, ClientID: sample.AdminClientID,
	}
	if s.options.Dir != "" {
		a.CA = s.caFile()
	}
	return a
}
