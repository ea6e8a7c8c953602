package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"keyturn/renewal"
	"keyturn/server/access"
)

const (
	// longestWrite is how long a listener may take to read what was sent: a slower one is dropped, and comes back with
	// Last-Event-ID.
	longestWrite = 5 * time.Second
	// signEvery is how often a silent stream says that it is there, so that neither end nor a proxy gives it up.
	signEvery = 15 * time.Second
	// comeBack is how long a listener that lost its stream waits.
	comeBack = "retry: 2000\n\n"
)

var (
	eventType   = reflect.TypeFor[renewal.Event]()
	detailsType = reflect.TypeFor[access.Details]()
)

// listener is one open stream.
type listener struct {
	w       http.ResponseWriter
	control *http.ResponseController
	run     string // of this run alone; "" = of all
	after   int64
}

// events streams what happens from now on or, with Last-Event-ID, from where a listener had come. The newest events come
// from the feed's memory, older ones from the store; a listener that falls behind the memory while it listens is dropped.
func (a *API) events(w http.ResponseWriter, r *http.Request) {
	l := &listener{w: w, control: http.NewResponseController(w), run: r.URL.Query().Get("run"), after: a.Feed.Now()}
	if text := r.Header.Get("Last-Event-ID"); text != "" {
		l.after, _ = strconv.ParseInt(text, 10, 64) // what isn't a number is the beginning
	} else if text := r.URL.Query().Get("after"); text != "" {
		l.after, _ = strconv.ParseInt(text, 10, 64)
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")           // a proxy before us is to hold nothing back
	_ = l.control.SetReadDeadline(time.Time{}) // else it ends as any other request
	if l.write(comeBack) != nil {
		return
	}
	if a.catchUp(r.Context(), l) == nil {
		a.follow(r.Context(), l)
	}
}

// catchUp sends what the feed's memory doesn't have any more.
func (a *API) catchUp(ctx context.Context, l *listener) error {
	for {
		if _, whole, _ := a.Feed.After(l.after); whole {
			return nil
		}
		events, err := a.Store.Events(ctx, "", l.after)
		if err != nil || len(events) == 0 {
			return err
		}
		if err := l.send(events); err != nil {
			return err
		}
	}
}

// follow sends what happens until somebody goes or falls behind.
func (a *API) follow(ctx context.Context, l *listener) {
	sign := time.NewTicker(signEvery)
	defer sign.Stop()
	for {
		events, whole, more := a.Feed.After(l.after)
		if !whole || l.send(events) != nil {
			return
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-more:
		case <-sign.C:
			if l.write(": here\n\n") != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// send writes events, each with its number.
func (l *listener) send(events []renewal.Event) error {
	var text []byte
	for _, event := range events {
		l.after = event.Sequence
		if l.run != "" && event.Run != l.run {
			continue
		}
		data, err := json.Marshal(event)
		if err != nil {
			return fmt.Errorf("render event %d: %w", event.Sequence, err)
		}
		text = fmt.Appendf(text, "id: %d\ndata: %s\n\n", event.Sequence, data)
	}
	if len(text) == 0 {
		return nil
	}
	return l.write(string(text))
}

// write sends a text within its time. Afterwards there is no deadline until the next one: HTTP/2 ends a stream whose
// deadline passes although nothing is being written.
func (l *listener) write(text string) error {
	if err := l.control.SetWriteDeadline(time.Now().Add(longestWrite)); err != nil {
		return err
	}
	if _, err := l.w.Write([]byte(text)); err != nil {
		return err
	}
	if err := l.control.Flush(); err != nil {
		return err
	}
	return l.control.SetWriteDeadline(time.Time{})
}

// describeEvents puts the stream into the document: it is no operation of the library's, because its answer doesn't end.
func (a *API) describeEvents() {
	document := a.api.OpenAPI()
	event := huma.SchemaFromType(document.Components.Schemas, eventType)
	refusal := &huma.Response{Description: "Refused", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: huma.SchemaFromType(document.Components.Schemas, detailsType)},
	}}
	document.AddOperation(&huma.Operation{
		OperationID: "followEvents", Method: http.MethodGet, Path: "/api/v1/events", Summary: "What happens, as server-sent events",
		Description: "Takes the role " + access.Viewer.String() + ". Each event's data is one object as described here; its id goes into Last-Event-ID to go on after it.",
		Parameters: []*huma.Param{
			{Name: "run", In: "query", Description: "Of this renewal alone", Schema: &huma.Schema{Type: "string"}},
			{Name: "after", In: "query", Description: "As Last-Event-ID, for those who can't send it", Schema: &huma.Schema{Type: "integer", Format: "int64"}},
			{Name: "Last-Event-ID", In: "header", Description: "The last event that was seen; without it, what happens from now on", Schema: &huma.Schema{Type: "integer", Format: "int64"}},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "A stream that doesn't end", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: event}}},
			"401": refusal, "403": refusal, "500": refusal, "503": refusal,
		},
		Extensions: map[string]any{"x-keyturn-role": access.Viewer.String()},
	})
}
