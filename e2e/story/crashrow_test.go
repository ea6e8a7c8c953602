//go:build unix

package story_test

import "strings"

// row is one step of a renewal in which the program is killed: what is saved before its remote effect, the effect, and
// how a renewal comes to be there.
type row struct {
	name  string // as docs/reliability.md calls it
	state string // of the run; "" = there is no run yet
	mark  string // how the audit entry begins that is saved before; "" = nothing is, since the effect changes nothing or may be repeated; "begin" = the run itself
	act   string // method, and a part of host and path; "" = there is no remote effect
	story
}

// story is how the renewal goes that a row is a part of.
type story struct {
	edits   []string
	prepare func(*crash)    // brings the world to where the renewal begins
	renew   []string        // further arguments of renew
	evident bool            // the old secret goes on the evidence of a report rather than after a time
	first   string          // an effect right after which the program is killed for the first time; "" = none
	without map[string]bool // what isn't there: "key vault", "overlap", "old removed", "new made"
}

const (
	removes = "POST graph.microsoft.com/…/removePassword"
	adds    = "POST graph.microsoft.com/…/addPassword"
	signsIn = "POST login.microsoftonline.com/…/token"
)

// rows are the crash table. A row that has no mark has no points around one, and one without an effect none around it.
func rows() []row {
	usual := story{}
	full := story{prepare: (*crash).fillApp}
	lost := story{first: signsIn}
	bare := story{edits: withoutVault, renew: []string{"--replace", "none"}, without: set("key vault", "old removed")}
	known := bare
	known.first = "PUT management.azure.com/…/provisionassist-kv"
	reuse := story{prepare: (*crash).letAPlaceLag, renew: []string{"--reuse"}, without: set("old removed", "new made")}
	leak := story{renew: []string{"--emergency"}}
	leakFirst := story{renew: []string{"--emergency", "--revoke-first"}, without: set("overlap")}
	expired := story{prepare: (*crash).letExpire, without: set("overlap")}
	second := story{prepare: (*crash).renewBefore}
	evident := story{evident: true}
	return []row{
		{"planned", "", "begin", "", usual},
		{"making room: remove the secret that was named", "making room", "remove intended", removes, full},
		{"making room: revoke what has leaked", "making room", "remove intended", removes, leakFirst},
		{"issuing: make the new secret", "issuing", "issue intended", adds, usual},
		{"issuing: make it, where there is no room for a third", "issuing", "issue intended", adds, full},
		{"issuing: make it when the old one has expired", "issuing", "issue intended", adds, expired},
		{"settling: remove an attempt whose value was lost", "settling", "attempt noted", removes, lost},
		{"settling: sign in with it", "settling", "", signsIn, usual},
		{"delivering: the Key Vault", "delivering", "write intended keyVaultSecret", "PUT kv-provassist.vault.azure.net/secrets/appSecret", usual},
		{"delivering: the Key Vault, no room for a third", "delivering", "write intended keyVaultSecret", "PUT kv-provassist.vault.azure.net/secrets/appSecret", full},
		{"delivering: a connection", "delivering", "write intended apiConnection", "PUT management.azure.com/…/provisionassist-automation", usual},
		{"delivering: a variable", "delivering", "write intended automationVariable", "PATCH management.azure.com/…/variables/appSecret", usual},
		{"delivering: a connection, no Key Vault", "delivering", "write intended apiConnection", "PUT management.azure.com/…/provisionassist-automation", bare},
		{"delivering: a connection, --reuse", "delivering", "write intended apiConnection", "PUT management.azure.com/…/provisionassist-automation", reuse},
		{"verifying: sign in, ask each place", "verifying", "verify intended", signsIn, usual},
		{"verifying: sign in, no Key Vault", "verifying", "verify intended", signsIn, bare},
		{"overlapping: the watermark", "overlapping", "", signsIn, evident},
		{"retiring: the gate", "retiring", "", signsIn, evident},
		{"retiring: remove the old secret", "retiring", "remove intended", removes, evident},
		{"retiring: remove it, --emergency", "retiring", "remove intended", removes, leak},
		{"retiring: remove it when it has expired", "retiring", "remove intended", removes, expired},
		{"retiring: remove an attempt that a place may know", "retiring", "", removes, known},
		{"retiring: disable the old version", "retiring", "", "PATCH kv-provassist.vault.azure.net/secrets/appSecret", second},
	}
}

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// withoutVault takes the Key Vault out of the configuration.
var withoutVault = []string{"- keyVaultSecret: { vault: kv-provassist, secret: appSecret }", ""}

// is reports whether the step is a request that an act's words fit: "METHOD host/…/part".
func (s step) is(act string) bool {
	if s.Kind != "request" {
		return false
	}
	start, end, cut := strings.Cut(act, "…")
	return strings.HasPrefix(strings.ToLower(s.Act), strings.ToLower(start)) && (!cut || strings.Contains(strings.ToLower(s.Act), strings.ToLower(end)))
}

// The points of a row at which the program is killed, and the ways in which the reply of its effect comes.
var (
	points  = []string{"before mark", "after mark", "after act", "before advance"}
	replies = []string{"arrives", "lost", "error"}
)

// faultOf is how the cloud spoils a reply after the effect; nil = it doesn't.
func faultOf(reply string) map[string]any {
	switch reply {
	case "lost":
		return map[string]any{"kind": "reply-lost", "count": 1}
	case "error":
		return map[string]any{"kind": "error-after", "status": 503, "count": 1}
	}
	return nil
}

// has reports whether a point exists in a row.
func (r row) has(point string) bool {
	switch point {
	case "before mark", "after mark":
		return r.mark != ""
	case "after act":
		return r.act != ""
	}
	return true
}

// replies are the ways in which the reply of its effect comes.
func (r row) replies() []string {
	if r.act == "" {
		return replies[:1]
	}
	return replies
}

// cell is one of the table.
type cell struct {
	row
	point, reply string
}

// cells are all of a table, row by row.
func cells(rows []row) (all []cell) {
	for _, r := range rows {
		for _, reply := range r.replies() {
			for _, point := range points {
				if r.has(point) {
					all = append(all, cell{r, point, reply})
				}
			}
		}
	}
	return all
}

func (c cell) String() string { return c.name + ", " + c.reply + ", " + c.point }
