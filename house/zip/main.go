// Command zip packs one folder of the release into a zip archive beside it, since not every machine that builds a
// release has such a program: go run ./house/zip FOLDER makes FOLDER.zip.
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: zip FOLDER")
		os.Exit(64)
	}
	if err := pack(filepath.Clean(os.Args[1])); err != nil {
		fmt.Fprintln(os.Stderr, "zip:", err)
		os.Exit(1)
	}
}

func pack(folder string) (err error) {
	file, err := os.Create(folder + ".zip")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	archive := zip.NewWriter(file)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := add(archive, filepath.Base(folder)+"/"+entry.Name(), filepath.Join(folder, entry.Name())); err != nil {
			return fmt.Errorf("%s: %w", entry.Name(), err)
		}
	}
	return archive.Close()
}

func add(archive *zip.Writer, name, path string) error {
	source, err := os.Open(path)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return err
}
