package world

import (
	"context"
	"maps"
	"sync"
	"time"
)

// The log keeps this many requests, and bodies up to this many bytes in all and each; older ones go first.
const (
	logEntries   = 100_000
	logBodies    = 64 << 20
	LogBodyLimit = 256 << 10
)

// Entry is one request as the log shows it.
type Entry struct {
	Time   time.Time `json:"time"`
	Host   string    `json:"host"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Status int       `json:"status"` // 0 when the connection was cut without an answer
	// Identity is the caller as its token or credential said it: an app id or a user name.
	Identity string `json:"identity,omitempty"`
	// Unknown marks a request that the simulator does not know how to serve.
	Unknown bool `json:"unknown,omitempty"`
	// Fault is the kind of the fault that hit the request.
	Fault FaultKind `json:"fault,omitempty"`
	// RequestBody and ResponseBody are cut at LogBodyLimit bytes, and dropped from old entries.
	RequestBody  string `json:"requestBody,omitempty"`
	ResponseBody string `json:"responseBody,omitempty"`
}

type entryKey struct{}

// WithEntry puts the entry of the request being served into its context.
func WithEntry(ctx context.Context, e *Entry) context.Context {
	return context.WithValue(ctx, entryKey{}, e)
}

// NoteIdentity writes the caller into the log entry of the request being served; nothing happens without one.
func NoteIdentity(ctx context.Context, who string) {
	if e, ok := ctx.Value(entryKey{}).(*Entry); ok {
		e.Identity = who
	}
}

// NoteUnknown marks the request being served as one that the simulator does not know.
func NoteUnknown(ctx context.Context) {
	if e, ok := ctx.Value(entryKey{}).(*Entry); ok {
		e.Unknown = true
	}
}

// Log is a bounded record of requests under its own lock.
type Log struct {
	mu      sync.Mutex
	entries []*Entry // a ring once it is full
	next    int      // where the following entry goes
	bodies  int      // bytes of bodies kept
	bodied  int      // sequence number of the oldest entry whose bodies are kept
	total   int      // entries ever added
	tally   map[string]map[int]int
}

// Log is the world's request log.
func (w *World) Log() *Log { return &w.log }

// Add appends a finished request; the caller must not touch it afterwards.
func (l *Log) Add(e *Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) < logEntries {
		l.entries = append(l.entries, e)
	} else {
		l.dropBodies(l.total - logEntries)
		l.entries[l.next] = e
	}
	l.next = (l.next + 1) % logEntries
	l.total++
	l.count(e)
	l.bodies += len(e.RequestBody) + len(e.ResponseBody)
	for l.bodies > logBodies {
		l.dropBodies(l.bodied)
	}
}

func (l *Log) count(e *Entry) {
	if l.tally == nil {
		l.tally = map[string]map[int]int{}
	}
	name := e.Host + " " + e.Method
	if l.tally[name] == nil {
		l.tally[name] = map[int]int{}
	}
	l.tally[name][e.Status]++
}

// Tally is how many requests of each host and method got each status since the log was cleared, those that the log no
// longer keeps included.
func (l *Log) Tally() map[string]map[int]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]map[int]int{}
	for name, counts := range l.tally {
		all[name] = maps.Clone(counts)
	}
	return all
}

// dropBodies forgets the bodies of all entries up to and including the given sequence number.
func (l *Log) dropBodies(last int) {
	for ; l.bodied <= last; l.bodied++ {
		e := l.entries[l.bodied%logEntries]
		l.bodies -= len(e.RequestBody) + len(e.ResponseBody)
		if e.RequestBody != "" || e.ResponseBody != "" {
			bare := *e
			bare.RequestBody, bare.ResponseBody = "", ""
			l.entries[l.bodied%logEntries] = &bare
		}
	}
}

// Entries copies the list of requests, oldest first. The entries themselves are shared and must not be changed.
func (l *Log) Entries() []*Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) < logEntries {
		return append([]*Entry{}, l.entries...)
	}
	return append(append([]*Entry{}, l.entries[l.next:]...), l.entries[:l.next]...)
}

// Clear forgets all requests.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.next, l.bodies, l.bodied, l.total, l.tally = l.entries[:0:0], 0, 0, 0, 0, nil
}
