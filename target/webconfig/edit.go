package webconfig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The settings of a SharePoint add-in, as TokenHelper reads them.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/replace-an-expiring-client-secret-in-a-sharepoint-add-in (read 2026-11-25).
const (
	keyClientID = "ClientId"
	keySecret   = "ClientSecret"
	// What TokenHelper reads where one of the two above is empty: the names of the first years.
	// Source: TokenHelper.cs of https://github.com/pnp/pnpframework (read 2026-11-25).
	keyHostedName = "HostedAppName"
	keyHostedKey  = "HostedAppSigningKey"
	keySecondary  = "SecondaryClientSecret"
)

// content is what a file says.
type content struct {
	document
	form form
	raw  []byte
}

// understand reads a file's bytes. Without ClientId and ClientSecret it isn't an add-in's.
func understand(raw []byte) (content, error) {
	text, form, err := decode(raw)
	if err != nil {
		return content{}, err
	}
	found, err := parse(text, keyClientID, keySecret, keySecondary, keyHostedName, keyHostedKey)
	if err != nil {
		return content{}, err
	}
	if (found.value(keyClientID) == "" && found.value(keyHostedName) != "") || (found.value(keySecret) == "" && found.value(keyHostedKey) != "") {
		return content{}, errHosted
	}
	for _, key := range []string{keyClientID, keySecret} {
		if _, there := found.setting(key); !there {
			return content{}, fmt.Errorf("%w: appSettings has no %s", errMissing, key)
		}
	}
	return content{found, form, raw}, nil
}

func (d document) setting(key string) (setting, bool) {
	found, there := d.settings[strings.ToLower(key)]
	return found, there
}

// value is a setting's value as .NET reads it, "" where it isn't there.
func (d document) value(key string) string { return d.settings[strings.ToLower(key)].value }

// edit is one replacement in the text.
type edit struct {
	at   span
	with []byte
}

// renewed returns the file's bytes with text as ClientSecret. Unless keep is set, what ClientSecret was becomes
// SecondaryClientSecret, byte by byte as it was written; where there is no such setting it is made right behind
// ClientSecret. Nothing else is touched.
func (c content) renewed(text string, keep bool) ([]byte, error) {
	secret, _ := c.setting(keySecret)
	edits := []edit{{secret.raw, []byte(text)}}
	if was := secret.raw.of(c.text); !keep && len(bytes.TrimSpace(was)) > 0 {
		edits = append(edits, c.secondary(was, secret))
	}
	return c.write(edits, text, c.expected(keep))
}

// released returns the file's bytes with an empty SecondaryClientSecret.
func (c content) released() ([]byte, error) {
	second, there := c.setting(keySecondary)
	if !there || second.value == "" {
		return c.raw, nil
	}
	return c.write([]edit{{second.raw, nil}}, c.value(keySecret), "")
}

func (c content) expected(keep bool) string {
	if was := c.value(keySecret); !keep && strings.TrimSpace(was) != "" {
		return was
	}
	return c.value(keySecondary)
}

// secondary puts raw, the old ClientSecret as written, into SecondaryClientSecret.
func (c content) secondary(raw []byte, secret setting) edit {
	second, there := c.setting(keySecondary)
	if there {
		return edit{second.raw, requoted(raw, secret.quote, second.quote)}
	}
	return edit{span{secret.whole.to, secret.whole.to}, c.another(raw, secret)}
}

// requoted makes a value fit for other quotes than it stood in.
func requoted(raw []byte, was, is byte) []byte {
	if was == is {
		return raw
	}
	name := map[byte]string{'"': "&quot;", '\'': "&apos;"}[is]
	return bytes.ReplaceAll(raw, []byte{is}, []byte(name))
}

// another is an element like that of ClientSecret, on a line of its own if that has one.
func (c content) another(raw []byte, secret setting) []byte {
	tail := " />"
	if open := secret.open.of(c.text); bytes.HasSuffix(open, []byte("/>")) && !bytes.HasSuffix(bytes.TrimSuffix(open, []byte("/>")), []byte(" ")) {
		tail = "/>"
	}
	quote := string(secret.quote)
	return slices.Concat(c.indent(secret.whole.from), []byte(`<add key=`+quote+keySecondary+quote+` value=`+quote), raw, []byte(quote+tail))
}

// indent is the line break and the blanks in front of at; none where something else stands there on the line.
func (c content) indent(at int) []byte {
	from := at
	for from > 0 && (c.text[from-1] == ' ' || c.text[from-1] == '\t') {
		from--
	}
	if from == 0 || c.text[from-1] != '\n' {
		return nil
	}
	from--
	if from > 0 && c.text[from-1] == '\r' {
		from--
	}
	return c.text[from:at]
}

// write makes the edits and reads the outcome again: what isn't understood the same way is never written.
func (c content) write(edits []edit, secret, secondary string) ([]byte, error) {
	slices.SortFunc(edits, func(a, b edit) int { return b.at.from - a.at.from })
	text := slices.Clone(c.text)
	for _, e := range edits {
		text = slices.Concat(text[:e.at.from], e.with, text[e.at.to:])
	}
	raw, err := c.form.encode(text)
	if err != nil {
		return nil, err
	}
	again, err := understand(raw)
	if err != nil || again.value(keySecret) != secret || again.value(keySecondary) != secondary ||
		again.value(keyClientID) != c.value(keyClientID) {
		return nil, errors.New("the edited file reads otherwise than it should")
	}
	return raw, nil
}
