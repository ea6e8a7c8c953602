package webconfig

import (
	"errors"
	"io/fs"
	"syscall"
	"time"

	"keyturn/problem"
)

// Why the disk refuses what it is asked for, beside the file system's own errors.
var (
	errBusy    = errors.New("another process is using it")
	errMoved   = errors.New("it changed while it was edited")
	errLinked  = errors.New("it has several names (hard links), of which a new file would take only one")
	errOwner   = errors.New("a new file can't be given the same owner, permissions and attributes")
	errFixed   = errors.New("it, or its folder, is marked as one that doesn't change")
	errLarge   = errors.New("it is larger than any web.config")
	errMounted = errors.New("the file is mounted by itself, so that no new file can take its place")

	errNoFile = errors.New("it is no file")

	errNameless = errors.New("the old file is gone, and the new one, which is whole, lies beside its place")
)

// cause names why something failed for people and programs, with what to do about it.
type cause struct {
	is   error
	code string
	text string
	fix  string
}

var causes = []cause{
	{errNameless, "webconfig.kept", "", "rename that file to what the old one was called, then: keyturn resume APP"},
	{fs.ErrNotExist, problem.NotFound, "there is no such file", "correct path in keyturn.yaml"},
	{fs.ErrPermission, problem.Denied, "this user may not read the file, or not write it and its folder", "run Keyturn as a user who may change the file and make files in its folder, or grant that"},
	{syscall.EROFS, problem.Denied, "it is on a disk that can only be read", "make the disk writable, or name the file where it can be written"},
	{syscall.ENOSPC, "webconfig.full", "the disk is full; the file is as it was", "free some space, then: keyturn resume APP"},
	{syscall.EDQUOT, "webconfig.full", "this user's share of the disk is full; the file is as it was", "free some space, then: keyturn resume APP"},
	{errLinked, "webconfig.kept", errLinked.Error(), "give the site a file of its own, or change the other names by hand afterwards"},
	{errOwner, "webconfig.kept", errOwner.Error(), "run Keyturn as the file's owner, or as an administrator"},
	{errFixed, "webconfig.kept", errFixed.Error() + " (immutable, append-only or read-only)", "take the mark off the file and its folder: chattr -i -a, on Windows attrib -r"},
	{errMounted, "webconfig.kept", errMounted.Error(), "mount the folder that the file is in, not the file alone"},
	{errNoFile, "config.path", "it is no file", "write the path of the file itself in keyturn.yaml"},
	{errEncrypted, "webconfig.encrypted", "its appSettings are encrypted, and only this site's own server can read them", "decrypt them for the renewal: aspnet_regiis -pdf appSettings FOLDER, then keyturn resume APP, then aspnet_regiis -pef appSettings FOLDER"},
	{errElsewhere, "webconfig.elsewhere", "its appSettings come from somewhere else (configSource, file, or configBuilders)", "move ClientId, ClientSecret and SecondaryClientSecret into this file's appSettings, and take that attribute off them"},
	{errHosted, "webconfig.settings", "it has the add-in's settings under the names of the first years, HostedAppName and HostedAppSigningKey", "rename them to ClientId and ClientSecret, which TokenHelper reads first; their values stay"},
	{errMissing, "webconfig.settings", "it isn't an add-in's: ClientId and ClientSecret aren't both in its appSettings", "name the web.config of the add-in's own site"},
	{errUnclear, "webconfig.unclear", "", "mend the file by hand so that appSettings says each of ClientId, ClientSecret and SecondaryClientSecret once"},
	{errMalformed, "webconfig.unclear", "it isn't well-formed XML", "mend the file; IIS can't read it either"},
	{errEncoding, "webconfig.unclear", "its encoding can't be read without a doubt", "save the file as UTF-8, with encoding=\"utf-8\" in its first line"},
	{errLarge, "webconfig.unclear", errLarge.Error(), "name the web.config of the add-in's own site"},
}

// explain turns what went wrong into a problem about this file. The text never quotes the file.
func (t *Target) explain(err error) error {
	var already *problem.Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	title := t.Place().Title
	err = told(err)
	if !errors.Is(err, errNameless) && (errors.Is(err, errBusy) || errors.Is(err, errMoved)) {
		return problem.Later("webconfig.busy", title, 3*time.Second, err)
	}
	for _, c := range causes {
		if errors.Is(err, c.is) {
			text := c.text
			if text == "" {
				text = err.Error()
			}
			found := problem.NeedsPerson(c.code, title, text, c.fix)
			found.Err = err
			return found
		}
	}
	return &problem.Error{Class: problem.Retry, Code: "webconfig.disk", Subject: title, Message: "the disk failed: " + err.Error(), After: 3 * time.Second, Err: err}
}

func (t *Target) foreign() error {
	return problem.NeedsPerson("webconfig.foreign", t.Place().Title, "its ClientId isn't "+t.clientID+": it belongs to another add-in",
		"correct path or clientId in keyturn.yaml")
}

func (t *Target) drift() error {
	return problem.NeedsPerson(problem.Drift, t.Place().Title, "somebody changed ClientSecret after we wrote it",
		"see who it was (a deployment of the site puts its own web.config back); to write ours again: keyturn resume APP --overwrite; to leave it: keyturn abort RUN")
}
