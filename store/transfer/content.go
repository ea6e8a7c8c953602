package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

// source gives one thing after another, until there are no more or give returns an error, which it returns.
type source[T any] func(give func(T) error) error

// content is the old store as the new one takes it. Each sequence counts what it gives.
func (c *copying) content(ctx context.Context) store.Content {
	return store.Content{
		Runs:       counted(&c.report.Runs, c.oldestFirst),
		Attempts:   counted(&c.report.Attempts, c.attempts(ctx)),
		Deliveries: counted(&c.report.Deliveries, c.deliveries(ctx)),
		Events:     counted(&c.report.Events, c.events(ctx)),
		Entries:    counted(&c.report.Entries, c.entries(ctx)),
		Findings:   counted(&c.report.Findings, c.findings(ctx)),
		Postings:   counted(&c.report.Postings, c.postings(ctx)),
		Tokens:     counted(&c.report.Tokens, c.tokens(ctx)),
		Accept:     c.accept,
	}
}

// counted makes a sequence of a source, and counts it from nothing each time that it is gone through.
func counted[T any](count *int, from source[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		*count = 0
		err := from(func(one T) error {
			*count++
			if !yield(one, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(*new(T), err)
		}
	}
}

func (c *copying) oldestFirst(give func(renewal.Run) error) error {
	for _, run := range slices.Backward(c.runs) {
		if err := give(run); err != nil {
			return err
		}
	}
	return nil
}

func (c *copying) attempts(ctx context.Context) source[renewal.Attempt] {
	return func(give func(renewal.Attempt) error) error {
		return c.histories(ctx, func(h store.History) error { return each(h.Attempts, give) })
	}
}

func (c *copying) deliveries(ctx context.Context) source[renewal.Delivery] {
	return func(give func(renewal.Delivery) error) error {
		return c.histories(ctx, func(h store.History) error { return each(h.Deliveries, give) })
	}
}

func (c *copying) histories(ctx context.Context, do func(store.History) error) error {
	return c.oldestFirst(func(run renewal.Run) error {
		h, err := c.from.History(ctx, run.ID)
		if err != nil {
			return fmt.Errorf("read the history to be copied: %w", err)
		}
		return do(h)
	})
}

func (c *copying) events(ctx context.Context) source[renewal.Event] {
	return func(give func(renewal.Event) error) error {
		for after := int64(0); ; {
			page, err := c.from.Events(ctx, "", after)
			if err != nil {
				return fmt.Errorf("read the events to be copied: %w", err)
			}
			if len(page) == 0 {
				return nil
			}
			if err := each(page, give); err != nil {
				return err
			}
			after = page[len(page)-1].Sequence
		}
	}
}

func (c *copying) entries(ctx context.Context) source[audit.Entry] {
	return func(give func(audit.Entry) error) error {
		c.report.Heads = map[string]string{}
		for _, app := range c.apps {
			chain, err := c.from.Chain(ctx, app)
			if err != nil {
				return fmt.Errorf("read the audit log to be copied: %w", err)
			}
			c.verify(app, chain)
			if err := each(chain, give); err != nil {
				return err
			}
		}
		return nil
	}
}

func (c *copying) findings(ctx context.Context) source[store.Finding] {
	return func(give func(store.Finding) error) error {
		from, ok := c.from.(interface {
			Findings(ctx context.Context) ([]store.Finding, error)
		})
		if !ok {
			return nil // it keeps none
		}
		all, err := from.Findings(ctx)
		if err != nil {
			return fmt.Errorf("read the findings to be copied: %w", err)
		}
		return each(all, give)
	}
}

func (c *copying) postings(ctx context.Context) source[store.Posting] {
	return func(give func(store.Posting) error) error {
		from, ok := c.from.(store.OutboxReader)
		if !ok {
			return nil // it keeps none
		}
		all, err := from.Postings(ctx, store.PostingFilter{})
		if err != nil {
			return fmt.Errorf("read the outbox to be copied: %w", err)
		}
		slices.Reverse(all) // they go on in the order in which they came
		return each(all, give)
	}
}

// tokens are copied so that programs which use the API go on; sessions and links are not, since people sign in again.
func (c *copying) tokens(ctx context.Context) source[store.Pass] {
	return func(give func(store.Pass) error) error {
		from, ok := c.from.(interface {
			Passes(ctx context.Context, kind store.PassKind) ([]store.Pass, error)
		})
		if !ok {
			return nil // it keeps none
		}
		all, err := from.Passes(ctx, store.TokenPass)
		if err != nil {
			return fmt.Errorf("read the API tokens to be copied: %w", err)
		}
		return each(all, give)
	}
}

func each[T any](list []T, do func(T) error) error {
	for _, one := range list {
		if err := do(one); err != nil {
			return err
		}
	}
	return nil
}
