package screen

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	const id = "7f0d7f0d-1111-2222-3333-444444444444"
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"where no terminal is, everything stands in one line": {0, "APP  SECRET ID                             STATE\nHR   " + id + "  due\n"},
		"a terminal that is wide enough shows the same":       {48, "APP  SECRET ID                             STATE\nHR   " + id + "  due\n"},
		"a narrow one shows ids below":                        {47, "APP  STATE\nHR   due\n  secret id " + id + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := Table(&out, Style{Width: c.width}, []string{"APP", "SECRET ID", "STATE"}, [][]Cell{Cells("HR", id, "due")})
			if err != nil || out.String() != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, out.String(), c.want)
			}
		})
	}
}

func TestAColumnThatIsNotOfIDsStaysInItsRow(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	long := strings.Repeat("x", 60)
	if err := Table(&out, Style{Width: 40}, []string{"APP", "WHAT"}, [][]Cell{Cells("HR", long)}); err != nil || !strings.HasSuffix(out.String(), "HR   "+long+"\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
