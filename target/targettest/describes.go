package targettest

import (
	"reflect"
	"strings"
	"testing"

	"keyturn/target"
)

// Describes checks that a descriptor is complete and names exactly the settings that the target's Config reads.
func Describes(t *testing.T, d target.Descriptor, config any) {
	t.Helper()
	if d.Code == "" || d.Title == "" || d.Summary == "" || len(d.Rights) == 0 || len(d.Limits) == 0 || len(d.Sources) == 0 {
		t.Errorf("incomplete: %+v", d)
	}
	read := map[string]reflect.Kind{}
	for field := range reflect.TypeOf(config).Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		read[name] = field.Type.Kind()
	}
	kinds := map[target.FieldKind][]reflect.Kind{
		target.Text: {reflect.String}, target.Flag: {reflect.Bool}, target.Map: {reflect.Map, reflect.Pointer},
	}
	for _, f := range d.Fields {
		if !has(kinds[f.Kind], read[f.Name]) || f.Help == "" || f.Example == "" {
			t.Errorf("field %+v is read as %s", f, read[f.Name])
		}
		delete(read, f.Name)
	}
	if len(read) > 0 {
		t.Errorf("read but not described: %v", read)
	}
}

func has(kinds []reflect.Kind, kind reflect.Kind) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}
