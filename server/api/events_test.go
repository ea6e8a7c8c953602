package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// limited is an answer that keeps its deadline, and when it was written.
type limited struct {
	*httptest.ResponseRecorder
	deadline time.Time
	within   []time.Duration // what was left of the deadline at each write
}

func (l *limited) SetWriteDeadline(at time.Time) error {
	l.deadline = at
	return nil
}

func (l *limited) Write(text []byte) (int, error) {
	l.within = append(l.within, time.Until(l.deadline))
	return l.ResponseRecorder.Write(text)
}

func TestAStreamHasADeadlineWhileItIsWrittenAndNoneWhileItIsSilent(t *testing.T) {
	t.Parallel()
	w := &limited{ResponseRecorder: httptest.NewRecorder(), deadline: time.Now().Add(time.Second)}
	l := &listener{w: w, control: http.NewResponseController(w)}
	for range 2 {
		if err := l.write(comeBack); err != nil {
			t.Fatal(err)
		}
		if !w.deadline.IsZero() {
			t.Errorf("silent, it ends at %v", w.deadline)
		}
	}
	for _, left := range w.within {
		if left <= 0 || left > longestWrite {
			t.Errorf("a write had %v left", left)
		}
	}
}
