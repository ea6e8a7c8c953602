package cloud_test

import (
	"bufio"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
)

// TestAnAnswerThatTricklesIsTold: whoever waits at a terminal sees for what, long before it is given up.
func TestAnAnswerThatTricklesIsTold(t *testing.T) {
	for name, c := range map[string]struct{ method, says string }{
		"a read":  {http.MethodGet, "asked for again"},
		"a write": {http.MethodPost, "whether the write happened"},
	} {
		t.Run(name, func(t *testing.T) {
			told := make(chan struct{})
			stand := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "{")
				w.(http.Flusher).Flush()
				select {
				case <-told:
				case <-r.Context().Done():
				}
				_, _ = io.WriteString(w, "}")
			}))
			log, write := io.Pipe()
			s := stand.Open(t, func(o *cloud.Options) {
				o.Slow, o.Log = time.Millisecond, slog.New(slog.NewTextHandler(write, &slog.HandlerOptions{Level: slog.LevelWarn}))
			})
			lines := make(chan string, 1)
			go func() {
				line, _ := bufio.NewReader(log).ReadString('\n')
				lines <- line
				close(told)
				_, _ = io.Copy(io.Discard, log)
			}()
			request, err := http.NewRequestWithContext(t.Context(), c.method, graphURL+"?token=hush", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := s.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			line := <-lines
			if err != nil || string(body) != "{}" {
				t.Errorf("read %q: %v", body, err)
			}
			if !strings.Contains(line, c.says) || !strings.Contains(line, "host=graph.microsoft.com") || strings.Contains(line, "hush") {
				t.Errorf("told %q", line)
			}
		})
	}
}
