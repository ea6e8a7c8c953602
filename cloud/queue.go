package cloud

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// queue are this process's shares of one limit, and those who wait for them.
type queue struct {
	limit  Limit
	shared Budget

	mu      sync.Mutex
	used    int // of the first shares
	left    int // drawn and not used
	line    line
	drawing bool
	booked  time.Time // the last turn that was promised to one who was given back
}

// book is how long to wait for those who find the line as long as anybody waits: each is sent away for a turn of its own.
// The lock is held.
func (q *queue) book() time.Duration {
	now := time.Now()
	if soon := now.Add(q.limit.patience); q.booked.Before(soon) {
		q.booked = soon
	}
	q.booked = q.booked.Add(q.limit.Every)
	return q.booked.Sub(now)
}

// take uses one share, in the order of urgency among those of this process who wait.
func (q *queue) take(ctx context.Context) error {
	q.mu.Lock()
	if q.used < q.limit.first {
		q.used++
		q.mu.Unlock()
		return nil
	}
	if q.left > 0 && len(q.line) == 0 {
		q.left--
		q.mu.Unlock()
		return nil
	}
	if time.Duration(len(q.line))*q.limit.Every >= q.limit.patience {
		defer q.mu.Unlock()
		return crowded(q.book(), nil)
	}
	end, _ := ctx.Value(urgencyKey{}).(time.Time)
	w := &waiter{end: end, served: make(chan error, 1)}
	heap.Push(&q.line, w)
	if !q.drawing {
		q.drawing = true
		go q.draw(context.WithoutCancel(ctx))
	}
	q.mu.Unlock()
	select {
	case err := <-w.served:
		return err
	case <-ctx.Done():
		q.leave(w)
		return crowded(0, context.Cause(ctx))
	}
}

// leave takes one who gave up out of the line; a share that it was served just now is another's.
func (q *queue) leave(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.at >= 0 {
		heap.Remove(&q.line, w.at)
		return
	}
	if <-w.served == nil {
		q.left++
	}
}

// draw draws shares until nobody waits.
func (q *queue) draw(ctx context.Context) {
	for q.waiting() {
		asked, cancel := context.WithTimeout(ctx, longestLine)
		got, wait, err := q.shared.Draw(asked, q.limit, q.limit.batch)
		cancel()
		if err == nil && wait > longestLine {
			err = crowded(wait, nil)
		}
		q.serve(got, err)
		if wait > 0 {
			time.Sleep(min(max(wait, q.limit.pace), heldAgain))
		}
	}
}

// waiting reports whether anybody waits; if nobody does, the drawing ends.
func (q *queue) waiting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drawing = len(q.line) > 0
	return q.drawing
}

// serve hands shares out, or the failure to get any.
func (q *queue) serve(got int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.left += got
	for len(q.line) > 0 && (q.left > 0 || err != nil) {
		w := heap.Pop(&q.line).(*waiter)
		if err == nil {
			q.left--
		}
		w.served <- err
	}
}

// waiter is one request that waits for a share.
type waiter struct {
	end    time.Time // of the credential that it is for; zero = not known, after all others
	served chan error
	at     int // its place in the line; -1 = served
}

// line is a heap of those who wait, the most urgent first.
type line []*waiter

func (l line) Len() int { return len(l) }
func (l line) Less(i, j int) bool {
	return !l[i].end.IsZero() && (l[j].end.IsZero() || l[i].end.Before(l[j].end))
}
func (l line) Swap(i, j int) { l[i], l[j] = l[j], l[i]; l[i].at, l[j].at = i, j }

// Push adds one; for container/heap only.
func (l *line) Push(x any) {
	w := x.(*waiter)
	w.at = len(*l)
	*l = append(*l, w)
}

// Pop takes the last one; for container/heap only.
func (l *line) Pop() any {
	old := *l
	last := old[len(old)-1]
	old[len(old)-1] = nil
	last.at, *l = -1, old[:len(old)-1]
	return last
}
