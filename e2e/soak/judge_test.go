//go:build unix

package soak_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/config"
	"keyturn/target"
	"keyturn/target/apiconnection"
	"keyturn/target/automationvariable"
	"keyturn/target/keyvaultsecret"
)

// judge compares what Keyturn did with the truth, all the time.
type judge struct {
	t      *testing.T
	cloud  *cloud
	store  *pgx.Conn
	before truth
	tended map[string]string // client id by name
	names  map[string]string // name by client id
	values map[string]bool   // every value that was ever seen
	looks  int
}

func newJudge(t *testing.T, c *cloud, address string) *judge {
	t.Helper()
	store, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close(context.Background()) })
	settings, err := config.Load(filepath.Join(c.Dir, "keyturn.yaml"),
		[]target.Descriptor{keyvaultsecret.Descriptor(), apiconnection.Descriptor(), automationvariable.Descriptor()})
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{t: t, cloud: c, store: store, before: c.truth(), tended: map[string]string{}, names: map[string]string{}, values: map[string]bool{}}
	for _, app := range settings.Applications {
		if app.Excluded == "" {
			j.tended[app.Name], j.names[app.ClientID] = app.ClientID, app.Name
		}
	}
	return j
}

// look judges one instant, and returns for how long the clock may move without a secret's ending that nobody had the time
// to renew.
func (j *judge) look() time.Duration {
	j.t.Helper()
	j.looks++
	now := j.cloud.truth()
	live := map[string]map[string]time.Time{} // ends by client id and value
	held := map[string]bool{}                 // key ids
	for _, app := range now.Tenants[0].Applications {
		live[app.AppID] = map[string]time.Time{}
		for _, p := range app.Passwords {
			j.values[p.Value], held[p.KeyID] = true, true
			if p.End.After(now.Now) {
				live[app.AppID][p.Value] = p.End
			}
		}
	}
	j.consumers(now)
	j.foreign(held)
	safe := 1000 * time.Hour
	for place, use := range j.places(now) {
		end, works := live[use.clientID][use.value]
		if !works {
			j.t.Errorf("%s holds a secret of %s that doesn't work", place, j.names[use.clientID])
		}
		safe = min(safe, end.Sub(now.Now)-48*time.Hour)
	}
	j.oneRunEach()
	return safe
}

func (j *judge) consumers(now truth) {
	j.t.Helper()
	for _, one := range now.Consumers {
		if one.Failures > 0 && (one.ClientID == "" || j.names[one.ClientID] != "") {
			j.t.Errorf("%s failed %d times: %s", one.Name, one.Failures, one.LastError)
		}
	}
}

// foreign: what was there before is there still, unless a renewal was told to replace it.
func (j *judge) foreign(held map[string]bool) {
	j.t.Helper()
	replaced := map[string]bool{}
	for _, keyID := range j.texts("SELECT retires FROM run") {
		replaced[keyID] = true
	}
	for _, app := range j.before.Tenants[0].Applications {
		for _, p := range app.Passwords {
			if !held[p.KeyID] && !replaced[p.KeyID] {
				j.t.Errorf("the secret %q of %s is gone, and no renewal replaces it", p.DisplayName, app.DisplayName)
			}
		}
	}
}

func (j *judge) oneRunEach() {
	j.t.Helper()
	for _, app := range j.texts("SELECT app FROM run WHERE open GROUP BY app HAVING count(*) > 1") {
		j.t.Errorf("%s has more than one open run", app)
	}
}

// use is a value in a place.
type use struct{ clientID, value string }

// places are all places of the applications that are looked after, with what they hold.
func (j *judge) places(now truth) map[string]use {
	j.t.Helper()
	found := map[string]use{}
	for _, vault := range now.Vaults {
		for _, secret := range vault.Secrets {
			if id := j.tended[secret.Name]; id != "" {
				found["vault secret "+secret.Name] = use{id, secret.Versions[len(secret.Versions)-1].Value}
			}
		}
	}
	for _, c := range now.Connections {
		if id := c.Parameters["token:clientId"]; j.names[id] != "" {
			found["connection "+j.names[id]] = use{id, c.Parameters["token:clientSecret"]}
		}
	}
	for _, v := range now.Variables {
		if id := j.tended[path.Base(v.ID)]; id != "" {
			var text string
			if err := json.Unmarshal([]byte(v.Value), &text); err != nil {
				j.t.Errorf("variable %s holds no JSON text", v.ID)
			}
			found["variable "+path.Base(v.ID)] = use{id, text}
		}
	}
	return found
}

// texts asks the database itself, past every cut cable.
func (j *judge) texts(query string, args ...any) []string {
	j.t.Helper()
	rows, err := j.store.Query(j.t.Context(), query, args...)
	var all []string
	if err == nil {
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil && !strings.Contains(err.Error(), "does not exist") { // no node has made the store yet
		j.t.Fatal(err)
	}
	return all
}

// nothingOnDisk searches the whole database and everything that the nodes left for every value there ever was.
func (j *judge) nothingOnDisk(nodes []*node) {
	j.t.Helper()
	search := func(where, text string) {
		for value := range j.values {
			if strings.Contains(text, value) {
				j.t.Errorf("%s holds a secret", where)
				return
			}
		}
	}
	for _, table := range j.texts("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") {
		for _, row := range j.texts("SELECT t::text FROM " + pgx.Identifier{table}.Sanitize() + " AS t") {
			search("the table "+table, row)
		}
	}
	for _, n := range nodes {
		_ = filepath.WalkDir(n.dir, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				text, _ := os.ReadFile(file)
				search(file, string(text))
			}
			return nil
		})
	}
}

// stands says how many runs stand where and why, and who has which in hand.
func (j *judge) stands() string {
	lines := j.texts(`SELECT count(*) || ' ' || state || ' ' || door || ' ' || coalesce(reason ->> 'code', '')
		FROM run GROUP BY state, door, reason ->> 'code' ORDER BY 1 DESC`)
	lines = append(lines, j.texts(`SELECT run.id || ' of ' || app || ', ' || state || ', is in the hands of ' || node ||
		CASE WHEN EXISTS (SELECT FROM node WHERE id = run.node AND alive_until > clock_timestamp()) THEN ', which lives' ELSE '' END
		FROM run WHERE node <> ''`)...)
	return strings.Join(lines, "\n") + "\nnow " + j.cloud.truth().Now.String()
}

// ended: no run stands still for a person, and nothing of ours lies about but what a run in its overlap is yet to remove.
func (j *judge) ended() {
	j.t.Helper()
	now := j.cloud.truth()
	inUse, retiring := map[string]bool{}, map[string]bool{}
	for _, u := range j.places(now) {
		inUse[u.value] = true
	}
	for _, keyID := range j.texts("SELECT retires FROM run WHERE open UNION SELECT key_id FROM attempt JOIN run ON run.id = attempt.run WHERE open") {
		retiring[keyID] = true
	}
	for _, app := range now.Tenants[0].Applications {
		for _, p := range app.Passwords {
			if p.ours() && !inUse[p.Value] && !retiring[p.KeyID] {
				j.t.Errorf("%s holds %q, which no place knows", app.DisplayName, p.DisplayName)
			}
		}
	}
	for _, line := range j.texts(`SELECT run.app || ': ' || attempt.mark || ' is ' || attempt.state FROM attempt JOIN run ON run.id = attempt.run
		WHERE run.state = 'done' AND attempt.n <> run.attempt AND attempt.state NOT IN ('removed', 'void')`) {
		j.t.Errorf("a renewal is done, and what became of an attempt isn't known: %s", line)
	}
	for _, line := range j.texts("SELECT app || ' ' || state || ' ' || (reason ->> 'text') FROM run WHERE open AND door = 'person'") {
		j.t.Errorf("stands still for a person: %s", line)
	}
}
