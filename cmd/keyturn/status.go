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

	"keyturn/check"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// liveLimit is how many applications status asks the cloud about by itself; a person waits for that many.
const liveLimit = 25

func newStatus(sh *shell) *cobra.Command {
	var offline, live bool
	cmd := &cobra.Command{
		Use:   "status [APP]",
		Short: "Show where every application stands; exit 2 when something needs attention",
		Long: "Shows each application's state, the end of its secret, the next date and the last proof.\n\n" +
			"The renewals come from the store. The directory is asked too, for drift and for certificates that break, unless there\n" +
			fmt.Sprintf("are more than %d applications; --live asks for all of them, --offline for none.\n", liveLimit) +
			"Notices that couldn't be sent are told below the table, and on stderr with another format.\n" +
			"Exit code 2 when something needs attention.",
		Example: "  keyturn status\n  keyturn status provision-assist\n  keyturn status --offline -o json",
		Args:    upTo(1, "at most one application"),
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "ask the store alone")
	cmd.Flags().BoolVar(&live, "live", false, "ask the cloud however many applications there are")
	f := formatFlag(cmd, asTable, asJSON, asCSV)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if offline && live {
			return usage(errors.New("--offline and --live contradict each other"))
		}
		return sh.status(cmd.Context(), f, args, func(apps int) bool { return !offline && (live || apps <= liveLimit) })
	}
	return cmd
}

// standing is where one application stands.
type standing struct {
	App       string        `json:"app"`
	ClientID  string        `json:"clientId"`
	State     string        `json:"state"` // "never renewed", a run's state, or how the last run ended
	Door      renewal.Door  `json:"door,omitempty"`
	Run       string        `json:"run,omitempty"`
	Expires   time.Time     `json:"expires,omitzero"`
	Next      time.Time     `json:"next,omitzero"` // when something is to happen
	ProvenAt  time.Time     `json:"provenAt,omitzero"`
	Attention string        `json:"attention,omitempty"` // why a person should look
	Fix       string        `json:"fix,omitempty"`
	Findings  []check.Check `json:"findings,omitempty"` // of the directory, when it was asked

	renewBefore time.Duration
	excluded    bool   // a person takes care of it
	person      string // how the person signed in who began the newest run; "" = it was begun unattended
}

func (sh *shell) status(ctx context.Context, f *format, args []string, live func(int) bool) error {
	settings, err := sh.settings(false)
	if err != nil {
		return err
	}
	reader, err := readerIfAny(ctx, settings)
	if err != nil {
		return err
	}
	if reader != nil {
		defer sh.close(reader)
	}
	runs, err := listRuns(ctx, reader, store.Filter{Latest: true, App: strings.Join(args, "")})
	if err != nil {
		return err
	}
	rows, err := standings(settings, runs, args)
	if err != nil {
		return err
	}
	now := sh.now()
	if configured := countConfigured(settings, rows); configured > 0 && live(configured) {
		now = sh.lookLive(ctx, settings, rows, reader)
	}
	if err := noted(ctx, reader, settings, rows); err != nil {
		return err
	}
	undriven, err := listRuns(ctx, reader, store.Filter{Due: now})
	if err != nil {
		return err
	}
	judge(rows, undriven, now)
	return sh.showStatus(ctx, f, rows, reader)
}

// showStatus shows the rows, and that notices don't reach people.
func (sh *shell) showStatus(ctx context.Context, f *format, rows []standing, reader store.Reader) error {
	untold, err := untoldOf(ctx, reader)
	if err != nil {
		return err
	}
	if err := sh.printStatus(f, rows, untold); err != nil {
		return err
	}
	if untold != nil || slices.ContainsFunc(rows, func(s standing) bool { return s.Attention != "" }) {
		return attention()
	}
	return nil
}

// readerIfAny opens the store for looking; nil where there is none yet.
func readerIfAny(ctx context.Context, settings config.Config) (store.ReadCloser, error) {
	reader, err := openReader(ctx, settings.Store)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return reader, err
}

// listRuns returns the runs that fit; none where there is no store.
func listRuns(ctx context.Context, reader store.Reader, filter store.Filter) ([]renewal.Run, error) {
	if reader == nil {
		return nil, nil
	}
	filter.Limit = 1_000_000
	runs, err := reader.Runs(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("read the newest runs: %w", err)
	}
	return runs, nil
}

// judge says of each row whether a person should look. undriven are the runs that may go on now and that nobody drives.
func judge(rows []standing, undriven []renewal.Run, now time.Time) {
	due := map[string]bool{}
	for _, run := range undriven {
		due[run.ID] = true
	}
	for i := range rows {
		rows[i].judge(now, due[rows[i].Run])
	}
}

// standings has a row for each application configured, and for each that only the store knows.
func standings(settings config.Config, runs []renewal.Run, args []string) ([]standing, error) {
	byApp := make(map[string]*renewal.Run, len(runs))
	for i := range runs {
		byApp[runs[i].App] = &runs[i]
	}
	var rows []standing
	for _, app := range settings.Applications {
		if len(args) == 1 && app.Name != args[0] {
			continue
		}
		row := standing{App: app.Name, ClientID: app.ClientID, State: "never renewed", renewBefore: app.Policy.RenewBefore.Of(app.Policy.Lifetime)}
		if app.Excluded != "" {
			row.State, row.excluded = "excluded: "+app.Excluded, true
		}
		if run, ok := byApp[app.Name]; ok {
			row.follow(*run)
			delete(byApp, app.Name)
		}
		rows = append(rows, row)
	}
	for _, run := range runs {
		if _, left := byApp[run.App]; left {
			row := standing{App: run.App, ClientID: run.ClientID, renewBefore: settings.Policy.RenewBefore.Of(settings.Policy.Lifetime)}
			row.follow(run)
			rows = append(rows, row)
		}
	}
	if len(args) == 1 && len(rows) == 0 {
		return nil, unknownApp(settings, args[0])
	}
	return rows, nil
}

func countConfigured(settings config.Config, rows []standing) int {
	count := 0
	for _, row := range rows {
		if _, ok := settings.Find(row.App); ok {
			count++
		}
	}
	return count
}

// follow takes over what the newest run tells.
func (s *standing) follow(run renewal.Run) {
	s.Run, s.Door, s.State, s.ProvenAt, s.person = run.ID, run.Door, string(run.State), run.VerifiedAt, run.Order.Person
	if run.State == renewal.Done {
		s.State = string(run.Outcome)
	}
	s.Expires = run.InUseEnds()
	switch {
	case run.Door == renewal.Person:
		s.Attention, s.Fix = run.Reason.Text, run.Reason.Fix
	case !run.State.Ended():
		s.Next = run.WakeAt
	}
}

// judge says whether a person should look, once everything known is in the row. undriven says that its run is due and
// that nobody drives it.
func (s *standing) judge(now time.Time, undriven bool) {
	open := isOpen(s.State)
	if s.Next.IsZero() && !s.Expires.IsZero() && !open {
		s.Next = s.Expires.Add(-s.renewBefore)
	}
	failed := check.Failed(s.Findings)
	switch {
	case s.Attention != "" || (s.excluded && !open):
	case len(failed) > 0:
		s.Attention, s.Fix = failed[0].Message, failed[0].Fix
	case undriven:
		s.Attention, s.Fix = "its next step is due and nobody drives it", problem.Attended("keyturn resume "+s.App, s.person)
	case !open && s.overdue(now) != "":
		s.Attention, s.Fix = s.overdue(now), "keyturn renew "+s.App
	default:
		s.worthALook()
	}
}

// overdue says how late it is for a secret that nobody is renewing; "" = it isn't.
func (s *standing) overdue(now time.Time) string {
	switch {
	case !s.Expires.IsZero() && !now.Before(s.Expires):
		return "the secret has expired"
	case !s.Next.IsZero() && !s.Next.After(now):
		return "the secret is due"
	}
	return ""
}

// worthALook tells of what stops no renewal and yet breaks something, such as a certificate.
func (s *standing) worthALook() {
	if finding, ok := inventory.Foremost(s.Findings); ok {
		s.Attention, s.Fix = finding.Message, finding.Fix
	}
}

// isOpen reports whether text is the state of a run that hasn't ended.
func isOpen(text string) bool {
	switch renewal.State(text) {
	case renewal.Planned, renewal.MakingRoom, renewal.Issuing, renewal.Settling, renewal.Delivering,
		renewal.Verifying, renewal.Overlapping, renewal.Retiring:
		return true
	}
	return false
}
