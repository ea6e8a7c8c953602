//go:build unix

// Package soak_test lets four machines on one PostgreSQL renew an organisation's secrets while everything goes wrong at
// random: requests fail, late, before or after their effect; nodes are killed, suspended and come back late; their cables to
// the database are cut. The truth is judged all the time.
//
// `make soak` does so for long; -draws repeats the chances of an earlier run, in so far as four processes can be repeated.
package soak_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"keyturn/e2e/builttest"
	"keyturn/store/postgrestest"
)

var (
	length = flag.Duration("length", 60*time.Second, "for how long things go wrong")
	size   = flag.Int("apps", 25, "applications")
	pooler = flag.Bool("pooler", false, "let the machines reach their database through a PgBouncer")
	draws  = flag.Uint64("draws", 0, "repeat the chances of an earlier run; 0 draws anew")
)

var binary *builttest.Built

func TestMain(m *testing.M) {
	os.Exit(builttest.Main(postgrestest.Suite(m), func(dir string) (err error) {
		binary, err = builttest.Keyturn(dir)
		return err
	}))
}

func TestSoak(t *testing.T) {
	t.Parallel()
	seed := *draws
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat with: go test ./e2e/soak -length %s -apps %d -pooler=%v -draws %d", *length, *size, *pooler, seed)
	cloud := startCloud(t, "--seed", fmt.Sprintf("large:%d:due", *size), "--propagation", "2s", "--draws", fmt.Sprint(seed))
	address := postgrestest.Database(t)
	j := newJudge(t, cloud, address)
	way := address
	if *pooler {
		way = postgrestest.Pooler(t, address)
	}
	store, err := url.Parse(way)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*node
	for i := range 4 {
		n := newNode(t, fmt.Sprint("node ", i), cloud, store, "store: keyturn.db", "serve: { every: 10s }\nstore: keyturn.db", "over: 60s", "over: 3s")
		n.start()
		nodes = append(nodes, n)
	}
	c := &chaos{t: t, cloud: cloud, nodes: nodes, judge: j, random: rand.New(rand.NewPCG(seed, 2))}
	c.rage(*length)
	c.calm()
	j.ended()
	j.nothingOnDisk(nodes)
	t.Logf("judged %d times: %s; %d renewals", j.looks, c, len(j.texts("SELECT id FROM run WHERE state = 'done'")))
	if t.Failed() {
		for _, n := range nodes {
			t.Log(n.tail())
		}
	}
}

// TestANodeWithoutItsDatabaseStops before another may take over: nothing is sent to the cloud any more from the end of its
// lease on, and what it had in hand is gone on with by another.
func TestANodeWithoutItsDatabaseStops(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle", "--seed", "large:30:due", "--latency", "100ms")
	address := postgrestest.Database(t)
	j := newJudge(t, cloud, address)
	store, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*node
	for i := range 2 {
		n := newNode(t, fmt.Sprint("node ", i), cloud, store, "over: 60s", "over: 20s")
		nodes = append(nodes, n)
	}
	nodes[0].start()
	await(t, "runs in its hands", func() bool {
		return len(j.texts("SELECT id FROM run WHERE open AND node <> '' AND state IN ('settling', 'issuing', 'delivering')")) >= 4
	})
	nodes[1].start()
	nodes[0].database.sever()
	severed := time.Now()
	held := j.texts("SELECT id FROM run WHERE open AND node <> '' AND state <> 'planned'")
	const lease = 10 * time.Second // after which another may take over; the node itself must stop two seconds before
	await(t, "the other to take over", func() bool {
		return len(j.texts("SELECT id FROM run WHERE id = ANY ($1) AND (node IS DISTINCT FROM $2) AND delivered_at IS NOT NULL", held, "")) > 0 ||
			time.Since(severed) > lease+20*time.Second
	})
	await(t, "every run to go on", func() bool {
		return len(j.texts("SELECT id FROM run WHERE id = ANY ($1) AND delivered_at IS NULL", held)) == 0
	})
	if last := nodes[0].cloud.last(); last.After(severed.Add(lease)) {
		t.Errorf("the node acted %s after it lost its database, want at most %s", last.Sub(severed), lease)
	} else {
		t.Logf("its last request was sent %s after it lost its database", last.Sub(severed).Round(100*time.Millisecond))
	}
	nodes[0].database.heal(true) // what it had to say arrives now, and is refused
	j.look()
	for _, n := range nodes {
		n.signal(syscall.SIGTERM)
	}
}

// await waits for something that is to come. tell, where there is one, says how it stands when it doesn't.
func await(t *testing.T, what string, done func() bool, tell ...func() string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !done(); time.Sleep(50 * time.Millisecond) {
		if !time.Now().After(end) {
			continue
		}
		for _, how := range tell {
			t.Log(how())
		}
		t.Fatalf("waited in vain for %s", what)
	}
}
