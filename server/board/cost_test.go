package board_test

import (
	"fmt"
	"testing"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/sqlite"
)

// What the detail of one application costs, beside many others that were renewed too.
func BenchmarkDetail(b *testing.B) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("app-%03d", i))
	}
	shown, _, _ := show(b, configured(names...), func(s *sqlite.Store) {
		var all []store.Sighting
		for i, name := range names {
			all = append(all, seen(name, i%400))
			if i%10 == 0 {
				run(b, s, name, func(r *renewal.Run) { r.State = renewal.Settling })
			}
		}
		if err := s.Sight(b.Context(), all, 0); err != nil {
			b.Fatal(err)
		}
	})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := shown.Application(b.Context(), names[i*10%1000]); err != nil {
			b.Fatal(err)
		}
	}
}
