package webconfig

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// errEncoding is why a file's bytes can't be read as text without a doubt.
var errEncoding = errors.New("its encoding can't be read without a doubt")

// form is how a file's text is written as bytes.
type form struct {
	mark   []byte            // byte order mark, kept as found
	coding encoding.Encoding // nil = UTF-8
}

var (
	markUTF8    = []byte{0xEF, 0xBB, 0xBF}
	markUTF16LE = []byte{0xFF, 0xFE}
	markUTF16BE = []byte{0xFE, 0xFF}

	declared = regexp.MustCompile(`^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)
)

// codings are the encodings besides UTF-8 that a declaration may name where the file has no byte order mark.
var codings = map[string]encoding.Encoding{
	"": nil, "utf-8": nil, "us-ascii": nil,
	"iso-8859-1": charmap.ISO8859_1, "windows-1252": charmap.Windows1252,
}

// decode returns a file's text as UTF-8, without its mark, and the form that writes it back byte for byte. What can't be
// written back as it was is refused.
func decode(raw []byte) ([]byte, form, error) {
	f, err := formOf(raw)
	if err != nil {
		return nil, form{}, err
	}
	text := raw[len(f.mark):]
	if f.coding != nil {
		if text, err = f.coding.NewDecoder().Bytes(text); err != nil {
			return nil, form{}, errEncoding
		}
	}
	back, err := f.encode(text)
	if err != nil || !bytes.Equal(back, raw) || !utf8.Valid(text) {
		return nil, form{}, errEncoding
	}
	return text, f, nil
}

// formOf goes by the byte order mark, else by the XML declaration. Where both are there they must agree.
func formOf(raw []byte) (form, error) {
	switch {
	case bytes.HasPrefix(raw, markUTF8):
		return agreeing(form{mark: markUTF8}, raw[3:], "utf-8")
	case bytes.HasPrefix(raw, markUTF16LE):
		return wide(raw, markUTF16LE, unicode.LittleEndian)
	case bytes.HasPrefix(raw, markUTF16BE):
		return wide(raw, markUTF16BE, unicode.BigEndian)
	}
	coding, known := codings[declaredIn(raw)]
	if !known || bytes.IndexByte(raw, 0) >= 0 { // UTF-16 without a mark, or no text at all
		return form{}, errEncoding
	}
	return form{coding: coding}, nil
}

func wide(raw, mark []byte, order unicode.Endianness) (form, error) {
	f := form{mark: mark, coding: unicode.UTF16(order, unicode.IgnoreBOM)}
	text, err := f.coding.NewDecoder().Bytes(raw[len(mark):])
	if err != nil {
		return form{}, errEncoding
	}
	return agreeing(f, text, "utf-16", "unicode")
}

func agreeing(f form, text []byte, names ...string) (form, error) {
	if name := declaredIn(text); name != "" && !slices.Contains(names, name) {
		return form{}, errEncoding
	}
	return f, nil
}

func declaredIn(text []byte) string {
	found := declared.FindSubmatch(text)
	if found == nil {
		return ""
	}
	return strings.ToLower(string(found[1]))
}

// encode writes text as the file's bytes, mark included.
func (f form) encode(text []byte) ([]byte, error) {
	if f.coding != nil {
		var err error
		if text, err = f.coding.NewEncoder().Bytes(text); err != nil {
			return nil, errEncoding
		}
	}
	return append(slices.Clone(f.mark), text...), nil
}
