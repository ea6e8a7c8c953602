package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/store"
)

// happen saves n events of a run, each with that much text.
func (b *building) happen(run renewal.Run, n int, text string) renewal.Run {
	b.t.Helper()
	if run.Node == "" {
		var err error
		if run, err = b.store.Claim(b.t.Context(), run.ID, "test"); err != nil {
			b.t.Fatal(err)
		}
	}
	var events []renewal.Event
	for i := range n {
		events = append(events, renewal.Event{Kind: "step", Text: fmt.Sprint(i, text)})
	}
	saved, err := b.store.Advance(b.t.Context(), store.Change{Run: run, Told: store.Told{Events: events}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.feed.Poke()
	return saved
}

// stream is one listener.
type stream struct {
	answer *http.Response
	lines  *bufio.Scanner
}

// listen opens a stream, after an event where last isn't 0. The stream is open once this returns.
func (b *building) listen(ctx context.Context, client *http.Client, token string, last int64) (*stream, error) {
	sent, err := http.NewRequestWithContext(ctx, http.MethodGet, b.address+"/api/v1/events", nil)
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Authorization", "Bearer "+token)
	if last > 0 {
		sent.Header.Set("Last-Event-ID", fmt.Sprint(last))
	}
	answer, err := client.Do(sent)
	if err != nil {
		return nil, err
	}
	s := &stream{answer: answer, lines: bufio.NewScanner(answer.Body)}
	s.lines.Buffer(nil, 1<<20)
	if answer.StatusCode == http.StatusOK && !s.lines.Scan() {
		return nil, fmt.Errorf("the stream ended at once: %w", s.lines.Err())
	}
	return s, nil
}

// next returns the numbers of the next n events.
func (s *stream) next(n int) (numbers []int64, err error) {
	for len(numbers) < n && s.lines.Scan() {
		text, ok := strings.CutPrefix(s.lines.Text(), "data: ")
		if !ok {
			continue
		}
		var event renewal.Event
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			return numbers, err
		}
		numbers = append(numbers, event.Sequence)
	}
	if len(numbers) < n {
		return numbers, fmt.Errorf("the stream ended after %d events: %w", len(numbers), s.lines.Err())
	}
	return numbers, nil
}

// inOrder reports whether numbers follow each other.
func inOrder(numbers []int64) bool {
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			return false
		}
	}
	return true
}

func TestTwoHundredStreamsHearEverythingInLittleMemory(t *testing.T) {
	t.Parallel()
	const streams, events = 256, 60
	b := build(t, nil)
	run, token := b.begin("portal"), b.token(access.Viewer)
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 2 * streams}}
	ctx, cancel := context.WithCancel(t.Context())
	before := heap()
	open := make([]*stream, streams)
	for i := range open {
		var err error
		if open[i], err = b.listen(ctx, client, token, 0); err != nil || open[i].answer.StatusCode != http.StatusOK {
			t.Fatalf("stream %d: %v", i, err)
		}
	}
	if over, err := b.listen(ctx, client, token, 0); err != nil || over.answer.StatusCode != http.StatusServiceUnavailable || over.answer.Header.Get("Retry-After") == "" {
		t.Errorf("one stream too many gets %v: %v", over.answer.StatusCode, err)
	}
	b.happen(run, events, strings.Repeat("x", 300))
	var group sync.WaitGroup
	for _, s := range open {
		group.Go(func() {
			if numbers, err := s.next(events); err != nil || !inOrder(numbers) {
				t.Errorf("heard %d of %d in order %v: %v", len(numbers), events, inOrder(numbers), err)
			}
		})
	}
	group.Wait()
	if each := (heap() - before) / streams; each > 256<<10 {
		t.Errorf("a stream, with its client, holds %d KiB", each>>10)
	}
	if answer, _ := b.ask(b.browser(access.Viewer), "GET", "/api/v1/overview", nil); answer.StatusCode != 200 {
		t.Errorf("beside the streams the rest answers %d", answer.StatusCode)
	}
	cancel()
	client.CloseIdleConnections()
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapInuse)
}

// A listener that doesn't read is dropped, keeps nobody else waiting, and hears the rest when it comes back.
func TestASlowListenerIsDroppedAndComesBack(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	run, token := b.begin("portal"), b.token(access.Viewer)
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /api/v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", strings.TrimPrefix(b.address, "http://"), token)
	head := bufio.NewReader(conn)
	for line := ""; !strings.HasPrefix(line, "retry:"); {
		if line, err = head.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	quick, err := b.listen(t.Context(), http.DefaultClient, token, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer quick.answer.Body.Close()
	const events = 1000
	heard := make(chan []int64, 1)
	go func() {
		numbers, err := quick.next(events)
		if err != nil {
			t.Error(err)
		}
		heard <- numbers
	}()
	for range 10 {
		run = b.happen(run, events/10, strings.Repeat("x", 8000))
	}
	numbers := <-heard
	if len(numbers) != events || !inOrder(numbers) {
		t.Fatalf("beside a slow listener %d events were heard, in order %v", len(numbers), inOrder(numbers))
	}
	if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(6 * time.Second) // longer than a listener may take; there is nothing to wait for, since it must not read
	slow, last := bufio.NewScanner(head), int64(0)
	slow.Buffer(nil, 1<<20)
	for slow.Scan() {
		if text, ok := strings.CutPrefix(slow.Text(), "id: "); ok {
			_, _ = fmt.Sscan(text, &last)
		}
	}
	if last == 0 || last >= numbers[events-1] {
		t.Fatalf("the slow listener wasn't dropped: it heard up to %d of %d", last, numbers[events-1])
	}
	last-- // the last one may have been cut
	back, err := b.listen(t.Context(), http.DefaultClient, token, last)
	if err != nil {
		t.Fatal(err)
	}
	defer back.answer.Body.Close()
	rest, err := back.next(int(numbers[events-1] - last))
	if err != nil || rest[0] != last+1 || !inOrder(rest) {
		t.Errorf("after coming back it heard %d more, in order %v: %v", len(rest), inOrder(rest), err)
	}
}

// Whoever sends a request byte by byte holds nothing for long.
func TestASlowRequestIsCutOff(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	began := time.Now()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: ")
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); n > 0 || time.Since(began) > 10*time.Second {
		t.Errorf("after %s %d bytes came: %v", time.Since(began), n, err)
	}
}
