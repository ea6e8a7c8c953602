package postgrestest

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const poolerMissing = "PgBouncer was not found; install it, for instance with `apt-get install pgbouncer`"

// Pooler returns the address of the database at address through a PgBouncer, which lends its few connections for one
// transaction each. Where it isn't installed the test fails or is skipped as by [Database].
func Pooler(t testing.TB, address string) string {
	t.Helper()
	shared.oncePooler.Do(func() {
		if program := poolerProgram(); program != "" {
			shared.pooler, shared.errOfPooler = newPooler(program, address)
		}
	})
	switch {
	case shared.errOfPooler != nil:
		t.Fatalf("start PgBouncer: %v", shared.errOfPooler)
	case shared.pooler == nil && required():
		t.Fatal(poolerMissing)
	case shared.pooler == nil:
		t.Skip("NOT TESTED behind a pooler: " + poolerMissing)
	}
	through, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	through.Host = shared.pooler.host()
	return through.String()
}

func poolerProgram() string {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} { // Debian's folder, which users don't have in their PATH
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// newPooler starts a pooler, in a folder of its own, before the server of the database at address.
func newPooler(program, address string) (*server, error) {
	folder, err := os.MkdirTemp("", "keyturn-pgbouncer-")
	if err != nil {
		return nil, err
	}
	p := &server{folder: folder}
	if err := p.pool(program, address); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (s *server) pool(program, address string) error {
	through, err := url.Parse(address)
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	password, _ := through.User.Password()
	settings := fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users
pool_mode = transaction
default_pool_size = 5
max_client_conn = 400
`, through.Hostname(), through.Port(), port)
	for name, text := range map[string]string{"settings": settings, "users": fmt.Sprintf("%q %q\n", through.User.Username(), password)} {
		file := filepath.Join(s.folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		if err := giveAway(file); err != nil {
			return err
		}
	}
	if err := giveAway(s.folder); err != nil {
		return err
	}
	through.Host = fmt.Sprint("127.0.0.1:", port)
	s.address = through.String()
	if err := s.run(program, filepath.Join(s.folder, "settings")); err != nil {
		return err
	}
	return s.awake()
}

func (s *server) host() string {
	address, err := url.Parse(s.address)
	if err != nil {
		return ""
	}
	return address.Host
}
