package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyturn/cmd/keyturn/screen"
	"keyturn/notice"
	"keyturn/notify"
	"keyturn/problem"
	"keyturn/store"
)

func newNotify(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "notify",
		Short:   "Try how people are told, and look into the outbox",
		Example: "  keyturn notify test\n  keyturn notify list",
	}
	return family(cmd, newNotifyTest(sh), newNotifyList(sh), newNotifyResend(sh))
}

func newNotifyTest(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Send a test notice through each notifier, and say what happened",
		Long: "Sends a test notice at once through each notifier that keyturn.yaml names below notify, and says of each what happened.\n" +
			"Run it where keyturn serve runs, with the same environment. The heartbeat isn't sent: it would say that the tenant was\n" +
			"looked at.\n\n" +
			"Exit codes: 0 each took it; 1 one didn't; 2 keyturn.yaml names none.",
		Example: "  keyturn notify test\n  keyturn notify test -o json",
		Args:    exactly(0, "no arguments"),
	}
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return sh.notifyTest(cmd.Context(), f) }
	return cmd
}

// tried is what came of a test notice.
type tried struct {
	Notifier string `json:"notifier"`
	OK       bool   `json:"ok"`
	Code     string `json:"code,omitempty"`
	Message  string `json:"message,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

func (sh *shell) notifyTest(ctx context.Context, f *format) error {
	settings, err := sh.settings(true)
	if err != nil {
		return err
	}
	d, err := sh.deskFor(ctx, settings)
	if err != nil {
		return err
	}
	log, err := sh.log()
	if err != nil {
		return err
	}
	telling, err := sh.openTelling(d.reach, settings, log)
	if err != nil {
		return err
	}
	var all []tried
	failed := false
	for _, notifier := range telling.notifiers {
		one := try(ctx, notifier, testNotice(settings.Tenant, sh.now()))
		failed = failed || !one.OK
		all = append(all, one)
	}
	if err := sh.print(f, triedListing(all)); err != nil {
		return err
	}
	switch {
	case failed:
		return &verdict{code: exitFailed}
	case len(all) == 0:
		return attention()
	}
	return nil
}

func testNotice(tenant string, now time.Time) notice.Notice {
	return notice.Notice{
		ID: notice.NewID(), Subject: notice.OfKeyturn("test"), Kind: notice.Test, At: now.UTC(),
		Title: "a test notice", Text: "This is a test, asked for with keyturn notify test. Notices about the secrets of " + orNone(tenant) + " will reach you.",
	}
}

func try(ctx context.Context, notifier notify.Notifier, n notice.Notice) tried {
	err := notifier.Send(ctx, n)
	if err == nil {
		return tried{Notifier: notifier.Code(), OK: true, Message: "took notice " + n.ID}
	}
	found := problem.Of(err)
	return tried{Notifier: notifier.Code(), Code: found.Code, Message: problem.Sentence(err), Fix: found.Fix}
}

func triedListing(all []tried) listing {
	list := listing{
		head: []string{"NOTIFIER", "RESULT", "WHY", "FIX"}, data: notNil(all),
		none: "keyturn.yaml names no notifier: see docs/notices.md",
	}
	for _, one := range all {
		result := screen.Cell{Text: "sent", Paint: screen.Green}
		if !one.OK {
			result = screen.Cell{Text: one.Code, Paint: screen.Red}
		}
		list.rows = append(list.rows, []screen.Cell{{Text: one.Notifier}, result, {Text: one.Message}, {Text: one.Fix}})
	}
	return list
}

func newNotifyList(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the notices of the last month and what came of each",
		Long: "Shows what people were told in the last month, what is still to be sent, and what was given up. It asks the store\n" +
			"alone. Exit code 2 when something couldn't be sent.",
		Example: "  keyturn notify list\n  keyturn notify list -o json",
		Args:    exactly(0, "no arguments"),
	}
	f := formatFlag(cmd, asTable, asJSON, asCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return sh.notifyList(cmd.Context(), f) }
	return cmd
}

func (sh *shell) notifyList(ctx context.Context, f *format) error {
	reader, err := sh.openReader(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return sh.print(f, toldListing(nil))
	}
	if err != nil {
		return err
	}
	defer sh.close(reader)
	box, ok := reader.(store.OutboxReader)
	if !ok {
		return fmt.Errorf("a store of type %T keeps no notices", reader)
	}
	all, err := box.Postings(ctx, store.PostingFilter{})
	if err != nil {
		return err
	}
	slices.Reverse(all) // what happened last stands last, as in a log
	if err := sh.print(f, toldListing(all)); err != nil {
		return err
	}
	if untold, err := untoldOf(ctx, reader); err != nil || untold != nil {
		return errors.Join(err, attention())
	}
	return nil
}

func toldListing(all []store.Posting) listing {
	list := listing{head: []string{"SEEN", "STATE", "SENT BY", "TITLE", "FAILURE"}, data: notNil(all), none: "nobody was told anything in the last month"}
	paint := map[store.PostingState]screen.Paint{
		store.PostingSent: screen.Green, store.PostingPending: screen.Amber, store.PostingGivenUp: screen.Red,
	}
	for _, p := range all {
		list.rows = append(list.rows, []screen.Cell{
			{Text: day(p.At)},
			{Text: string(p.State), Paint: paint[p.State]},
			{Text: strings.Join(p.Sent, ", ")},
			{Text: p.Title},
			{Text: p.Failure, Paint: screen.Amber},
		})
	}
	return list
}

func newNotifyResend(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "resend",
		Short: "Let notices that were given up be sent again",
		Long: "Makes every notice that was given up after days of trying pending again. A serving Keyturn sends them at once.\n" +
			"Safe to repeat.",
		Example: "  keyturn notify test && keyturn notify resend",
		Args:    exactly(0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return sh.notifyResend(cmd.Context()) },
	}
}

func (sh *shell) notifyResend(ctx context.Context) error {
	settings, err := sh.settings(false)
	if err != nil {
		return err
	}
	if reader, err := openReader(ctx, settings.Store); err != nil {
		return err // no store is made for this
	} else if err := reader.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	kept, err := openStore(ctx, settings.Store, false)
	if err != nil {
		return err
	}
	defer sh.close(kept)
	count, err := kept.Resend(ctx)
	if err != nil {
		return err
	}
	sh.tell("%d notices are sent again", count)
	return nil
}
