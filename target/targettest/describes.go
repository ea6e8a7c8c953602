package targettest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"keyturn/target"
)

// Describes checks that a descriptor is complete and names exactly the settings that the target's Config reads.
func Describes(t *testing.T, d target.Descriptor, config any) {
	t.Helper()
	for part := range reflect.ValueOf(d).NumField() {
		if reflect.ValueOf(d).Field(part).IsZero() {
			t.Errorf("it doesn't tell its %s", reflect.TypeOf(d).Field(part).Name)
		}
	}
	read := map[string]reflect.Kind{}
	for field := range reflect.TypeOf(config).Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		read[name] = field.Type.Kind()
	}
	kinds := map[target.FieldKind][]reflect.Kind{
		target.Text: {reflect.String}, target.Flag: {reflect.Bool}, target.Map: {reflect.Map, reflect.Pointer},
		target.Secret: {reflect.Struct},
	}
	for _, f := range d.Fields {
		if !slices.Contains(kinds[f.Kind], read[f.Name]) || f.Help == "" || f.Example == "" {
			t.Errorf("field %+v is read as %s", f, read[f.Name])
		}
		delete(read, f.Name)
	}
	if len(read) > 0 {
		t.Errorf("read but not described: %v", read)
	}
}
