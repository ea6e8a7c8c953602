package main

import (
	"fmt"
	"log/slog"
	"slices"

	"keyturn/renewal"
)

// The forms of the log.
const (
	asText = "text"
	asLine = "json" // one JSON object a line
)

// logKey is a key of the log's lines, and what it says. Each line has time, level and msg besides.
type logKey struct{ name, meaning string }

// logKeys are all of them: what collects logs may rely on them, so no line may say anything under another one.
func logKeys() []logKey {
	return []logKey{
		{"address", "where this process listens"},
		{"app", "the application's name in the configuration"},
		{"applications", "how many the configuration has"},
		{"attempt", "where the request for a new secret stands"},
		{"by", "how far the machine's clock was moved"},
		{"code", "the stable word of a problem or decision; docs/codes.md lists them"},
		{"door", "why a renewal stands still: retry, wait or person; empty when it doesn't"},
		{"error", "what failed, in a sentence"},
		{"event", "the kind of a renewal's event, such as issued"},
		{"every", "the time between looks at the tenant"},
		{"evidence", "what was known when the old secret went"},
		{"failed", "whether the step failed"},
		{"fix", "exactly what to do next"},
		{"host", "which a request was sent to"},
		{"key_id", "the Secret ID"},
		{"mark", "the description of a secret made by Keyturn"},
		{"method", "of a request"},
		{"ms", "milliseconds that it took"},
		{"note", "the limits of a proof"},
		{"notice", "the id of a notice to people"},
		{"notifiers", "by which they were told"},
		{"notify", "what systemd could not be told"},
		{"outcome", "how a renewal ended"},
		{"path", "of a request, without its query"},
		{"person", "who did it"},
		{"places", "how many were asked"},
		{"probe", "what a place was asked"},
		{"proof", "how far a place was shown to work"},
		{"recipient", "a mail address that was refused"},
		{"release", "of Keyturn"},
		{"request_id", "by which Microsoft finds a request again"},
		{"role", "of the person"},
		{"run_id", "the renewal"},
		{"state", "where the renewal stands"},
		{"status", "of an HTTP answer"},
		{"subject", "what a notice is about"},
		{"target", "the place"},
		{"tries", "how often a notice was tried"},
		{"until", "when it goes on, or ends"},
	}
}

// eventKeys are the log's keys for the fields of events.
var eventKeys = map[string]string{
	"attempt": "attempt", "code": "code", "door": "door", "end": "until", "evidence": "evidence", "fix": "fix", "keyId": "key_id", "mark": "mark",
	"note": "note", "outcome": "outcome", "places": "places", "probe": "probe", "rung": "proof", "state": "state", "target": "target", "until": "until",
}

// log writes to the stream that isn't data, as much as --log-level asks for, in the form that --log-format asks for.
func (sh *shell) log() (*slog.Logger, error) {
	if sh.logTo != nil {
		return slog.New(slog.NewTextHandler(sh.logTo, &slog.HandlerOptions{Level: slog.LevelDebug})), nil
	}
	level := slog.LevelWarn
	if text := sh.either(sh.flags.logLevel, "KEYTURN_LOG_LEVEL"); text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return nil, usage(fmt.Errorf("log level %q isn't one of debug, info, warn, error", text))
		}
	}
	switch text := sh.either(sh.flags.logFormat, "KEYTURN_LOG_FORMAT"); text {
	case "", asText:
		if sh.diary != nil {
			return sh.lines(level), nil
		}
		return slog.New(slog.NewTextHandler(beside{sh}, &slog.HandlerOptions{Level: level})), nil
	case asLine:
		return sh.lines(level), nil
	default:
		return nil, usage(fmt.Errorf("log format %q isn't one of %s, %s", text, asText, asLine))
	}
}

// inLines reports whether everything that isn't data is told as one object a line, or as one entry of a diary.
func (sh *shell) inLines() bool {
	return sh.diary != nil || sh.either(sh.flags.logFormat, "KEYTURN_LOG_FORMAT") == asLine
}

func (sh *shell) lines(level slog.Level) *slog.Logger {
	if sh.diary != nil {
		return newDiary(sh.diary, level)
	}
	return slog.New(slog.NewJSONHandler(beside{sh}, &slog.HandlerOptions{Level: level}))
}

// beside writes whole lines to the stream that isn't data, above what moves there.
type beside struct{ sh *shell }

// Write writes one line or more.
func (b beside) Write(text []byte) (int, error) {
	if shown := b.sh.shown.Load(); shown != nil {
		return shown.Write(text)
	}
	return b.sh.errs.Write(text)
}

// either is a flag's value, else an environment variable's.
func (sh *shell) either(flag, variable string) string {
	if flag != "" {
		return flag
	}
	return sh.env(variable)
}

// logged tells of renewals in the log.
type logged struct{ log *slog.Logger }

// Tell writes one line: a warning where somebody should look.
func (l logged) Tell(event renewal.Event) {
	attrs := []any{"event", event.Kind, "app", event.App, "run_id", event.Run}
	if event.State != "" {
		attrs = append(attrs, "state", string(event.State))
	}
	for name, value := range event.Fields {
		if key := eventKeys[name]; key != "" && key != "state" && value != "" {
			attrs = append(attrs, key, value)
		}
	}
	if event.Kind == "parked" && event.Fields["door"] == string(renewal.Person) || slices.Contains(troubles, event.Kind) {
		l.log.Warn(event.Text, attrs...)
		return
	}
	l.log.Info(event.Text, attrs...)
}

// troubles are the events of what didn't work and is tried again.
var troubles = []string{"retry", "not issued", "not written"}

// Note writes the text.
func (l logged) Note(text string) { l.log.Info(text) }

// Sum has nothing to add: every event was told.
func (l logged) Sum(renewal.Run, summary) {}

// Close has nothing to give back.
func (l logged) Close() {}
