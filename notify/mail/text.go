package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"keyturn/notice"
)

// letter is a message before it is addressed.
type letter struct {
	id     string // the same whenever it is sent again
	thread string // what it is about
	title  string
	body   string
}

// body tells one notice to a person.
func body(n notice.Notice, tenant string) string {
	var b strings.Builder
	tell(&b, n)
	foot(&b, tenant, n.Kind == notice.Attention || n.Kind == notice.Expiring)
	fmt.Fprintf(&b, "%s\n", reference(n))
	return b.String()
}

// tell says what happened, what to do, and by when.
func tell(b *strings.Builder, n notice.Notice) {
	fmt.Fprintf(b, "%s\n", strings.TrimSpace(n.Text))
	if n.Fix != "" {
		fmt.Fprintf(b, "\nWhat to do:\n\n    %s\n", strings.ReplaceAll(strings.TrimSpace(n.Fix), "\n", "\n    "))
	}
	if !n.By.IsZero() {
		when := "By when"
		if n.By.Before(n.At) {
			when = "Late since"
		}
		fmt.Fprintf(b, "\n%s: %s\n", when, n.By.UTC().Format("2 January 2006, 15:04 MST"))
	}
}

// foot says who writes, and whether more is to come.
func foot(b *strings.Builder, tenant string, open bool) {
	fmt.Fprint(b, "\n-- \nKeyturn, which renews client secrets")
	if tenant != "" {
		fmt.Fprintf(b, " of %s", tenant)
	}
	if open {
		fmt.Fprint(b, ". You are told once, and again when it is over")
	}
	fmt.Fprint(b, ".\n")
}

// reference is how the notice is found again.
func reference(n notice.Notice) string {
	parts := []string{"seen " + n.At.UTC().Format("2 January 2006, 15:04 MST")} // it may have waited for the mail server
	for _, each := range []struct{ name, value string }{{"code", n.Code}, {"run", n.Run}, {"notice", n.ID}} {
		if each.value != "" {
			parts = append(parts, each.name+" "+each.value)
		}
	}
	return strings.Join(parts, ", ")
}

// digest tells many notices in one letter, each with its fix.
func digest(notices []notice.Notice, tenant string) letter {
	var b strings.Builder
	fmt.Fprintf(&b, "%d things at once:\n\n", len(notices))
	for i, n := range notices {
		fmt.Fprintf(&b, "%d. %s\n", i+1, oneLine(n.Title))
	}
	for i, n := range notices {
		fmt.Fprintf(&b, "\n\n%d. %s\n\n", i+1, oneLine(n.Title))
		tell(&b, n)
		fmt.Fprintf(&b, "\n%s\n", reference(n))
	}
	foot(&b, tenant, false)
	return letter{
		id: notices[0].ID, thread: "digest " + notices[0].ID, body: b.String(),
		title: fmt.Sprintf("%d things at once, first: %s", len(notices), oneLine(notices[0].Title)),
	}
}

// oneLine is text without line ends, which would begin another header.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// threadOf names a subject as part of a message's id.
func threadOf(subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return hex.EncodeToString(sum[:12])
}
