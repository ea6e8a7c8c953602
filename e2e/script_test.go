// Package e2e_test drives the real binary as a person would: testdata/script holds one story a file, in the language of
// testscript, and testdata/help what every command says of itself. The long stories are in e2e/story.
package e2e_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"keyturn/e2e/builttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// keyturn is the real program, built once for all scripts.
var keyturn *builttest.Built

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(builttest.Main(m, func(dir string) (err error) {
		keyturn, err = builttest.Keyturn(dir)
		return err
	}))
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(keyturn.Path())+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("NO_COLOR", "1")
			env.Setenv("NL", "\n") // for edits of several lines
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "cloud": startCloud, "lever": lever, "edit": edit, "field": field, "agree": agree,
		},
	})
}

// exits CODE PROGRAM ARGS... runs a program, which must end with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// cloud FLAGS... starts a simulated cloud in the folder cloud, until the script ends, and takes over its environment
// and its keyturn.yaml.
func startCloud(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs("cloud")
	cmd := exec.Command(keyturn.Path(), append([]string{"simulate", "--dir", dir}, args...)...)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	var told struct {
		Proxy string `json:"proxy"`
	}
	ts.Check(json.Unmarshal([]byte(line), &told))
	ts.Setenv("CLOUD", told.Proxy)
	for _, line := range strings.Split(ts.ReadFile("cloud/env"), "\n") {
		if pair, ok := strings.CutPrefix(line, "export AZURE_"); ok {
			name, value, _ := strings.Cut(pair, "=")
			ts.Setenv("AZURE_"+name, strings.Trim(value, "'"))
		}
	}
	configuration := strings.ReplaceAll(ts.ReadFile("cloud/keyturn.yaml"), "over: 60s", "over: 0")
	if _, after, ok := strings.Cut(configuration, "  helpdesk:\n    clientId: "); ok {
		ts.Setenv("ADDIN", strings.Fields(after)[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs("keyturn.yaml"), []byte(configuration), 0o600))
}

// lever NAME JSON moves one of the simulator's levers: clock, faults, switch.
func lever(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.Post(ts.Getenv("CLOUD")+"/_sim/"+args[0], "application/json", strings.NewReader(args[1]))
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if answer.StatusCode/100 != 2 {
		ts.Fatalf("lever %s: %s", args[0], text)
	}
}

// edit FILE OLD NEW replaces text that must be there.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}

// field PATH VALUE looks at the last line of stdout, which must be JSON: a.b.0.c must be VALUE.
func field(ts *testscript.TestScript, neg bool, args []string) {
	text := strings.TrimSpace(ts.ReadFile("stdout"))
	var document any
	if json.Unmarshal([]byte(text), &document) != nil {
		lines := strings.Split(text, "\n")
		ts.Check(json.Unmarshal([]byte(lines[len(lines)-1]), &document))
	}
	for _, key := range strings.Split(args[0], ".") {
		switch held := document.(type) {
		case map[string]any:
			document = held[key]
		case []any:
			at, err := strconv.Atoi(key)
			ts.Check(err)
			if at >= len(held) {
				ts.Fatalf("%s: there are %d", args[0], len(held))
			}
			document = held[at]
		default:
			ts.Fatalf("%s: nothing is called %s in %v", args[0], key, document)
		}
	}
	if got := fmt.Sprint(document); (got == args[1]) == neg {
		ts.Fatalf("%s is %q, want %q (not: %v)", args[0], got, args[1], neg)
	}
}

// agree FILE checks that every place that Provision Assist has in the cloud holds one and the same secret.
func agree(ts *testscript.TestScript, _ bool, _ []string) {
	answer, err := http.Get(ts.Getenv("CLOUD") + "/_sim/state")
	ts.Check(err)
	defer answer.Body.Close()
	var state struct {
		Connections []struct {
			Parameters map[string]string `json:"parameters"`
		} `json:"connections"`
		Consumers []struct {
			Name     string `json:"name"`
			Failures int    `json:"failures"`
		} `json:"consumers"`
	}
	ts.Check(json.NewDecoder(answer.Body).Decode(&state))
	held := map[string]bool{}
	for _, c := range state.Connections {
		if value := c.Parameters["token:clientSecret"]; value != "" {
			held[value] = true
		}
	}
	if len(held) != 1 {
		ts.Fatalf("the connections hold %d different secrets", len(held))
	}
	for _, c := range state.Consumers {
		if c.Failures > 0 {
			ts.Fatalf("%s failed %d times", c.Name, c.Failures)
		}
	}
}
