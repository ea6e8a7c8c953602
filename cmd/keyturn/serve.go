package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"keyturn/cloud"
	"keyturn/config"
	"keyturn/engine"
	"keyturn/metric"
	"keyturn/problem"
	"keyturn/server"
	"keyturn/server/feed"
)

// serving are the flags of keyturn serve.
type serving struct {
	listen  string
	metrics string
	once    bool
	workers int
	limits  string
}

// The two ways to treat Microsoft Graph's limits of writes: to keep to those that Microsoft publishes, or to go on until it
// refuses one.
const (
	limitsPublished = "published"
	limitsNone      = "none"
)

// usualListen is where the console is, unless told otherwise: for this machine alone.
const usualListen = "127.0.0.1:8420"

// nowhere as an address to listen at means that nothing is listened at.
const nowhere = "none"

func newServe(sh *shell) *cobra.Command {
	var s serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Renew by itself whatever is due, for years",
		Long: "Looks at every application of keyturn.yaml, every hour unless the file says otherwise (serve: { every: 1h }), begins the\n" +
			"renewals that are due, waits out their overlaps and finishes them. What keeps an application from being renewed is told\n" +
			"once in the log, by mail or webhook where notify says so (docs/notices.md), and by keyturn status until it is mended. It\n" +
			"may be stopped, or killed, at any moment. Several may serve the same store.\n\n" +
			"It prints a link that opens the console, once; keyturn console link prints another. At an address of the network the\n" +
			"console is shown only where people sign in: see docs/console.md.\n\n" +
			"/healthz says whether the process is at work; /readyz whether the store is reached and the tenant was looked at lately,\n" +
			"else why not. SIGTERM or Ctrl-C finishes the step in hand. Under systemd it says when it is ready, and that it is alive:\n" +
			"see deploy/keyturn.service.\n\n" +
			"With --once it does what is due now, goes on with what was left waiting, and ends: for cron or any other clock, at least\n" +
			"once a day. Nothing is printed when all is well.\n" +
			"Exit codes of --once: 0 nothing to attend to; 1 failed, such as no network; 2 a person must act; 77 a right is missing.",
		Example: "  keyturn serve\n  keyturn serve --listen 0.0.0.0:8420          # probes from elsewhere; without serve.signIn nothing but health is answered\n" +
			"  17 * * * *  cd /etc/keyturn && keyturn serve --once      # a line of a crontab",
		Args: exactly(0, "no arguments"),
	}
	cmd.Flags().StringVar(&s.listen, "listen", usualListen, "address of the console, /healthz and /readyz, or "+nowhere)
	cmd.Flags().StringVar(&s.metrics, "metrics", "", "address of its own for /metrics, to be asked from elsewhere; else they are at --listen, for this machine alone")
	cmd.Flags().BoolVar(&s.once, "once", false, "do what is due now, and end")
	cmd.Flags().IntVar(&s.workers, "workers", 16, "renewals driven side by side, 1 to 256")
	cmd.Flags().StringVar(&s.limits, "graph-limits", limitsPublished, "writes to Microsoft Graph: "+limitsPublished+" keeps to the 20 a second that Microsoft allows in a tenant,\n"+
		limitsNone+" goes on until Graph refuses one, for a tenant with limits of its own")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if s.limits != limitsPublished && s.limits != limitsNone {
			return usage(fmt.Errorf("--graph-limits %s isn't %s or %s", s.limits, limitsPublished, limitsNone))
		}
		if s.workers < 1 || s.workers > 256 {
			return usage(fmt.Errorf("--workers %d isn't 1 to 256", s.workers))
		}
		return sh.serve(cmd.Context(), s)
	}
	return cmd
}

func (sh *shell) serve(ctx context.Context, s serving) error {
	if !s.once && sh.either(sh.flags.logLevel, "KEYTURN_LOG_LEVEL") == "" {
		sh.flags.logLevel = "info"
	}
	if !s.once {
		debug.SetGCPercent(heapOfService)
	}
	w, err := sh.openService(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	if s.once {
		return w.once(ctx)
	}
	if s.limits == limitsNone {
		w.session.Unpaced()
	}
	debug.FreeOSMemory() // the configuration of many applications takes some to read
	w.workers = s.workers
	return w.serve(ctx, s)
}

// service is a workshop in which nobody sits.
type service struct {
	*workshop
	log     *slog.Logger
	count   *metric.Traffic
	pulse   atomic.Int64 // when the engine's loop last turned, in nanoseconds since 1970
	boss    supervisor
	feed    *feed.Feed        // of what happens in the store; nil until somebody listens
	workers int               // 0 = as many as the store takes for usual
	invite  func(text string) // tells a person how to come in at the console
	site    server.Site       // where the console is
	guests  *guests           // who has signed in there with rights of their own
	reports reports           // which report of use the tenant has
}

// openService gathers what unattended work needs, and refuses what can't go well unattended.
func (sh *shell) openService(ctx context.Context) (*service, error) {
	log, err := sh.log()
	if err != nil {
		return nil, err
	}
	count := metric.NewTraffic()
	sh.hear = func(e cloud.Exchange) { count.Request(e.Service, e.Status, e.Took, e.Wait) }
	d, err := sh.openDesk(ctx, true)
	if err != nil {
		return nil, err
	}
	if err := fitForService(d); err != nil {
		return nil, err
	}
	s := &service{log: log, invite: func(text string) { sh.say("%s", text) }, count: count, boss: supervisor{socket: sh.env("NOTIFY_SOCKET")}}
	if sh.diary != nil {
		s.invite = func(string) { log.Info("keyturn console link opens the console") } // many may read a diary
	}
	rounds := engine.Rounds{Apps: tended(d.settings), Excluded: leftAlone(d.settings), Every: d.settings.Serve.Every, Apart: apart, Ended: debug.FreeOSMemory}
	telling, err := sh.openTelling(d.reach, d.settings, log)
	if err != nil {
		return nil, err
	}
	s.workshop, err = sh.furnish(ctx, d, heard{logged{log}, s}, &renewing{}, rounds, s.beat)
	if err != nil {
		return nil, err
	}
	s.engine.Notify = s.notifying(telling)
	s.guests = &guests{s: s}
	s.engine.Setup = s.guests.setup
	s.beat()
	return s, nil
}

// fitForService refuses a configuration with which nothing would ever be renewed.
func fitForService(d *desk) error {
	if len(tended(d.settings)) == 0 {
		return problem.NeedsPerson("serve.nothing", d.settings.Path, "there is no application to look after", "keyturn init adds one")
	}
	if how := d.settings.Identity; how == "browser" || how == "deviceCode" {
		return problem.NeedsPerson("serve.attended", "identity "+how, "asks a person to sign in, and nobody is there",
			"use environment, workloadIdentity or managedIdentity, see docs/sign-in.md")
	}
	return nil
}

// tended names the applications that are to be renewed.
func tended(settings config.Config) []string {
	var names []string
	for _, app := range settings.Applications {
		if app.Excluded == "" {
			names = append(names, app.Name)
		}
	}
	return names
}

// apart is between two readings of a look: 40 a second take two thirds of what the smallest tenant may read.
const apart = 25 * time.Millisecond

// leftAlone are the applications that a person takes care of, with the reason.
func leftAlone(settings config.Config) map[string]string {
	why := map[string]string{}
	for _, app := range settings.Applications {
		if app.Excluded != "" {
			why[app.Name] = app.Excluded
		}
	}
	return why
}

// serve works until it is stopped.
func (s *service) serve(ctx context.Context, at serving) error {
	group, inner := errgroup.WithContext(ctx)
	answering, quiet := context.WithCancel(inner)
	defer quiet()
	if at.metrics != "" {
		listener, err := server.Listen(ctx, at.metrics)
		if err != nil {
			return err
		}
		s.log.Info("listening", "address", listener.Addr().String())
		group.Go(func() error { return server.Serve(answering, listener, nil, server.Metrics(s.metrics()), s.log) })
	}
	if at.listen != nowhere {
		listener, err := server.Listen(ctx, at.listen)
		if err != nil {
			return err
		}
		house, err := s.house(ctx, listener)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		group.Go(func() error { return s.answer(answering, listener, house) })
	}
	group.Go(func() error {
		defer quiet()
		return s.keepServing(inner)
	})
	return group.Wait()
}

// keepServing lets the engine serve, again and again when the store was away for a while.
func (s *service) keepServing(ctx context.Context) error {
	s.log.Info("serving", "release", release, "applications", len(s.settings.Applications), "every", s.settings.Serve.Every.String())
	s.boss.tell(s.log, "READY=1")
	go func() {
		select {
		case <-s.sh.stop:
			s.boss.tell(s.log, "STOPPING=1")
		case <-ctx.Done():
		}
	}()
	for {
		err := s.engine.Serve(ctx, s.store.alarm(s.log, s.workers))
		again, end := afterServing(err, s.sh.interruptedBefore())
		if !again {
			return end
		}
		s.log.Warn("the store was away; serving begins again", "error", err)
		if s.rest(ctx) != nil {
			return nil
		}
	}
}

func (s *service) beat() {
	s.pulse.Store(s.sh.now().UnixNano())
	s.boss.tell(s.log, "WATCHDOG=1")
}

// longestBeat is how long the engine's loop may take for one turn; a turn waits for the store at most.
const longestBeat = time.Minute

func (s *service) alive() error {
	if still := s.sh.now().Sub(time.Unix(0, s.pulse.Load())); still > longestBeat {
		return fmt.Errorf("the loop that drives renewals hasn't turned for %s", still.Round(time.Second))
	}
	return nil
}

func (s *service) ready(ctx context.Context) error {
	if s.sh.interruptedBefore() {
		return problem.Later("stopping", "this process", 0, errors.New("it finishes the step in hand and ends"))
	}
	return s.engine.Ready(ctx)
}
