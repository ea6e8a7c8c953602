package config

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"keyturn/policy"
	"keyturn/target"
)

// within returns the spot of a key inside spot, or spot itself where the key isn't written.
func (r *reader) within(spot held, key string) held {
	if spot.node == nil || spot.node.Kind != yaml.MappingNode {
		return spot
	}
	for i := 0; i+1 < len(spot.node.Content); i += 2 {
		if spot.node.Content[i].Value == key {
			return valueAt(spot.node.Content[i+1], spot, join(spot.path, key))
		}
	}
	return spot
}

// checkFile looks at what stands outside the applications.
func (r *reader) checkFile(written file, config Config) {
	if id := written.SignIn.ClientID; id != "" && !isGUID(id) {
		r.sayf(r.find("signIn", "clientId"), "the portal shows it as Application (client) ID", "%s isn't a client id", quote(id))
	}
	if proxy := written.Network.Proxy; proxy != "" && !isProxy(proxy) {
		r.sayf(r.find("network", "proxy"), "write it as http://host:port", "%s isn't the address of a proxy", quote(proxy))
	}
	if fault := StoreFault(written.Store); fault != "" {
		r.say(r.find("store").unquoted(), fault, "a file's name, or postgres://user@host:5432/database?sslmode=verify-full")
	}
	if name := written.Tenant; strings.ContainsAny(name, " /\\:@?#") {
		r.sayf(r.find("tenant"), "one of the tenant's domains, such as contoso.onmicrosoft.com, or its id", "%s isn't a tenant", quote(name))
	}
	if every := config.Serve.Every; every < leastEvery || every > mostEvery {
		r.sayf(r.find("serve", "every"), "between 10s and 24h", "a look at the tenant every %s can't be used", FormatDuration(every))
	}
	r.checkConsole(written.Serve)
	r.checkPolicy(r.find("policy"), config.Policy)
}

// A look asks some ten requests for each application that may be due, and a day without one is too long for a clock that
// is wrong or a right that was taken away.
const (
	leastEvery = 10 * time.Second
	mostEvery  = 24 * time.Hour
)

// checkPolicy refuses what can't be meant. Where an application's policy isn't written the file's was checked already.
func (r *reader) checkPolicy(spot held, p policy.Policy) {
	if !strings.HasSuffix(spot.path, "policy") {
		return
	}
	if p.Lifetime < time.Hour || p.Lifetime > 10*365*24*time.Hour {
		r.sayf(r.within(spot, "lifetime"), "between 1h and 3650d", "a lifetime of %s can't be used", FormatDuration(p.Lifetime))
	}
	if p.RenewBefore == (policy.Lead{}) {
		r.say(r.within(spot, "renewBefore"), "a secret would be due only when it has ended", "leave time for the renewal and its overlap, such as 30d or 33%")
	}
	if p.RenewBefore.Time >= p.Lifetime {
		r.sayf(r.within(spot, "renewBefore"), "renewBefore must be shorter than lifetime", "a new password would be due at once: renewBefore is %s and lifetime %s",
			FormatDuration(p.RenewBefore.Time), FormatDuration(p.Lifetime))
	}
	if p.Settle.Successes < 1 || p.Settle.Successes > 100 {
		r.sayf(r.within(r.within(spot, "settle"), "successes"), "between 1 and 100", "%d sign-ins can't settle a password", p.Settle.Successes)
	}
	if p.Settle.Over > 20*time.Minute {
		r.sayf(r.within(r.within(spot, "settle"), "over"), "at most 20m: until a new password has settled its value is in memory alone", "settling over %s takes too long", FormatDuration(p.Settle.Over))
	}
	r.checkTimes(spot, p)
	if p.Overlap.Minimum >= p.Lifetime {
		r.sayf(r.within(r.within(spot, "overlap"), "minimum"), "shorter than lifetime", "the overlap's minimum of %s outlasts the new password", FormatDuration(p.Overlap.Minimum))
	}
}

// checkTimes looks at windows and freezes where they are written.
func (r *reader) checkTimes(spot held, p policy.Policy) {
	if window := r.within(spot, "window"); window.path != spot.path {
		if err := p.Window.Check(); err != nil {
			r.say(window, "window: "+err.Error(), "such as { cron: 0 2 * * 1-5, length: 4h, timezone: Europe/Berlin }")
		}
	}
	if freezes := r.within(spot, "freezes"); freezes.path != spot.path {
		for _, each := range p.Freezes {
			if err := each.Check(); err != nil {
				r.sayf(freezes, "such as { from: 2026-12-20, to: 2027-01-06, reason: end of year }", "the freeze from %s: %v", quote(each.From), err)
			}
		}
	}
}

// settings checks a block against its descriptor, and returns a text that is equal for two blocks of the same place: the
// required settings decide, since the others only say how to treat it.
func (r *reader) settings(block entry, kind target.Descriptor) (identity string, ok bool) {
	entries, ok := r.entries(block.spot)
	if !ok {
		return "", false
	}
	before := len(r.problems)
	known := map[string]target.Field{}
	for _, field := range kind.Fields {
		known[field.Name] = field
	}
	written := map[string]string{}
	for _, each := range entries {
		field, found := known[each.key]
		if !found {
			r.unknown(each, keysOf(known))
			continue
		}
		written[each.key] = r.field(each, field)
	}
	identity = kind.Code
	for _, field := range kind.Fields {
		value, found := written[field.Name]
		if field.Required && !found {
			r.sayf(block.keyAt, "add "+field.Name+": "+example(field), "%q is missing in %s", field.Name, block.key)
		}
		if field.Required {
			identity += "\x00" + strings.ToLower(value)
		}
	}
	return identity, len(r.problems) == before
}

// field checks one setting's shape and returns its text, "" for a map.
func (r *reader) field(each entry, field target.Field) string {
	value := reflect.New(shapeOf(field.Kind)).Elem()
	before := len(r.problems)
	r.into(each.spot, value)
	if len(r.problems) > before || value.Kind() != reflect.String {
		return ""
	}
	text := value.String()
	if field.Required && text == "" {
		r.sayf(each.spot, "such as "+example(field), "%q is empty", each.key)
	}
	// A setting whose example is a resource id takes nothing else, so that a slip shows before Azure is asked.
	if strings.HasPrefix(field.Example, "/subscriptions/") && text != "" {
		r.checkResource(each.spot, text, field.Example)
	}
	return text
}

func (r *reader) checkResource(spot held, text, like string) {
	if !isResourceID(text) {
		r.sayf(spot, "such as "+like, "%s isn't a resource id", quote(text))
		return
	}
	if want, got := resourceType(like), resourceType(text); want != got {
		r.sayf(spot, "such as "+like, "%s is the id of a %s, not of a %s", quote(text), got, want)
	}
}

func shapeOf(kind target.FieldKind) reflect.Type {
	switch kind {
	case target.Map:
		return reflect.TypeFor[map[string]string]()
	case target.Flag:
		return reflect.TypeFor[bool]()
	case target.Secret:
		return secretType
	default:
		return reflect.TypeFor[string]()
	}
}

func example(field target.Field) string {
	if field.Example == "" {
		return "..."
	}
	return field.Example
}

// find returns the spot of a key named from the top of the file.
func (r *reader) find(keys ...string) held {
	spot := r.top
	for _, key := range keys {
		spot = r.within(spot, key)
	}
	return spot
}

func isProxy(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Host != "" && slices.Contains([]string{"http", "https", "socks5"}, address.Scheme)
}

// checkConsole looks at how the console is reached.
func (r *reader) checkConsole(s serve) {
	if s.Address != "" && !isSite(s.Address) {
		r.sayf(r.find("serve", "address"), "scheme and host alone, such as https://keyturn.contoso.com", "%s can't be the console's address", quote(s.Address))
	}
	if (s.TLS.CertFile == "") != (s.TLS.KeyFile == "") {
		r.say(r.find("serve", "tls"), "a certificate and its key go together", "name both certFile and keyFile")
	}
}

func isSite(text string) bool {
	site, err := url.Parse(text)
	return err == nil && site.Host != "" && slices.Contains([]string{"http", "https"}, site.Scheme) &&
		site.User == nil && strings.Trim(site.Path, "/") == "" && site.RawQuery == "" && site.Fragment == ""
}
