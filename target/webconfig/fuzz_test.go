package webconfig

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// fuzzed is the value that is written; it could be written in no other way.
const fuzzed = "bmV3OFF+dGhlLW5ldy12YWx1ZQ=="

// FuzzRenewed gives the editor any bytes. Either it refuses them, or the outcome, read by a reader of its own, differs
// from the input in the two values alone, and the bytes around them are the input's.
func FuzzRenewed(f *testing.F) {
	const file = "<?xml version=\"1.0\"?>\r\n<configuration>\r\n\t<appSettings>\r\n\t\t<add key=\"ClientId\" value=\"7f0d\" />\r\n\t\t<add key=\"ClientSecret\" value=\"b2xk\" /><!-- x -->\r\n\t</appSettings>\r\n</configuration>\r\n"
	for _, seed := range []string{
		file,
		"\uFEFF" + file,
		string(asUTF16(strings.Replace(file, `"1.0"`, `"1.0" encoding="utf-16"`, 1))),
		strings.Replace(file, `"1.0"`, `"1.0" encoding="iso-8859-1"`, 1) + "<!-- \xe4 -->",
		strings.Replace(file, "</appSettings>", `<add value = 'b2xkZXI&#61;' key = 'SecondaryClientSecret'></add></appSettings>`, 1),
		strings.Replace(file, `value="b2xk"`, `value='b2"x&lt;k'`, 1),
		strings.Replace(file, "<appSettings>", `<appSettings><add key="SecondaryClientSecret" value="" />`, 1),
		strings.Replace(file, "<appSettings>", `<appSettings configSource="x">`, 1),
		strings.Replace(file, "ClientSecret", "clientsecret", 1),
		strings.Replace(file, "<configuration>", `<configuration xmlns="http://schemas.microsoft.com/.NetConfiguration/v2.0">`, 1),
		`<configuration><appSettings><add key="ClientId" value="a>b"/><add key="ClientSecret" value="x"/></appSettings></configuration>`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, keep bool) {
		found, err := understand(raw)
		if err != nil {
			return
		}
		after, err := found.renewed(fuzzed, keep)
		if err != nil {
			t.Fatalf("understood and then refused: %v", err)
		}
		same(t, raw, after, keep)
		released, err := (content{}).again(after)
		if err != nil {
			t.Fatal(err)
		}
		same(t, after, released, true)
	})
}

// again is released for a file's bytes.
func (content) again(raw []byte) ([]byte, error) {
	found, err := understand(raw)
	if err != nil {
		return nil, err
	}
	return found.released()
}

// same compares two files by what an independent reader sees, and by their bytes.
func same(t *testing.T, before, after []byte, keep bool) {
	t.Helper()
	was, is := seen(t, before), seen(t, after)
	secret, second := was.values["clientsecret"], was.values["secondaryclientsecret"]
	wantSecond := second
	if !keep && strings.TrimSpace(secret) != "" {
		wantSecond = secret
	}
	if got := is.values["clientsecret"]; got != fuzzed {
		t.Fatalf("ClientSecret is %q", got)
	}
	if got := is.values["secondaryclientsecret"]; got != wantSecond && got != "" {
		t.Fatalf("SecondaryClientSecret is %q, wanted %q", got, wantSecond)
	}
	if is.rest != was.rest {
		t.Fatalf("the rest differs:\n%q\n%q", was.rest, is.rest)
	}
	ends(t, before, after)
}

// ends sees that no byte changed outside the root element.
func ends(t *testing.T, before, after []byte) {
	t.Helper()
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		head++
	}
	if head == len(before) && head == len(after) {
		return
	}
	if at := bytes.Index(before[:head], []byte("</configuration>")); at >= 0 {
		t.Fatalf("changed behind the root, from byte %d on", head)
	}
}

// picture is a file as an independent reader sees it.
type picture struct {
	values map[string]string // of the settings, by key in lower case
	rest   string            // everything else, in order
}

// seen reads a file through encoding/xml's own view of names, attributes and text; it knows no bytes.
func seen(t *testing.T, raw []byte) picture {
	t.Helper()
	p := picture{values: map[string]string{}}
	tokens := xml.NewDecoder(strings.NewReader(asText(t, raw)))
	tokens.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var rest strings.Builder
	skipping := false
	for {
		token, err := tokens.RawToken()
		if err == io.EOF {
			p.rest = strings.Join(strings.Fields(rest.String()), " ")
			return p
		}
		if err != nil {
			t.Fatalf("an independent reader can't read it: %v", err)
		}
		skipping = p.take(token, &rest, skipping)
	}
}

// take notes a token. The settings themselves are noted apart, with the end tag that belongs to each.
func (p picture) take(token xml.Token, rest *strings.Builder, skipping bool) bool {
	switch token := token.(type) {
	case xml.StartElement:
		key, value := "", ""
		for _, a := range token.Attr {
			switch a.Name.Local {
			case "key":
				key = strings.ToLower(a.Value)
			case "value":
				value = a.Value
			}
		}
		if token.Name.Local == "add" && (key == "clientsecret" || key == "secondaryclientsecret") {
			if _, twice := p.values[key]; !twice {
				p.values[key] = value
				return true
			}
		}
		rest.WriteString(strings.Join([]string{"<", token.Name.Space, token.Name.Local}, " "))
		for _, a := range token.Attr {
			rest.WriteString(" " + a.Name.Space + ":" + a.Name.Local + "=" + a.Value)
		}
		return false
	case xml.EndElement:
		if !skipping || token.Name.Local != "add" {
			rest.WriteString("</" + token.Name.Local)
		}
		return false
	case xml.CharData:
		rest.WriteString(" " + string(token) + " ")
	case xml.Comment:
		rest.WriteString("<!--" + string(token))
	case xml.ProcInst:
		rest.WriteString("<?" + token.Target + string(token.Inst))
	}
	return skipping
}

// asText decodes without the target's decoder: UTF-16 by its mark, else UTF-8, else one byte a letter.
func asText(t *testing.T, raw []byte) string {
	t.Helper()
	switch {
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}), bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		var units []uint16
		low := 0
		if raw[0] == 0xFE {
			low = 1
		}
		for i := 2; i+1 < len(raw); i += 2 {
			units = append(units, uint16(raw[i+low])|uint16(raw[i+1-low])<<8)
		}
		return string(utf16.Decode(units))
	case utf8.Valid(raw):
		return strings.TrimPrefix(string(raw), "\uFEFF")
	}
	var text strings.Builder
	for _, b := range raw {
		text.WriteRune(rune(b))
	}
	return text.String()
}

func asUTF16(text string) []byte {
	raw := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		raw = append(raw, byte(unit), byte(unit>>8))
	}
	return raw
}
