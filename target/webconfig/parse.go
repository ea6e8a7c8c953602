package webconfig

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Why a file is refused. Each stands for a problem with its own code.
var (
	errMalformed = errors.New("it isn't well-formed XML")
	errEncrypted = errors.New("its appSettings are encrypted")
	errElsewhere = errors.New("its appSettings come from somewhere else")
	errUnclear   = errors.New("what it means isn't clear")
	errMissing   = errors.New("a setting is missing")
	errHosted    = errors.New("the add-in reads settings of other names")
)

// span is a part of the text, from its first byte to the one after its last.
type span struct{ from, to int }

func (s span) of(text []byte) []byte { return text[s.from:s.to] }

// setting is one <add key="" value=""/> of appSettings.
type setting struct {
	whole span   // the element
	open  span   // its start tag
	key   span   // its key as written, without quotes
	raw   span   // its value as written, without quotes
	quote byte   // the quotes around the value
	value string // the value as .NET reads it
}

// document is a web.config with the places of the settings that matter.
type document struct {
	text     []byte
	settings map[string]setting // by key in lower case: .NET doesn't tell cases apart
}

// parse reads text, which is UTF-8, and finds the settings named keys. Where a file may mean something else than it
// seems to (a key twice, a removal, settings in several places), it is refused.
func parse(text []byte, keys ...string) (document, error) {
	r := reader{document: document{text: text, settings: map[string]setting{}}}
	for _, key := range keys {
		r.keys = append(r.keys, strings.ToLower(key))
	}
	tokens := xml.NewDecoder(bytes.NewReader(text))
	tokens.CharsetReader = func(_ string, already io.Reader) (io.Reader, error) { return already, nil }
	for {
		from := int(tokens.InputOffset())
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return document{}, errMalformed // the cause may quote the file
		}
		if err := r.take(token, span{from, int(tokens.InputOffset())}); err != nil {
			return document{}, err
		}
	}
	if !r.rooted {
		return document{}, errMalformed
	}
	return r.document, nil
}

// reader walks through a file's tokens.
type reader struct {
	document
	keys    []string // looked for, in lower case
	path    []string // names of the open elements, as written
	rooted  bool     // the root element was seen
	section bool     // configuration/appSettings was seen
	open    string   // key of the setting whose element is open; "" = none
}

const sectionPath = "configuration/appSettings"

func (r *reader) take(token xml.Token, at span) error {
	switch token := token.(type) {
	case xml.StartElement:
		return r.start(token, at)
	case xml.EndElement:
		r.path = r.path[:len(r.path)-1]
		if found, ok := r.settings[r.open]; ok && strings.Join(r.path, "/") == sectionPath {
			found.whole.to = at.to
			r.settings[r.open], r.open = found, ""
		}
	case xml.Directive:
		return fmt.Errorf("%w: it has a DOCTYPE", errUnclear)
	case xml.CharData:
		if len(r.path) == 0 && len(bytes.TrimSpace(token)) > 0 {
			return errMalformed
		}
	}
	return nil
}

func (r *reader) start(element xml.StartElement, at span) error {
	tag, ok := readTag(at.of(r.text))
	if !ok || len(tag.attributes) != len(element.Attr) {
		return errMalformed
	}
	if len(r.path) == 0 {
		if r.rooted || tag.name != "configuration" {
			return fmt.Errorf("%w: its root isn't one <configuration>", errUnclear)
		}
		r.rooted = true
	}
	parent := strings.Join(r.path, "/")
	r.path = append(r.path, tag.name)
	switch {
	case parent == sectionPath:
		return r.child(tag, element, at)
	case parent+"/"+tag.name == sectionPath:
		return r.enter(tag)
	case tag.name == "add" && strings.HasSuffix(parent, "/appSettings") && r.wanted(tag, element):
		return fmt.Errorf("%w: a setting of these names stands in another appSettings too", errUnclear)
	}
	return nil
}

// enter looks at <appSettings> itself.
func (r *reader) enter(tag tag) error {
	switch {
	case r.section:
		return fmt.Errorf("%w: it has two appSettings", errUnclear)
	case tag.has("configProtectionProvider"):
		return errEncrypted
	case tag.has("configSource"), tag.has("file"), tag.has("configBuilders"):
		return errElsewhere
	}
	r.section = true
	return nil
}

// child looks at what stands in appSettings.
func (r *reader) child(tag tag, element xml.StartElement, at span) error {
	switch tag.name {
	case "EncryptedData":
		return errEncrypted
	case "clear":
		if len(r.settings) > 0 {
			return fmt.Errorf("%w: appSettings are cleared after these settings", errUnclear)
		}
	case "remove":
		if r.wanted(tag, element) {
			return fmt.Errorf("%w: one of these settings is removed again", errUnclear)
		}
	case "add":
		if r.wanted(tag, element) {
			return r.add(tag, element, at)
		}
	}
	return nil
}

// wanted reports whether an element's key is one that is looked for.
func (r *reader) wanted(tag tag, element xml.StartElement) bool {
	n := tag.find("key")
	return n >= 0 && slices.Contains(r.keys, strings.ToLower(element.Attr[n].Value))
}

func (r *reader) add(tag tag, element xml.StartElement, at span) error {
	key, value := tag.find("key"), tag.find("value")
	name := strings.ToLower(element.Attr[key].Value)
	if _, twice := r.settings[name]; twice {
		return fmt.Errorf("%w: the setting %s stands there twice", errUnclear, element.Attr[key].Value)
	}
	if value < 0 {
		return fmt.Errorf("%w: the setting %s has no value", errUnclear, element.Attr[key].Value)
	}
	moved := func(s span) span { return span{at.from + s.from, at.from + s.to} }
	r.settings[name] = setting{
		whole: at, open: at, key: moved(tag.attributes[key].raw), raw: moved(tag.attributes[value].raw),
		quote: tag.attributes[value].quote, value: element.Attr[value].Value,
	}
	r.open = name
	return nil
}
