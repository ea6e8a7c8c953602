//go:build unix

package postgrestest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// servant is the user that the server runs as when the tests run as root, whom PostgreSQL refuses; nil = ourselves.
func servant() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

// giveAway makes path the servant's.
func giveAway(path string) error {
	if s := servant(); s != nil {
		return os.Chown(path, int(s.Uid), int(s.Gid))
	}
	return nil
}

// unprivileged makes cmd run as the servant, in a process group of its own so that Ctrl-C reaches the tests first.
func unprivileged(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: servant(), Setpgid: true}
}
