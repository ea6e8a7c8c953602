package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"keyturn/notice"
	"keyturn/notify"
	"keyturn/problem"
	"keyturn/store"
)

const (
	// postEvery is how often the outbox is looked into: people read mail later than that.
	postEvery = 5 * time.Second
	// postAtOnce is how many notices a node takes in hand at a time.
	postAtOnce = 50
	// manyAtOnce is how many notices come one by one; more come in one message, where the notifier can do that.
	manyAtOnce = 3
	// postWithin is how long one notifier may take for one message; each has shorter limits of its own.
	postWithin = time.Minute
)

// again is how long a notice that couldn't be sent is left alone before each further try. It is given up after the last
// one, four days after the first: longer than a weekend with a mail server that is down.
var again = []time.Duration{
	30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
	12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

// post sends what comes into the outbox until ctx ends or Stop is closed.
func (e *Engine) post(ctx context.Context, box store.Outbox) {
	tick := time.NewTicker(postEvery)
	defer tick.Stop()
	for {
		if err := e.postAll(ctx, box); err != nil && ctx.Err() == nil {
			e.Log.Warn("could not look into the outbox", "error", err)
		}
		select {
		case <-tick.C:
		case <-e.Stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

// postAll sends everything whose time has come, until nothing is left or something didn't go through: what is still in
// hand then comes first the next time.
func (e *Engine) postAll(ctx context.Context, box store.Outbox) error {
	for len(e.Notify.Notifiers) > 0 && !e.stopped() && ctx.Err() == nil {
		some, err := box.Collect(ctx, e.Node, postAtOnce)
		if err != nil || len(some) == 0 {
			return err
		}
		if well, err := e.postSome(ctx, box, some); err != nil || !well {
			return err
		}
	}
	return nil
}

// postSome sends what was collected through each notifier that hasn't taken it, side by side, and keeps what came of it.
// It reports whether all went well.
func (e *Engine) postSome(ctx context.Context, box store.Outbox, some []store.Posting) (bool, error) {
	came := make([]outcomes, len(e.Notify.Notifiers))
	var group sync.WaitGroup
	for i, notifier := range e.Notify.Notifiers {
		group.Go(func() { came[i] = e.hand(ctx, notifier, some) })
	}
	group.Wait()
	well := ctx.Err() == nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveGrace) // what was sent was sent, whatever ended meanwhile
	defer cancel()
	for _, posting := range some {
		settled, wait, changed := e.settle(posting, came)
		well = well && settled.State == store.PostingSent
		if !changed {
			continue
		}
		if err := box.Settle(ctx, e.Node, settled, wait); err != nil && !errors.Is(err, store.ErrFenced) {
			return false, err
		}
	}
	return well, nil
}

// outcomes is what came of the notices that one notifier was given, by id: nil = taken. A notice that it wasn't given is
// missing.
type outcomes map[string]error

// hand gives a notifier what it hasn't taken yet: one by one until one doesn't go through, or all together.
func (e *Engine) hand(ctx context.Context, to notify.Notifier, some []store.Posting) outcomes {
	var left []notice.Notice
	for _, posting := range some {
		if !slices.Contains(posting.Sent, to.Code()) {
			left = append(left, posting.Notice)
		}
	}
	came := outcomes{}
	if digester, ok := to.(notify.Digester); ok && len(left) > manyAtOnce {
		err := within(ctx, func(ctx context.Context) error { return digester.Digest(ctx, left) })
		for _, n := range left {
			came.add(ctx, n.ID, err)
		}
		return came
	}
	for _, n := range left {
		err := within(ctx, func(ctx context.Context) error { return to.Send(ctx, n) })
		if came.add(ctx, n.ID, err); err != nil || e.stopped() {
			break
		}
	}
	return came
}

// add keeps what came of a notice. One that was cut off because this process stops is in doubt, as if it hadn't been
// given: whoever has it in hand next sends it again.
func (o outcomes) add(ctx context.Context, id string, err error) {
	if err == nil || ctx.Err() == nil {
		o[id] = err
	}
}

func within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	return do(ctx)
}

// settle is a posting after all notifiers had their turn, and how long it then waits. changed is false when none of them
// was given it: it stays in hand.
func (e *Engine) settle(p store.Posting, came []outcomes) (after store.Posting, wait time.Duration, changed bool) {
	failures, missing, before := map[string]error{}, false, len(p.Sent)
	for i, notifier := range e.Notify.Notifiers {
		code := notifier.Code()
		if slices.Contains(p.Sent, code) {
			continue
		}
		err, given := came[i][p.ID]
		switch {
		case !given:
			missing = true
		case err != nil:
			failures[code] = err
		default:
			p.Sent = append(slices.Clone(p.Sent), code)
		}
	}
	switch {
	case len(failures) > 0:
		return e.failed(p, failures)
	case missing:
		return p, 0, len(p.Sent) > before // what took it needn't take it again
	}
	p.State, p.Failure, p.Tries = store.PostingSent, "", p.Tries+1
	e.Log.Info("told people", "subject", p.Subject, "notice", p.ID, "notifiers", strings.Join(p.Sent, ", "))
	return p, 0, true
}

// failed is a posting that some notifiers didn't take: it is tried again later, and given up in the end.
func (e *Engine) failed(p store.Posting, failures map[string]error) (store.Posting, time.Duration, bool) {
	p.Tries++
	var texts []string
	var after time.Duration
	for _, code := range slices.Sorted(maps.Keys(failures)) {
		texts = append(texts, fmt.Sprintf("%s: %v", code, failures[code]))
		after = max(after, problem.Of(failures[code]).After)
	}
	p.Failure = strings.Join(texts, "; ")
	e.Log.Warn("could not tell people", "subject", p.Subject, "notice", p.ID, "tries", p.Tries, "error", p.Failure)
	if p.Tries > len(again) {
		p.State = store.PostingGivenUp
		return p, 0, true
	}
	wait := again[p.Tries-1]
	wait += time.Duration(rand.Int64N(int64(wait / 10))) // so that many don't come back at once
	return p, max(wait, min(after, longestAfter)), true
}

// longestAfter is the longest that a receiver's own wish for a pause is followed.
const longestAfter = 12 * time.Hour
