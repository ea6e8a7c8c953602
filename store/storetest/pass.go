package storetest

import (
	"sync"
	"testing"
	"time"

	"keyturn/store"
)

func pass(id string, kind store.PassKind, made time.Time) store.Pass {
	return store.Pass{
		ID: id, Kind: kind, Digest: "digest of " + id, Name: "of the pipeline", Role: "operator", Person: "Ada Lovelace",
		Subject: "issuer|ada", Method: "provider", Made: made, Ends: made.Add(time.Hour),
	}
}

func passes(t *testing.T, b Bench) {
	kept := part[store.Passes](t, b.Store)
	first, second := pass("a", store.TokenPass, noon), pass("b", store.TokenPass, noon.Add(time.Minute))
	for _, p := range []store.Pass{first, second, pass("c", store.SessionPass, noon)} {
		must(t, kept.Keep(t.Context(), p))
	}
	got, err := kept.Pass(t.Context(), first.Digest)
	must(t, err)
	same(t, "a pass by its digest", got, first)
	_, err = kept.Pass(t.Context(), "another")
	wantErr(t, "a digest that nobody has", err, store.ErrNoPass)
	all, err := kept.Passes(t.Context(), store.TokenPass)
	must(t, err)
	same(t, "the tokens", all, []store.Pass{second, first})
	ended, err := kept.Void(t.Context(), "nobody's", noon)
	must(t, err)
	same(t, "ending what isn't there", ended, false)
	must(t, kept.Keep(t.Context(), pass("d", store.TokenPass, first.Ends.Add(store.KeptAfter+time.Second))))
	_, err = kept.Pass(t.Context(), first.Digest)
	wantErr(t, "a pass that ended long ago", err, store.ErrNoPass)
}

func passOnce(t *testing.T, b Bench) {
	link := pass("link", store.LinkPass, noon)
	must(t, part[store.Passes](t, b.Store).Keep(t.Context(), link))
	won := make(chan string, 8)
	var group sync.WaitGroup
	for range 8 {
		kept := part[store.Passes](t, b.Again(t))
		group.Go(func() {
			if mine, err := kept.Void(t.Context(), link.ID, noon.Add(time.Minute)); err != nil {
				t.Error(err)
			} else if mine {
				won <- link.ID
			}
		})
	}
	group.Wait()
	same(t, "how many ended it", len(won), 1)
	got, err := part[store.Passes](t, b.Store).Pass(t.Context(), link.Digest)
	must(t, err)
	same(t, "when it was ended", got.Voided, noon.Add(time.Minute))
	same(t, "whether it is still good", got.Good(noon.Add(2*time.Minute)), false)
}
