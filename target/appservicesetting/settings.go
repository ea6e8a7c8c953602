package appservicesetting

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"keyturn/arm"
	"keyturn/problem"
	"keyturn/secret"
)

// settings are all of an app's, most of them none of our business and any of them maybe a secret of somebody's. They never
// print.
type settings map[string]secret.Value

// get finds a setting; App Service doesn't tell letter cases apart.
func (s settings) get(name string) (secret.Value, bool) {
	real, there := s.key(name)
	return s[real], there
}

func (s settings) key(name string) (string, bool) {
	if name == "" {
		return "", false
	}
	for key := range s {
		if strings.EqualFold(key, name) {
			return key, true
		}
	}
	return name, false
}

// with returns the settings with one changed, under the name by which it is there already.
func (s settings) with(name string, value secret.Value) settings {
	changed := maps.Clone(s)
	real, _ := s.key(name)
	changed[real] = value
	return changed
}

// same reports whether two lists are equal, apart from some names.
func (s settings) same(other settings, apart ...string) bool {
	left := func(all settings) settings {
		kept := maps.Clone(all)
		maps.DeleteFunc(kept, func(key string, _ secret.Value) bool {
			return slices.ContainsFunc(apart, func(name string) bool { return strings.EqualFold(name, key) })
		})
		return kept
	}
	return maps.EqualFunc(left(s), left(other), secret.Value.Equal)
}

// wireSettings is a list as it goes over the wire, in both directions.
type wireSettings struct {
	Properties map[string]string `json:"properties"`
}

// Whole holds for what has a list, be it an empty one: what is written back without the others' settings takes them away.
func (w *wireSettings) Whole() bool { return w.Properties != nil }

// list reads all settings.
func (t *Target) list(ctx context.Context) (settings, error) {
	var found wireSettings
	if err := t.do(ctx, arm.Call{Method: http.MethodPost, ID: t.id + "/config/appsettings/list", Version: version, Into: &found}); err != nil {
		return nil, fmt.Errorf("%s: list: %w", Code, err)
	}
	return wrapped(found), nil
}

func wrapped(found wireSettings) settings {
	all := settings{}
	for name, text := range found.Properties {
		all[name] = secret.New(text)
	}
	return all
}

// put writes all settings, and returns what Azure says that they are now.
func (t *Target) put(ctx context.Context, all settings) (settings, error) {
	body := wireSettings{Properties: map[string]string{}}
	for name, value := range all {
		body.Properties[name] = value.Reveal()
	}
	var after wireSettings
	if err := t.do(ctx, arm.Call{Method: http.MethodPut, ID: t.id + "/config/appsettings", Version: version, Body: body, Into: &after}); err != nil {
		return nil, fmt.Errorf("%s: put: %w", Code, err)
	}
	return wrapped(after), nil
}

func (t *Target) do(ctx context.Context, call arm.Call) error {
	_, err := t.arm.Do(ctx, call)
	return err
}

// slotNames are the names of settings that stay with a slot, and whatever else stays with it, kept as found.
type slotNames struct {
	Properties map[string]json.RawMessage `json:"properties"`
}

const stickySettings = "appSettingNames"

// stick sees that the secondary setting stays with its slot where the first one does: else a swap would carry one of the
// two values to another slot.
func (t *Target) stick(ctx context.Context) error {
	const part = "/config/slotConfigNames"
	var found slotNames
	if err := t.do(ctx, arm.Call{ID: t.app + part, Version: version, Into: &found}); err != nil {
		return fmt.Errorf("%s: read what stays with a slot: %w", Code, err)
	}
	var names []string
	if raw := found.Properties[stickySettings]; len(raw) > 0 && json.Unmarshal(raw, &names) != nil {
		return &problem.Error{Class: problem.Permanent, Code: "answer.unreadable", Subject: t.Place().Title, Message: "what stays with a slot can't be read"}
	}
	has := func(name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	if !has(t.cfg.Name) || has(t.cfg.Secondary) {
		return nil
	}
	more, err := json.Marshal(append(names, t.cfg.Secondary))
	if err != nil {
		return fmt.Errorf("%s: write what stays with a slot: %w", Code, err)
	}
	found.Properties[stickySettings] = more
	if err := t.do(ctx, arm.Call{Method: http.MethodPut, ID: t.app + part, Version: version, Body: found}); err != nil {
		return fmt.Errorf("%s: write what stays with a slot: %w", Code, err)
	}
	return nil
}
