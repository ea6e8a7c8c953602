package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a running PostgreSQL in a folder of its own.
type server struct {
	folder  string
	address string
	leash   io.Closer     // the server ends when this closes, so also when the test binary dies
	ended   chan struct{} // closed when it has
}

// programs returns the folder of the newest installed server, or "".
func programs() string {
	candidates, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // Debian
	slices.SortFunc(candidates, func(a, b string) int { return release(b) - release(a) })
	if found, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, filepath.Dir(found))
	}
	for _, folder := range append(candidates, "/opt/homebrew/bin", "/usr/local/bin", "/usr/local/pgsql/bin") {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil && runtime.GOOS != "windows" {
			return folder
		}
	}
	return ""
}

// release is the number in Debian's folder of a release.
func release(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// start makes a cluster and starts a server on it.
func start() (*server, error) {
	folder, err := os.MkdirTemp("", "keyturn-postgres-")
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder}
	if err := s.begin(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *server) begin() error {
	if err := giveAway(s.folder); err != nil {
		return err
	}
	password := rand.Text()
	if err := s.makeCluster(password); err != nil {
		return err
	}
	var err error
	for range 3 { // somebody else may take the free port first
		if err = s.serve(password); err == nil {
			return nil
		}
	}
	return err
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }

func (s *server) makeCluster(password string) error {
	secret := filepath.Join(s.folder, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	if err := giveAway(secret); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(programs(), "initdb"), "-D", s.data(), "-U", "keyturn", "--pwfile", secret,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	unprivileged(initdb)
	initdb.Dir = s.folder
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, output)
	}
	return os.Remove(secret)
}

// onALeash is a shell that runs a program and ends it, as gently as PostgreSQL's "fast" stop, when its own input ends.
const onALeash = `"$@" & server=$!; (cat >/dev/null; kill -INT $server) <&3 & wait $server`

// serve starts the server on a free port and waits until it answers.
func (s *server) serve(password string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	if err := s.run(filepath.Join(programs(), "postgres"), "-D", s.data(),
		"-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprint("port=", port), "-c", "unix_socket_directories=",
		"-c", "max_connections=400", "-c", "shared_buffers=64MB", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "log_min_messages=fatal"); err != nil {
		return err
	}
	user := url.UserPassword("keyturn", password)
	s.address = (&url.URL{Scheme: "postgres", User: user, Host: fmt.Sprint("127.0.0.1:", port), Path: "/postgres"}).String()
	return s.awake()
}

// run starts a program of the server's, on a leash.
func (s *server) run(program string, args ...string) error {
	reins, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reins.Close()
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		return errors.Join(err, leash.Close())
	}
	defer log.Close()
	shell := exec.Command("/bin/sh", append([]string{"-c", onALeash, "sh", program}, args...)...)
	unprivileged(shell)
	shell.Dir, shell.Stdout, shell.Stderr, shell.ExtraFiles = s.folder, log, log, []*os.File{reins}
	if err := shell.Start(); err != nil {
		return errors.Join(err, leash.Close())
	}
	s.leash, s.ended = leash, make(chan struct{})
	go func() {
		_ = shell.Wait() // how it ended is told by the log
		close(s.ended)
	}()
	return nil
}

// awake waits until the server answers.
func (s *server) awake() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.address)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.ended:
			_ = s.leash.Close()
			text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("the server ended: %s", text)
		case <-ctx.Done():
			return err
		}
	}
}

// stop ends the server and removes its folder.
func (s *server) stop() {
	if s.leash != nil {
		_ = s.leash.Close()
		select {
		case <-s.ended:
		case <-time.After(10 * time.Second):
		}
	}
	_ = os.RemoveAll(s.folder)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
