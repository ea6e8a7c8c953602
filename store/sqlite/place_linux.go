package sqlite

import "syscall"

// remoteKinds are the file systems whose files another machine may change, by the magic numbers of statfs(2)
// (https://man7.org/linux/man-pages/man2/statfs.2.html, read 2026-11-22). FUSE isn't among them: it serves local
// disks as often as remote ones, and statfs doesn't say which.
var remoteKinds = map[uint32]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "SMB",
	0xfe534d42: "SMB",
	0x01021997: "9P (a folder of the host, such as /mnt/c in WSL)",
	0x00c36400: "Ceph",
	0x5346414f: "AFS",
	0x6b414653: "AFS",
	0x73757245: "Coda",
	0x564c:     "NCP",
	0x0bd00bd0: "Lustre",
	0x47504653: "GPFS",
	0x7461636f: "OCFS2",
	0x01161970: "GFS2",
}

// remoteKind names the network file system that folder is on; "" when it is a local one.
func remoteKind(folder string) (string, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return "", err
	}
	return remoteKinds[uint32(stat.Type)], nil
}
