package webconfig

import "bytes"

// tag is a start tag taken apart by the bytes.
type tag struct {
	name       string // as written, prefix included
	attributes []attribute
}

type attribute struct {
	name  string
	raw   span // within the tag, without quotes
	quote byte
}

const blanks = " \t\r\n"

// readTag takes a start tag apart that was found well-formed already. A tag with one attribute twice, which .NET refuses,
// isn't ok.
func readTag(text []byte) (found tag, ok bool) {
	if len(text) < 2 || text[0] != '<' {
		return tag{}, false
	}
	at := 1 + skip(text[1:], func(b byte) bool { return !isBlank(b) && b != '/' && b != '>' })
	found.name = string(text[1:at])
	for {
		at += skip(text[at:], isBlank)
		if at >= len(text) || text[at] == '/' || text[at] == '>' {
			return found, at < len(text)
		}
		one, next, ok := readAttribute(text, at)
		if !ok || found.has(one.name) {
			return tag{}, false
		}
		found.attributes, at = append(found.attributes, one), next
	}
}

// readAttribute reads name = "value" from at on, and returns where it ends.
func readAttribute(text []byte, at int) (found attribute, end int, ok bool) {
	name := at + skip(text[at:], func(b byte) bool { return !isBlank(b) && b != '=' })
	found.name = string(text[at:name])
	at = name + skip(text[name:], isBlank)
	if at >= len(text) || text[at] != '=' {
		return attribute{}, 0, false
	}
	at++
	at += skip(text[at:], isBlank)
	if at >= len(text) || (text[at] != '"' && text[at] != '\'') {
		return attribute{}, 0, false
	}
	found.quote = text[at]
	length := bytes.IndexByte(text[at+1:], found.quote)
	if length < 0 {
		return attribute{}, 0, false
	}
	found.raw = span{at + 1, at + 1 + length}
	return found, found.raw.to + 1, true
}

func skip(text []byte, while func(byte) bool) int {
	for n, b := range text {
		if !while(b) {
			return n
		}
	}
	return len(text)
}

func isBlank(b byte) bool { return bytes.IndexByte([]byte(blanks), b) >= 0 }

// find returns the place of an attribute, or -1. Names are compared exactly, as .NET does.
func (t tag) find(name string) int {
	for n, a := range t.attributes {
		if a.name == name {
			return n
		}
	}
	return -1
}

func (t tag) has(name string) bool { return t.find(name) >= 0 }
