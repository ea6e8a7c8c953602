package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"keyturn/notice"
	"keyturn/store"
)

var (
	_ store.Outbox       = (*Store)(nil)
	_ store.OutboxReader = (*Store)(nil)
)

const (
	noticeColumns = "id, subject, kind, code, app, run, title, text, fix, by_at, at, open, state, sent, tries, failure"
	insertNotice  = "INSERT INTO notice (" + noticeColumns + `, node, kept_at, due_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', '[]', 0, '', '', ` + clock + ", " + clock + ") ON CONFLICT DO NOTHING"
	// untold are the open notices of a subject that nobody can have been told of.
	untold = "subject = ? AND open = 1 AND state <> 'sent' AND sent = '[]' AND node = ''"
	// ready are those that node ?1 may collect; ?2 is [longestWait].
	ready = "state = 'pending' AND (tries = 0 AND failure = '' OR due_at <= " + clock + " OR due_at > " + clock + ` + ?2) AND (node = ?1
		OR NOT EXISTS (SELECT 1 FROM node WHERE node.id = notice.node AND alive_until > ` + clock + "))"
	longestWait = int64(store.LongestWait / time.Microsecond)
	// settledState is the one that a notice gets: when its matter is over, nobody tries it again.
	settledState = "iif(?1 = 'pending' AND open = 0 AND kind NOT IN ('recovered', 'test'), 'over', ?1)"
	// keptFor is how long a notice stays to be looked up once nothing more will come of it.
	keptFor = 30 * 24 * time.Hour
)

// post brings notices into the outbox, under the rules of [store.Told].
func post(ctx context.Context, tx *sql.Tx, notices []notice.Notice) error {
	for _, n := range notices {
		if err := postOne(ctx, tx, n); err != nil {
			return fmt.Errorf("keep the notice about %s: %w", n.Subject, err)
		}
	}
	return nil
}

func postOne(ctx context.Context, tx *sql.Tx, n notice.Notice) error {
	open := n.Kind != notice.Test
	if n.Kind == notice.Recovered {
		if _, err := tx.ExecContext(ctx, "DELETE FROM notice WHERE "+untold, n.Subject); err != nil {
			return err
		}
		told, err := affected(tx.ExecContext(ctx, `UPDATE notice SET open = 0, state = iif(state = 'sent' OR node <> '', state, 'over')
			WHERE subject = ? AND open = 1`, n.Subject))
		if err != nil || told == 0 {
			return err
		}
		open = false
	}
	_, err := tx.ExecContext(ctx, insertNotice, n.ID, n.Subject, n.Kind, n.Code, n.App, n.Run, n.Title, n.Text, n.Fix,
		instant(n.By), instant(n.At), open)
	return err
}

// Tell implements [store.Outbox].
func (s *Store) Tell(ctx context.Context, notices ...notice.Notice) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return post(ctx, tx, notices) })
}

// Collect implements [store.Outbox]. Mostly there is nothing, which a look alone can tell.
func (s *Store) Collect(ctx context.Context, node string, most int) (found []store.Posting, err error) {
	var some bool
	if err := s.reader.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM notice WHERE "+ready+")", node, longestWait).Scan(&some); err != nil {
		return nil, fmt.Errorf("look for notices to send: %w", s.classify(err))
	}
	if !some {
		return nil, nil
	}
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE notice SET node = ?1 WHERE sequence IN
			(SELECT sequence FROM notice WHERE `+ready+" ORDER BY sequence LIMIT ?3)", node, longestWait, most)
		if err != nil {
			return err
		}
		found, err = collect(ctx, tx, scanPosting, selectPostings+" WHERE state = 'pending' AND node = ? ORDER BY sequence LIMIT ?", node, most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("collect notices to send: %w", err)
	}
	return found, nil
}

// Settle implements [store.Outbox].
func (s *Store) Settle(ctx context.Context, node string, p store.Posting, wait time.Duration) error {
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		changed, err := affected(tx.ExecContext(ctx, "UPDATE notice SET state = "+settledState+", sent = ?, tries = ?, failure = ?, node = '', due_at = "+clock+
			" + ? WHERE id = ? AND node = ?", p.State, document{names(p.Sent)}, p.Tries, p.Failure, wait.Microseconds(), p.ID, node))
		if err != nil {
			return err
		}
		if changed == 0 {
			return store.ErrFenced
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM notice WHERE state <> 'pending' AND open = 0 AND kept_at < "+clock+" - ?", keptFor.Microseconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what came of notice %s: %w", p.ID, err)
	}
	return nil
}

// names is a list that is written as [] when it is empty.
func names(list []string) []string { return append([]string{}, list...) }

// Resend implements [store.Outbox].
func (s *Store) Resend(ctx context.Context) (int, error) {
	changed, err := s.change(ctx, "UPDATE notice SET state = 'pending', tries = 0, due_at = "+clock+" WHERE state = 'given up'")
	if err != nil {
		return 0, fmt.Errorf("make notices pending again: %w", err)
	}
	return int(changed), nil
}

// Outbox implements [store.OutboxReader].
func (s *Store) Outbox(ctx context.Context) (store.Backlog, error) {
	var b store.Backlog
	var oldest int64
	err := s.reader.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE state = 'pending'),
		coalesce(max(0, `+clock+` - min(kept_at) FILTER (WHERE state = 'pending')), 0),
		count(*) FILTER (WHERE state = 'pending' AND failure <> ''), count(*) FILTER (WHERE state = 'given up'),
		coalesce((SELECT failure FROM notice WHERE state IN ('pending', 'given up') AND failure <> '' ORDER BY sequence LIMIT 1), '')
		FROM notice WHERE state <> 'sent'`).Scan(&b.Pending, &oldest, &b.Failing, &b.GivenUp, &b.Failure)
	if err != nil {
		return store.Backlog{}, fmt.Errorf("sum up the outbox: %w", s.classify(err))
	}
	b.Oldest = time.Duration(oldest) * time.Microsecond
	return b, nil
}

const selectPostings = "SELECT " + noticeColumns + ", max(0, " + clock + " - kept_at) FROM notice"

// Postings implements [store.OutboxReader].
func (s *Store) Postings(ctx context.Context, f store.PostingFilter) ([]store.Posting, error) {
	before, err := s.place(ctx, f.Before)
	if err != nil {
		return nil, err
	}
	found, err := collect(ctx, s.reader, scanPosting, selectPostings+` WHERE sequence < ?1 AND (?2 = '' OR app = ?2) AND (?3 = '' OR state = ?3)
		AND open >= ?4 ORDER BY sequence DESC LIMIT iif(?5 = 0, -1, ?5)`, before, f.App, f.State, f.Open, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", s.classify(err))
	}
	return found, nil
}

// place is where in the outbox a notice stands; behind all of them for "".
func (s *Store) place(ctx context.Context, id string) (int64, error) {
	if id == "" {
		return math.MaxInt64, nil
	}
	var sequence int64
	err := s.reader.QueryRowContext(ctx, "SELECT sequence FROM notice WHERE id = ?", id).Scan(&sequence)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, store.ErrNoNotice
	}
	if err != nil {
		return 0, fmt.Errorf("find a notice: %w", s.classify(err))
	}
	return sequence, nil
}

func scanPosting(row scanner) (store.Posting, error) {
	var p store.Posting
	var age int64
	err := row.Scan(&p.ID, &p.Subject, &p.Kind, &p.Code, &p.App, &p.Run, &p.Title, &p.Text, &p.Fix, (*instant)(&p.By),
		(*instant)(&p.At), &p.Open, &p.State, document{&p.Sent}, &p.Tries, &p.Failure, &age)
	p.Age = time.Duration(age) * time.Microsecond
	return p, err
}
