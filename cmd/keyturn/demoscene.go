package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"keyturn/cloud"
	"keyturn/cmd/keyturn/screen"
	"keyturn/config"
	"keyturn/renewal"
	"keyturn/simulator"
	"keyturn/simulator/world"
	"keyturn/stage"
)

// demonstration is one demo under way.
type demonstration struct {
	staging
	sh    *shell
	began time.Time
}

// scene is one simulated cloud, with a computer beside it on which Keyturn runs.
type scene struct {
	options simulator.Options
	cloud   *simulator.Simulator
	home    string    // Keyturn's folder: configuration, store, and all it printed
	printed *recorder // everything that Keyturn said, debug log included
	note    func(string)
	ended   summary // of the renewal
	took    time.Duration

	issued       map[string]bool // every value that the cloud is known to have issued
	before       truth           // when counting began
	after        truth
	failedBefore []string // consumers that failed before the renewal
	renewedAt    time.Time
	cloudTime    time.Duration // by the simulated clock
}

// open starts a cloud and lets this process sign in to it as the identity that may do the work.
func (d *demonstration) open(ctx context.Context, sample, dir, home string) (*scene, error) {
	s := &scene{home: home, printed: &recorder{}, issued: map[string]bool{}}
	s.options = simulator.Options{Dir: dir, Seed: sample, Settings: world.Settings{Seed: d.draws}}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("make Keyturn's folder: %w", err)
	}
	var err error
	if s.cloud, err = simulator.Start(ctx, s.options); err != nil {
		return nil, fmt.Errorf("start the simulated cloud: %w", err)
	}
	return s, errors.Join(s.configure(), s.signIn())
}

// configure puts the sample's configuration where Keyturn runs, and begins to count.
func (s *scene) configure() error {
	ca, err := filepath.Abs(filepath.Join(s.options.Dir, "ca.pem"))
	if err != nil {
		return fmt.Errorf("find the simulated cloud's authority: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.home, config.File), []byte(s.cloud.KeyturnYAML(ca)), 0o600); err != nil {
		return fmt.Errorf("write the sample's configuration: %w", err)
	}
	s.before, err = s.truth()
	return err
}

// signIn names the sample's identity in this process's environment, where the default identity is looked for first. The
// process belongs to the demo alone.
func (s *scene) signIn() error {
	sample := s.cloud.Sample()
	s.issued[sample.AdminSecret] = true
	var errs []error
	for name, value := range map[string]string{
		"AZURE_TENANT_ID": sample.Tenant, "AZURE_CLIENT_ID": sample.AdminClientID, "AZURE_CLIENT_SECRET": sample.AdminSecret,
	} {
		errs = append(errs, os.Setenv(name, value))
	}
	return errors.Join(errs...)
}

// command is a call of Keyturn as a person would make it, on this scene's computer: the same wiring as ever, but for the
// clock. What it prints goes to out and errs, and into the record.
func (d *demonstration) command(s *scene, out, errs io.Writer) *shell {
	sub := newShell(d.sh.in, tee(out, s.printed), tee(errs, s.printed), d.sh.env)
	sub.stop = d.sh.stop
	sub.flags.config = filepath.Join(s.home, config.File)
	sub.logTo = s.printed
	sub.parts.clock = func(*cloud.Session) stage.Clock { return s.clock(d.pace()) }
	return sub
}

// tee writes to a person's screen and to the record. A screen stays recognisable as one.
func tee(out io.Writer, record *recorder) io.Writer {
	if file, ok := out.(*os.File); ok {
		return &recordedFile{File: file, record: record}
	}
	return io.MultiWriter(out, record)
}

// recordedFile is a file whose writes are recorded too.
type recordedFile struct {
	*os.File
	record *recorder
}

// Write writes to both.
func (f *recordedFile) Write(text []byte) (int, error) {
	_, _ = f.record.Write(text) // memory doesn't fail
	return f.File.Write(text)
}

// recorder keeps what several goroutines print.
type recorder struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write never fails.
func (r *recorder) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(text)
}

func (r *recorder) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.text.Bytes())
}

// show runs a command for the audience. In JSON only the renewal's events are told, so it is then left out of sight.
func (d *demonstration) show(ctx context.Context, s *scene, say string, args ...string) error {
	out, errs := d.sh.out, d.sh.errs
	if d.format.chosen == asJSON {
		out, errs = io.Discard, io.Discard
	}
	d.headline(say)
	d.prompt(args)
	sub := d.command(s, out, errs)
	code := sub.run(ctx, append([]string{"--config", sub.flags.config}, args...))
	if code != exitDone && code != exitAttention {
		return fmt.Errorf("keyturn %s ended with %d", args[0], code)
	}
	return nil
}

// renew runs the renewal to its end, however long it has to wait by the simulated clock.
func (d *demonstration) renew(ctx context.Context, s *scene, say string) error {
	d.headline(say)
	d.prompt([]string{"renew", demoed})
	sub := d.command(s, d.sh.out, d.sh.errs)
	sub.parts.watch = func(next follower) follower {
		s.note = next.Note
		return &audience{follower: next, scene: s}
	}
	began := d.sh.now()
	err := sub.renew(ctx, &renewing{yes: true, wait: 365 * 24 * time.Hour, format: d.format}, []string{demoed})
	s.took = d.sh.now().Sub(began)
	if err != nil && exitCode(err) != exitAttention {
		return err
	}
	if s.ended.State != renewal.Done && d.sh.interruptedBefore() {
		return context.Canceled // which is why it stands still, and is told already
	}
	if s.ended.State != renewal.Done {
		return fmt.Errorf("the renewal stands still: %s", s.ended.Outcome)
	}
	return nil
}

// audience looks on while a renewal is shown, and keeps how it ended.
type audience struct {
	follower
	scene *scene
}

// Sum keeps the summary; the demo tells its own at the end.
func (a *audience) Sum(_ renewal.Run, told summary) {
	a.follower.Close()
	a.scene.ended = told
}

// headline, remark and prompt tell the story on the stream for data, since the story is what a demo is asked for. In JSON
// it is told by events alone.
func (d *demonstration) headline(text string) {
	d.tell("\n%s\n", d.sh.style().Text(screen.Bold, "── "+text))
}

func (d *demonstration) remark(text string, args ...any) { d.tell("   "+text+"\n", args...) }

func (d *demonstration) prompt(args []string) {
	d.tell("%s\n", d.sh.style().Text(screen.Blue, "$ keyturn "+strings.Join(args, " ")))
}

// tell writes a part of the story; one that nobody reads any more is no reason to stop.
func (d *demonstration) tell(text string, args ...any) {
	if d.format.chosen != asJSON {
		_, _ = io.WriteString(d.sh.out, d.sh.style().Fold(fmt.Sprintf(text, args...)))
	}
}
