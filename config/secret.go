package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"keyturn/secret"
)

var secretType = reflect.TypeFor[secret.Value]()

// Environment is what a variable of the environment holds; "" = it isn't set.
type Environment func(name string) string

// reference is how a secret is named in the file, which never holds one itself.
var reference = regexp.MustCompile(`^\$\{(env|file):([^}]+)\}$`)

const referenceHint = "write ${env:NAME} and set that variable of the environment, or ${file:PATH} and put the value alone into that file"

// largestSecret is far beyond any real one; a larger file was named by mistake.
const largestSecret = 64 << 10

// secret decodes a reference. The value is fetched when the reader has an environment; else its form alone is checked.
// Nothing of what is written is repeated, since it may be a secret that somebody put here.
func (r *reader) secret(spot held, value reflect.Value) {
	if !isPlain(spot.node, yaml.ScalarNode) {
		r.say(spot.unquoted(), "expected a reference to a secret here", referenceHint)
		return
	}
	parts := reference.FindStringSubmatch(spot.node.Value)
	if parts == nil {
		r.say(spot.unquoted(), "a secret doesn't stand in this file", referenceHint)
		return
	}
	if r.environment == nil {
		return
	}
	text, err := r.fetch(parts[1], parts[2])
	if err != nil {
		r.say(spot, err.Error(), "")
		return
	}
	value.Set(reflect.ValueOf(secret.New(text)))
}

// fetch reads a secret from where it is kept. A line's end that an editor left behind the value isn't part of it.
func (r *reader) fetch(from, name string) (string, error) {
	if from == "env" {
		text := r.environment(name)
		if text == "" {
			return "", fmt.Errorf("the variable %s of the environment isn't set", name)
		}
		return text, nil
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.path), path)
	}
	text, err := readSecret(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("the file %s can't be read: %w", path, cause(err))
	case len(text) == 0:
		return "", fmt.Errorf("the file %s is empty", path)
	case len(text) > largestSecret:
		return "", fmt.Errorf("the file %s is too large to hold a secret", path)
	}
	return string(text), nil
}

func readSecret(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(unmarked(file), largestSecret+1))
	return bytes.TrimRight(text, "\r\n"), err
}

// unmarked takes the mark away that Windows's editors and shells put before a text, and reads UTF-16 where the mark says so.
func unmarked(file io.Reader) io.Reader {
	return transform.NewReader(file, unicode.BOMOverride(encoding.Nop.NewDecoder()))
}

// cause is why a file couldn't be read, without its name.
func cause(err error) error {
	var failed *os.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
