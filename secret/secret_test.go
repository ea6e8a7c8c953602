package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"keyturn/secret"
)

const planted = "abc8Q~planted-value-that-must-not-show"

func TestNoRenderingShowsTheValue(t *testing.T) {
	t.Parallel()
	value := secret.New(planted)
	nested := struct {
		Value   secret.Value
		Pointer *secret.Value
		hidden  secret.Value
	}{value, &value, value}
	marshalled, err := json.Marshal(map[string]any{"value": value, "nested": nested})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value, "nested", nested)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value, "nested", nested)
	var binary bytes.Buffer
	_ = gob.NewEncoder(&binary).Encode(value)

	renderings := map[string]string{
		"json": string(marshalled), "slog": log.String(), "gob": binary.String(),
		"error": fmt.Errorf("issue: %w", errors.New(value.String())).Error(),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T", "%p"} {
		renderings[verb] = fmt.Sprintf(verb+" "+verb, value, nested)
	}
	for name, shown := range renderings {
		if strings.Contains(shown, planted) || strings.Contains(shown, fmt.Sprintf("%x", planted)) {
			t.Errorf("%s shows the value: %s", name, shown)
		}
	}
}

func TestValueKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	if got := secret.New(planted).Reveal(); got != planted {
		t.Errorf("Reveal = %q", got)
	}
	if !secret.New("").IsZero() || secret.New(planted).IsZero() {
		t.Error("only the empty text is no secret")
	}
	if !secret.New(planted).Equal(secret.New(planted)) || secret.New(planted).Equal(secret.New("other")) {
		t.Error("Equal compares the texts")
	}
}

func TestHintIsWhatEntraShowsAndNoMore(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{planted: "abc", "short": "", "": ""} {
		if got := secret.New(text).Hint(); got != want {
			t.Errorf("Hint of %d characters = %q, want %q", len(text), got, want)
		}
	}
}
