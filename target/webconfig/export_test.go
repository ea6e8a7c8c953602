package webconfig

import "os"

// Spoil makes the next filling of a file write half and fail with err.
func (t *Target) Spoil(err error) {
	t.disk.fill = func(file *os.File, text []byte) error {
		t.disk.fill = fill
		_, _ = file.Write(text[:len(text)/2])
		return err
	}
}
