package main

import (
	"cmp"
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
	"keyturn/renewal"
	"keyturn/standing"
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

// statusRow is where one application stands, as status shows it.
type statusRow struct {
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

	known standing.Facts
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
	rows, err := statusRows(settings, runs, args)
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
func (sh *shell) showStatus(ctx context.Context, f *format, rows []statusRow, reader store.Reader) error {
	untold, err := untoldOf(ctx, reader)
	if err != nil {
		return err
	}
	if err := sh.printStatus(f, rows, untold); err != nil {
		return err
	}
	if untold != nil || slices.ContainsFunc(rows, func(s statusRow) bool { return s.Attention != "" }) {
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
func judge(rows []statusRow, undriven []renewal.Run, now time.Time) {
	due := map[string]bool{}
	for _, run := range undriven {
		due[run.ID] = true
	}
	for i := range rows {
		rows[i].judge(now, due[rows[i].Run])
	}
}

// statusRows has a row for each application configured, and for each that only the store knows.
func statusRows(settings config.Config, runs []renewal.Run, args []string) ([]statusRow, error) {
	byApp := make(map[string]renewal.Run, len(runs))
	for _, run := range runs {
		byApp[run.App] = run
	}
	var rows []statusRow
	for _, app := range settings.Applications {
		if len(args) == 1 && app.Name != args[0] {
			continue
		}
		rows = append(rows, rowOf(app, byApp[app.Name]))
		delete(byApp, app.Name)
	}
	for _, run := range runs {
		if _, left := byApp[run.App]; left {
			rows = append(rows, rowOf(standing.Unconfigured(run), run))
		}
	}
	if len(args) == 1 && len(rows) == 0 {
		return nil, unknownApp(settings, args[0])
	}
	return rows, nil
}

func countConfigured(settings config.Config, rows []statusRow) int {
	count := 0
	for _, row := range rows {
		if _, ok := settings.Find(row.App); ok {
			count++
		}
	}
	return count
}

// rowOf is the row of an application with its newest run; the zero run where there never was one.
func rowOf(app config.Application, run renewal.Run) statusRow {
	row := statusRow{
		App: app.Name, ClientID: app.ClientID, Run: run.ID, Door: run.Door, ProvenAt: run.VerifiedAt, State: string(run.State),
		known: standing.Facts{App: app, Run: run},
	}
	switch {
	case run.State == renewal.Done:
		row.State = string(run.Outcome)
	case run.ID == "" && app.Excluded != "":
		row.State = "excluded: " + app.Excluded
	case run.ID == "":
		row.State = "never renewed"
	}
	return row
}

// judge says where the application stands and whether a person should look, once everything known is in the row. undriven
// says that its run is due and that nobody drives it.
func (r *statusRow) judge(now time.Time, undriven bool) {
	r.known.Checks, r.known.Undriven = r.Findings, undriven
	s := r.known.Judge(now)
	r.Expires, r.Next = s.Expires, s.Next
	worth, isWorth := inventory.Foremost(r.Findings)
	switch {
	case s.Word.Urgent():
		r.Attention, r.Fix = s.Text, cmp.Or(s.Fix, r.byHand())
	case s.Word != standing.Excluded && isWorth: // it stops no renewal and yet breaks something, such as a certificate
		r.Attention, r.Fix = worth.Message, worth.Fix
	}
}

// byHand is the command for an application whose time has come.
func (r *statusRow) byHand() string {
	if r.known.Open() {
		return "keyturn show " + r.Run + " shows what its renewal waits for"
	}
	return "keyturn renew " + r.App
}
