package main

import (
	"fmt"
	"strings"

	"keyturn/cmd/keyturn/screen"
)

// printStatus shows the rows. A table for a person has the reasons below it, where they have room.
func (sh *shell) printStatus(f *format, rows []statusRow, untold *untold) error {
	list := statusListing(rows)
	if f.chosen != asTable || len(rows) == 0 {
		if untold != nil {
			sh.say("keyturn: %s; next: %s", untold.Text, untold.Fix)
		}
		return sh.print(f, list)
	}
	const narrow = 5
	list.head = append(list.head[:narrow:narrow], "")
	for i, row := range list.rows {
		mark := screen.Cell{}
		if rows[i].Attention != "" {
			mark = screen.Cell{Text: "!", Paint: screen.Amber}
		}
		list.rows[i] = append(row[:narrow:narrow], mark)
	}
	if err := sh.print(f, list); err != nil {
		return err
	}
	text := reasons(rows, sh.style())
	if untold != nil {
		text += reason("notices", untold.Text, untold.Fix, sh.style())
	}
	return sh.prose(text)
}

// reasons tells why a person should look at rows.
func reasons(rows []statusRow, style screen.Style) string {
	var text strings.Builder
	for _, row := range rows {
		if row.Attention != "" {
			text.WriteString(reason(row.App, row.Attention, row.Fix, style))
		}
	}
	return text.String()
}

func reason(subject, why, fix string, style screen.Style) string {
	return fmt.Sprintf("\n%s %s\n  next: %s\n", style.Text(screen.Amber, "! "+subject+":"), screen.Clean(why), screen.Clean(orNone(fix)))
}

func statusListing(rows []statusRow) listing {
	list := listing{
		head: []string{"APP", "STATE", "SECRET ENDS", "NEXT", "PROVEN", "ATTENTION", "FIX"},
		data: notNil(rows), none: "no application: keyturn init writes a configuration",
	}
	for _, row := range rows {
		state := screen.Cell{Text: row.State, Paint: screen.Green}
		if row.Attention != "" {
			state.Paint = screen.Amber
		}
		list.rows = append(list.rows, []screen.Cell{
			{Text: row.App}, state, {Text: day(row.Expires)}, {Text: day(row.Next)}, {Text: day(row.ProvenAt)}, {Text: row.Attention, Paint: screen.Amber}, {Text: row.Fix},
		})
	}
	return list
}
