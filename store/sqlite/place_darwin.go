package sqlite

import "syscall"

// mountedLocal is MNT_LOCAL of sys/mount.h: the file system is stored on this machine.
const mountedLocal = 0x1000

// remoteKind names the network file system that folder is on; "" when it is a local one.
func remoteKind(folder string) (string, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return "", err
	}
	if stat.Flags&mountedLocal != 0 {
		return "", nil
	}
	var name []byte
	for _, c := range stat.Fstypename {
		if c == 0 {
			break
		}
		name = append(name, byte(c))
	}
	return string(name), nil
}
