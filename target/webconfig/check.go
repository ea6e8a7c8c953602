package webconfig

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"keyturn/check"
	"keyturn/target"
)

// Check says whether the file is there, is understood, belongs to this add-in and may be written.
func (t *Target) Check(context.Context) []check.Check {
	title := t.Place().Title
	found, err := t.read()
	if err != nil {
		return []check.Check{target.Failed("webconfig.file", title, t.explain(err))}
	}
	return []check.Check{
		check.Pass("webconfig.file", title, "it is there and understood"),
		t.checkClient(title, found),
		t.checkWritable(title),
	}
}

func (t *Target) checkClient(title string, found content) check.Check {
	if !strings.EqualFold(strings.TrimSpace(found.value(keyClientID)), t.clientID) {
		return target.Failed("webconfig.client", title, t.foreign())
	}
	return check.Pass("webconfig.client", title, "its ClientId is this add-in's")
}

func (t *Target) checkWritable(title string) check.Check {
	const id = "webconfig.writable"
	err := rehearse(t.path)
	switch {
	case errors.Is(err, errBusy):
		return check.Unsure(id, title, "another process is using the file at this moment; whether it may be replaced shows when tried")
	case err != nil:
		return target.Failed(id, title, t.explain(err))
	}
	return check.Pass(id, title, "the file and its folder may be written")
}

// rehearse does all that a change does before it writes: whoever may not replace the file is told before a secret is made.
func rehearse(path string) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	file, err := open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // nothing was written
	if err := hold(file, path); err != nil {
		return err
	}
	if err := mayKeep(file); err != nil {
		return err
	}
	return mayWrite(path)
}
