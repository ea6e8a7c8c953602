package config

import (
	"errors"
	"io/fs"
	"os"
)

// File and Variable are where the configuration is looked for when nobody names it.
const (
	File     = "keyturn.yaml"
	Variable = "KEYTURN_CONFIG"
)

// ErrNoFile says that nobody named a configuration file and none lies where the process stands.
var ErrNoFile = errors.New("no keyturn.yaml here")

// Find returns the path of the configuration file: named, else the environment's KEYTURN_CONFIG, else ./keyturn.yaml. A
// file that was named and isn't there gives an error that says who named it; that nobody named one gives [ErrNoFile].
func Find(named string, environment func(string) string) (string, error) {
	path, who := named, "named by --config"
	if path == "" {
		path, who = environment(Variable), "named by "+Variable
	}
	if path == "" {
		if _, err := os.Stat(File); errors.Is(err, fs.ErrNotExist) {
			return "", ErrNoFile
		}
		return File, nil
	}
	if _, err := os.Stat(path); err != nil {
		return "", unreadable(path, who, err)
	}
	return path, nil
}
