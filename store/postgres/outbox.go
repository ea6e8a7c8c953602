package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

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
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'pending', '{}', 0, '', '', ` + clock + ", " + clock + ") ON CONFLICT DO NOTHING"
	// untold are the open notices of a subject that nobody can have been told of.
	untold = "subject = $1 AND open AND state <> 'sent' AND sent = '{}' AND node = ''"
	// ready are those that node $1 may collect; $2 is [store.LongestWait] in seconds.
	ready = "state = 'pending' AND (tries = 0 AND failure = '' OR due_at <= " + clock + " OR due_at > " + clock + ` + make_interval(secs => $2)) AND (node = $1
		OR NOT EXISTS (SELECT 1 FROM node WHERE node.id = notice.node AND alive_until > ` + clock + "))"
	// settledState is the one that a notice gets: when its matter is over, nobody tries it again.
	settledState = "CASE WHEN $3 = 'pending' AND NOT open AND kind NOT IN ('recovered', 'test') THEN 'over' ELSE $3 END"
)

// post brings notices into the outbox, under the rules of [store.Told]. Doing it again with the same ones changes
// nothing, so a try whose answer was lost may be repeated.
func post(ctx context.Context, tx pgx.Tx, notices []notice.Notice) error {
	for _, n := range notices {
		if err := postOne(ctx, tx, n); err != nil {
			return fmt.Errorf("keep the notice about %s: %w", n.Subject, err)
		}
	}
	return nil
}

func postOne(ctx context.Context, tx pgx.Tx, n notice.Notice) error {
	open := n.Kind != notice.Test
	if n.Kind == notice.Recovered {
		if _, err := tx.Exec(ctx, "DELETE FROM notice WHERE "+untold, n.Subject); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE notice SET open = false, state = CASE WHEN state = 'sent' OR node <> '' THEN state ELSE 'over' END
			WHERE subject = $1 AND open`, n.Subject)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		open = false
	}
	_, err := tx.Exec(ctx, insertNotice, n.ID, n.Subject, n.Kind, n.Code, n.App, n.Run, clean(n.Title), clean(n.Text), clean(n.Fix),
		instant(n.By), instant(n.At), open)
	return err
}

// Tell implements [store.Outbox].
func (s *Store) Tell(ctx context.Context, notices ...notice.Notice) error {
	return s.write(ctx, func(tx pgx.Tx) error { return post(ctx, tx, notices) })
}

// Collect implements [store.Outbox]. Mostly there is nothing, which a look alone can tell.
func (s *Store) Collect(ctx context.Context, node string, most int) (found []store.Posting, err error) {
	var some bool
	err = s.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM notice WHERE "+ready+")", node, store.LongestWait.Seconds()).Scan(&some)
	})
	if err != nil {
		return nil, fmt.Errorf("look for notices to send: %w", err)
	}
	if !some {
		return nil, nil
	}
	err = s.write(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE notice SET node = $1 WHERE sequence IN
			(SELECT sequence FROM notice WHERE `+ready+" ORDER BY sequence LIMIT $3 FOR UPDATE SKIP LOCKED)", node, store.LongestWait.Seconds(), most)
		if err != nil {
			return err
		}
		found, err = collect(ctx, tx, scanPosting, selectPostings+" WHERE state = 'pending' AND node = $1 ORDER BY sequence LIMIT $2", node, most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("collect notices to send: %w", err)
	}
	return found, nil
}

// Settle implements [store.Outbox]. A second try may find the work of a first one whose answer was lost: the notice is
// then in nobody's hands, with as many tries as it was to have.
func (s *Store) Settle(ctx context.Context, node string, p store.Posting, wait time.Duration) error {
	err := s.write(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "UPDATE notice SET state = "+settledState+", sent = $4, tries = $5, failure = $6, node = '', due_at = "+clock+
			" + $7 * interval '1 microsecond' WHERE id = $1 AND (node = $2 OR node = '' AND tries = $5 AND state = "+settledState+")",
			p.ID, node, p.State, append([]string{}, p.Sent...), p.Tries, clean(p.Failure), wait.Microseconds())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return store.ErrFenced
		}
		_, err = tx.Exec(ctx, "DELETE FROM notice WHERE state <> 'pending' AND NOT open AND kept_at < "+clock+" - interval '30 days'")
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what came of notice %s: %w", p.ID, err)
	}
	return nil
}

// Resend implements [store.Outbox].
func (s *Store) Resend(ctx context.Context) (int, error) {
	changed, err := s.change(ctx, "UPDATE notice SET state = 'pending', tries = 0, due_at = "+clock+" WHERE state = 'given up'")
	if err != nil {
		return 0, fmt.Errorf("make notices pending again: %w", err)
	}
	return int(changed), nil
}

// Outbox implements [store.OutboxReader].
func (r *reading) Outbox(ctx context.Context) (b store.Backlog, err error) {
	var oldest int64
	err = r.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state = 'pending'),
			coalesce(greatest(0, extract(epoch FROM `+clock+` - min(kept_at) FILTER (WHERE state = 'pending')) * 1000000), 0)::bigint,
			count(*) FILTER (WHERE state = 'pending' AND failure <> ''), count(*) FILTER (WHERE state = 'given up'),
			coalesce((SELECT failure FROM notice WHERE state IN ('pending', 'given up') AND failure <> '' ORDER BY sequence LIMIT 1), '')
			FROM notice WHERE state <> 'sent'`).Scan(&b.Pending, &oldest, &b.Failing, &b.GivenUp, &b.Failure)
	})
	if err != nil {
		return store.Backlog{}, fmt.Errorf("sum up the outbox: %w", err)
	}
	b.Oldest = time.Duration(oldest) * time.Microsecond
	return b, nil
}

const selectPostings = "SELECT " + noticeColumns + ", greatest(0, extract(epoch FROM " + clock + " - kept_at) * 1000000)::bigint FROM notice"

// Postings implements [store.OutboxReader].
func (r *reading) Postings(ctx context.Context, f store.PostingFilter) (found []store.Posting, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) error {
		before, err := place(ctx, conn, f.Before)
		if err != nil {
			return err
		}
		found, err = collect(ctx, conn, scanPosting, selectPostings+` WHERE sequence < $1 AND ($2 = '' OR app = $2) AND ($3 = '' OR state = $3)
			AND (open OR NOT $4) ORDER BY sequence DESC LIMIT nullif($5, 0)`, before, f.App, f.State, f.Open, f.Limit)
		return err
	})
	if errors.Is(err, store.ErrNoNotice) {
		return nil, store.ErrNoNotice
	}
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return found, nil
}

// place is where in the outbox a notice stands; behind all of them for "".
func place(ctx context.Context, conn *pgx.Conn, id string) (sequence int64, err error) {
	if id == "" {
		return math.MaxInt64, nil
	}
	err = conn.QueryRow(ctx, "SELECT sequence FROM notice WHERE id = $1", id).Scan(&sequence)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, store.ErrNoNotice
	}
	return sequence, err
}

func scanPosting(row pgx.CollectableRow) (store.Posting, error) {
	var p store.Posting
	var age int64
	err := row.Scan(&p.ID, &p.Subject, &p.Kind, &p.Code, &p.App, &p.Run, &p.Title, &p.Text, &p.Fix, (*instant)(&p.By),
		(*instant)(&p.At), &p.Open, &p.State, &p.Sent, &p.Tries, &p.Failure, &age)
	p.Age = time.Duration(age) * time.Microsecond
	return p, err
}
