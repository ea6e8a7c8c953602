package simulator

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"keyturn/simulator/seed"
)

func (s *Simulator) caFile() string { return filepath.Join(s.options.Dir, "ca.pem") }

// configuration is the sample's configuration for this listener. Slashes serve every system and need no escape in YAML.
func (s *Simulator) configuration(caFile string) string {
	return strings.NewReplacer(seed.ProxyPlaceholder, s.URL(), seed.CAFilePlaceholder, filepath.ToSlash(caFile)).
		Replace(s.Sample().KeyturnYAML)
}

// writeDir writes what clients need to reach the simulator, when a directory was given.
func (s *Simulator) writeDir() error {
	if s.options.Dir == "" {
		return nil
	}
	dir := s.options.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	files := []struct{ name, text string }{
		{"ca.pem", string(s.authority.pem)},
		{"env", s.environment("export %s=%s\n", inShell)},
		{"env.ps1", s.environment("$env:%s = %s\n", inPowerShell)},
		{"keyturn.yaml", s.configuration(s.caFile())},
		{"people.txt", s.Sample().People},
	}
	for _, f := range files {
		if f.text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return nil
}

// inShell quotes a text for a POSIX shell.
func inShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// inPowerShell writes a text in ASCII alone, since Windows PowerShell reads a file without a mark as the machine's code page.
func inPowerShell(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		if unit > 126 || unit == '\'' {
			fmt.Fprintf(&b, "' + [char]%d + '", unit)
			continue
		}
		b.WriteRune(rune(unit))
	}
	return "'" + b.String() + "'"
}

// environment lists the variables that lead clients of every language to the simulator, one a line; quote is how the
// shell writes a text.
func (s *Simulator) environment(line string, quote func(string) string) string {
	sample := s.Sample()
	ca := s.caFile()
	variables := [][2]string{
		{"HTTPS_PROXY", s.URL()},
		{"https_proxy", s.URL()},
		{"NO_PROXY", "127.0.0.1,localhost"},
		{"no_proxy", "127.0.0.1,localhost"},
		{"SSL_CERT_FILE", ca},
		{"REQUESTS_CA_BUNDLE", ca},
		{"CURL_CA_BUNDLE", ca},
		{"NODE_EXTRA_CA_CERTS", ca},
		{"NODE_USE_ENV_PROXY", "1"},
		{"AZURE_AUTHORITY_HOST", s.World().Cloud().Login() + "/"},
		{"AZURE_TENANT_ID", sample.Tenant},
		{"AZURE_CLIENT_ID", sample.AdminClientID},
		{"AZURE_CLIENT_SECRET", sample.AdminSecret},
		{"AZURE_SUBSCRIPTION_ID", sample.Subscription},
	}
	var b strings.Builder
	for _, v := range variables {
		fmt.Fprintf(&b, line, v[0], quote(v[1]))
	}
	return b.String()
}
