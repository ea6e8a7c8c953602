//go:build unix

package story_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"
)

// pick draws one of several.
func pick[T any](draw *rand.Rand, options ...T) T { return options[draw.IntN(len(options))] }

// drawCommand draws what a person or cron runs.
func (o *ordeal) drawCommand() []string {
	args := pick(o.draw,
		[]string{"renew", o.name, "--yes"}, []string{"renew", o.name, "--yes"}, []string{"renew", o.name, "--yes"},
		[]string{"renew", o.name, "--yes", "--wait", "0"}, []string{"resume", o.name}, []string{"resume", o.name, "--wait", "0"},
		[]string{"serve", "--once"}, []string{"serve", "--once"}, []string{"resume", o.name, "--overwrite"}, []string{"approve", o.name, "--yes"},
	)
	switch o.draw.IntN(30) {
	case 0:
		args = []string{"renew", o.name, "--yes", "--emergency", "--wait", "0"}
	case 1:
		args = o.decide("abort")
	case 2:
		args = o.decide("adopt")
	}
	if o.addIn && slices.Contains([]string{"renew", "resume", "approve"}, args[0]) && !slices.Contains(args, "--wait") {
		args = append(args, "--wait", "0")
	}
	return args
}

// decide is a command after which secrets stay that a renewal would have removed. Nobody gives it for an add-in, whose file
// would be judged otherwise.
func (o *ordeal) decide(command string) []string {
	if o.addIn {
		return []string{"show", o.name}
	}
	o.decided = true
	return []string{command, o.name, "--yes"}
}

// drawMisfortunes draws what happens to a running command, by the steps at which it does.
func (o *ordeal) drawMisfortunes(h *held) map[int]func() verdict {
	kinds := []func(*held) func() verdict{o.kill, o.kill, o.term, o.hang, o.fault, o.fault, o.fault, o.fault}
	if !o.many {
		kinds = append(kinds, o.other, o.time, o.turn)
	}
	all := map[int]func() verdict{}
	for range o.draw.IntN(4) {
		at := 1 + o.draw.IntN(pick(o.draw, 12, o.steps, o.steps))
		all[at] = pick(o.draw, kinds...)(h)
	}
	return all
}

func (o *ordeal) kill(*held) func() verdict {
	return func() verdict {
		o.note("SIGKILL")
		return kill
	}
}

func (o *ordeal) term(h *held) func() verdict {
	return func() verdict {
		o.note("SIGTERM")
		_ = h.cmd.Process.Signal(syscall.SIGTERM)
		return goOn
	}
}

// hang suspends it, now and then for longer than its lease.
func (o *ordeal) hang(h *held) func() verdict {
	wait := pick(o.draw, 200*time.Millisecond, time.Second, 3*time.Second, lease+time.Second)
	return func() verdict {
		o.note("suspended for %s", wait)
		time.AfterFunc(wait, func() { _ = h.cmd.Process.Signal(syscall.SIGCONT) })
		return hang
	}
}

func (o *ordeal) fault(*held) func() verdict {
	var rules []map[string]any
	for range 1 + o.draw.IntN(3) {
		rules = append(rules, o.drawRule())
	}
	return func() verdict {
		o.note("%v", rules)
		o.cloud.faults(rules...)
		return goOn
	}
}

// drawRule draws a rule of any kind for any host, method and path.
func (o *ordeal) drawRule() map[string]any {
	draw := o.draw
	rule := map[string]any{
		"kind":  pick(draw, "latency", "error-before", "error-before", "error-after", "reply-lost", "answer-cut", "page", "throttle"),
		"count": pick(draw, 1, 2, 3, 4, 5, 40),
	}
	for _, part := range []struct {
		key     string
		options []string
	}{
		{"host", []string{"", "graph.microsoft.com", "graph.microsoft.com", "management.azure.com", "management.azure.com", o.vault, "login.microsoftonline.com"}},
		{"method", []string{"", "", "GET", "POST", "PUT", "PATCH", "DELETE"}},
		{"path", []string{
			"", "", "", "", "/applications", "addPassword", "removePassword", "servicePrincipals", "policies", "reports", "$batch", "connections",
			"appSecret", "variables", "locks", "permissions", "workflows", "token", "listConsentLinks", "versions",
		}},
	} {
		if value := pick(draw, part.options...); value != "" {
			rule[part.key] = value
		}
	}
	switch rule["kind"] {
	case "throttle":
		rule["delay"] = pick(draw, "0s", "1s", "3s", "8s")
	case "latency":
		rule["delay"] = pick(draw, "200ms", "1s", "4s")
	case "error-before", "error-after":
		rule["status"] = pick(draw, 400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 423, 429, 500, 501, 502, 503, 504)
	case "page":
		if draw.IntN(2) == 0 {
			rule["status"] = pick(draw, 403, 407, 500, 503)
		}
	}
	return rule
}

// other is another process that does something at the same time, and may be quicker.
func (o *ordeal) other(*held) func() verdict {
	args := pick(o.draw,
		[]string{"renew", o.name, "--yes", "--wait", "0"}, []string{"resume", o.name, "--wait", "0"}, []string{"serve", "--once"}, []string{"status"},
		[]string{"plan"}, []string{"show", o.name}, []string{"doctor"}, []string{"approve", o.name, "--yes", "--wait", "0"},
	)
	if o.draw.IntN(20) == 0 {
		args = o.decide("abort")
	}
	return func() verdict {
		o.note("beside it: keyturn %s", strings.Join(args, " "))
		ended := make(chan bool, 1)
		o.others.Go(func() {
			o.attend(args...)
			ended <- true
		})
		select {
		case <-ended:
		case <-time.After(time.Second): // it waits for this one
		}
		return goOn
	}
}

func (o *ordeal) time(*held) func() verdict {
	hours := pick(o.draw, 1, 2, 12)
	return func() verdict {
		o.pass(hours)
		return goOn
	}
}

// turn changes the world until it is mended.
func (o *ordeal) turn(*held) func() verdict {
	name, value := o.drawSwitch()
	return func() verdict {
		o.note("%s: %s", name, value)
		o.mu.Lock()
		o.turned = append(o.turned, name)
		o.mu.Unlock()
		o.cloud.turn(name, value)
		return goOn
	}
}

func (o *ordeal) drawSwitch() (name, value string) {
	all := [][2]string{
		{"conditional-access", o.cloud.clientID()}, {"propagation", "40s"}, {"graph-limits", "3/15s"}, {"password-policy", "90d"}, {"password-policy", "blocked"},
	}
	if !o.addIn {
		all = append(all, [][2]string{
			{"readonly-lock", "on"},
			{"vault-firewall", "on"},
			{"missing-right", "graph-role"},
			{"missing-right", "ownership"},
			{"missing-right", "vault-get"},
			{"missing-right", "vault-set"},
			{"missing-right", "azure"},
			{"missing-right", "policy-role"},
			{"missing-right", "report-role"},
			{"arm-stale-reads", "on"},
			{"vault-policy", "on"},
			{"vault-policy", "expiry"},
			{"arm-policy", "on"},
			{"report-absent", "on"},
			{"connection-parameters-hidden", "on"},
			{"managedapis-join", "on"},
		}...)
	}
	drawn := pick(o.draw, all...)
	return drawn[0], drawn[1]
}

// drawEdit lets the configuration say something else until it is mended.
func (o *ordeal) drawEdit() {
	all := [][2]string{{"tenant: contoso.onmicrosoft.com", "tenant: nosuch.onmicrosoft.com"}, {"overlap: {", "overlap {"}}
	if !o.addIn {
		all = append(all, [][2]string{
			{"  provision-assist:\n", "  pa:\n"}, {"name: appSecret", "name: nosuch"}, {"connections/provisionassist-automation", "connections/nosuch"},
		}...)
	}
	if drawn := pick(o.draw, all...); o.edited[0] == "" {
		o.note("the configuration says %q", drawn[1])
		o.m.edit(drawn[0], drawn[1])
		o.edited = [2]string{drawn[1], drawn[0]}
	}
}
