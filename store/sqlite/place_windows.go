package sqlite

import "golang.org/x/sys/windows"

// remoteKind says that folder is on a network drive or share; "" when it is on a local disk.
func remoteKind(folder string) (string, error) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return "", err
	}
	root := make([]uint16, windows.MAX_LONG_PATH)
	if err := windows.GetVolumePathName(path, &root[0], uint32(len(root))); err != nil {
		return "", err
	}
	if windows.GetDriveType(&root[0]) == windows.DRIVE_REMOTE {
		return "network drive " + windows.UTF16ToString(root), nil
	}
	return "", nil
}
