package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyturn/config"
	"keyturn/problem"
)

func TestAConfigurationThatCannotBeReadSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, says string }{
		"a folder":       {t.TempDir(), "is a folder"},
		"gone":           {filepath.Join(t.TempDir(), "gone.yaml"), "no such file"},
		"below a device": {os.DevNull + "/x", "can't be read"},
	} {
		_, err := config.Load(c.path, nil)
		if p := problem.Of(err); p == nil || p.Code != "config.unreadable" || p.Subject != c.path || p.Fix == "" || !strings.Contains(p.Message, c.says) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	_, err := config.Find("gone.yaml", func(string) string { return "" })
	if p := problem.Of(err); p.Code != "config.unreadable" || !strings.Contains(p.Message, "named by --config") {
		t.Errorf("%v", err)
	}
}

func TestYAMLThatCannotBeReadSaysWhereToLook(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"applications:\n\ta: b\n":  "begins with a tab",
		"applications:\n  a: [\n":  "isn't closed",
		"tenant: \"C:\\p\"\n":      "'single'",
		"tenant: 'contoso\nx: y\n": "isn't closed",
	} {
		if _, err := config.Parse("k.yaml", []byte(text), nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
