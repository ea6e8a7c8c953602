package targettest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
)

func (e *exercise) namesRights() {
	before := e.Holds()
	var named []check.Check
	for _, c := range check.Failed(checks(e, e.Powerless)) {
		if c.Code == problem.Denied && c.Fix != "" && (e.Local || len(c.Grants) > 0) {
			named = append(named, c)
		}
	}
	if len(named) == 0 {
		e.Errorf("no check names the missing right: %+v", checks(e, e.Powerless))
	}
	_, err := e.Powerless.Write(e.Context(), e.parcel("run.1"))
	e.wantProblem(err, problem.Person, problem.Denied)
	e.wantHeld(before, "after a refused write")
}

func (e *exercise) namesLocks() {
	if e.Lock == nil {
		return
	}
	before := e.Holds()
	e.Lock()
	failed := check.Failed(checks(e, e.Target))
	if len(failed) != 1 || failed[0].Code != problem.Locked || failed[0].Fix == "" {
		e.Errorf("checks: %+v", failed)
	}
	_, err := e.Target.Write(e.Context(), e.parcel("run.1"))
	e.wantProblem(err, problem.Person, problem.Locked)
	e.wantHeld(before, "after a refused write")
}

func (e *exercise) passesChecks() {
	for _, c := range checks(e, e.Target) {
		if !c.OK || c.Warning {
			e.Errorf("%+v", c)
		}
	}
}

func (e *exercise) survivesLostReplies() {
	if e.Local {
		return // no request is sent; withstands looks at what can fail here
	}
	p := e.parcel("run.1")
	rest := e.Rest()
	e.Fault("reply-lost")
	_, err := e.Target.Write(e.Context(), p)
	found := problem.Of(err)
	if err == nil || found.Class != problem.Retry || !found.Doubtful {
		e.Fatalf("class %s, doubtful %v: %v", found.Class, found.Doubtful, err)
	}
	e.wantHeld(p.Value.Reveal(), "the effect of the lost request")
	receipt := e.write(p)
	if seen := e.look(); seen.Receipt != receipt {
		e.Errorf("look shows %+v after receipt %s", seen, receipt)
	}
	e.wantHeld(p.Value.Reveal(), "after writing again")
	if after := e.Rest(); !reflect.DeepEqual(rest, after) {
		e.Errorf("before %v, after %v", rest, after)
	}
}

func (e *exercise) heedsThrottling() {
	if e.Local {
		return // no request is sent; withstands looks at what can fail here
	}
	before := e.Holds()
	e.Fault("throttle")
	p := e.parcel("run.1")
	_, err := e.Target.Write(e.Context(), p)
	e.wantProblem(err, problem.Retry, problem.Throttled)
	if problem.Of(err).After <= 0 {
		e.Errorf("it doesn't say when to try again: %v", err)
	}
	e.wantHeld(before, "after a throttled write")
	e.write(p)
}

func (e *exercise) refusesNothing() {
	before := e.Holds()
	p := e.parcel("run.1")
	p.Value = secret.Value{}
	if _, err := e.Target.Write(e.Context(), p); err == nil {
		e.Error("an empty value was written")
	}
	e.wantHeld(before, "after an empty write")
}

func (e *exercise) keepsSecrets() {
	var told strings.Builder
	var values []string
	for i, kind := range e.kinds() {
		p := e.parcel(fmt.Sprintf("run.%d", i+1))
		values = append(values, p.Value.Reveal())
		e.Fault(kind)
		_, err := e.Target.Write(e.Context(), p)
		if err == nil {
			e.Errorf("%s: no error", kind)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&told, "%v %+v\n", err, err)
		}
	}
	p := e.parcel("run.4")
	values = append(values, p.Value.Reveal())
	receipt := e.write(p)
	proof, err := e.Target.Verify(e.Context(), p, e.written(receipt))
	fmt.Fprintf(&told, "%+v %v %+v %+v", proof, err, e.look(), p)
	e.Stranger()
	_, err = e.Target.Verify(e.Context(), p, e.written(receipt))
	fmt.Fprintf(&told, "%v", err)
	log := e.log()
	if log == "" && !e.Local {
		e.Error("nothing was logged at debug, so nothing was tested")
	}
	for _, value := range values {
		if strings.Contains(told.String(), value) || strings.Contains(log, value) {
			e.Error("an error, a proof or the log shows a value")
		}
	}
}

// kinds are the faults that the place may suffer.
func (e *exercise) kinds() []string {
	if e.Local {
		return slices.Sorted(maps.Keys(e.Faults))
	}
	return []string{"error-after", "throttle", "reply-lost"}
}

// foretells: what is saved before a write is what the write gives.
func (e *exercise) foretells() {
	teller, ok := e.Target.(target.Foretelling)
	if !ok {
		return
	}
	p := e.parcel("run.1")
	foretold, before := teller.Foretell(p), e.look()
	if receipt := e.write(p); foretold != receipt || foretold == before.Receipt {
		e.Errorf("foretold %s, wrote %s, before %s", foretold, receipt, before.Receipt)
	}
}

// releases: the old value goes when told and the new one stays, as often as it is told.
func (e *exercise) releases() {
	releasing, ok := e.Target.(target.Releasing)
	if !ok || e.Beside == nil {
		return
	}
	p := e.parcel("run.1")
	old := e.Holds()
	e.write(p)
	if e.Beside() != old || old == "" {
		e.Fatal("the old value isn't beside the new one")
	}
	e.wantPair(p.Value.Reveal(), old)
	for range 2 {
		receipt, err := releasing.Release(e.Context(), p)
		if err != nil || receipt != e.look().Receipt {
			e.Errorf("receipt %s, shown %s: %v", receipt, e.look().Receipt, err)
		}
		e.wantHeld(p.Value.Reveal(), "after the old value was let go")
	}
	if e.Beside() != "" {
		e.Error("the old value is still there")
	}
	e.wantPair(p.Value.Reveal())
}

// wantPair: what consumers try, in their order, whatever form it is written in.
func (e *exercise) wantPair(values ...string) {
	e.Helper()
	paired, ok := e.Target.(target.Paired)
	if !ok {
		return
	}
	pair, err := paired.Pair(e.Context())
	if err != nil || len(pair) != len(values) {
		e.Fatalf("consumers have %d values of %d: %v", len(pair), len(values), err)
	}
	for n, held := range pair {
		text := held.Text.Reveal()
		if read := target.Base64.Read(held.Text).Reveal(); (text != values[n] && read != values[n]) || held.Name == "" {
			e.Errorf("%s holds another value than the %d. that consumers try", held.Name, n+1)
		}
	}
}

// withstands: whatever a local place fails with, it holds what it held.
func (e *exercise) withstands() {
	for kind, trouble := range e.Faults {
		before, rest := e.Holds(), e.Rest()
		e.Fault(kind)
		p := e.parcel("run.1")
		_, err := e.Target.Write(e.Context(), p)
		e.wantProblem(err, trouble.Class, trouble.Code)
		e.wantHeld(before, "after "+kind)
		if after := e.Rest(); !reflect.DeepEqual(rest, after) {
			e.Errorf("%s: before %v, after %v", kind, rest, after)
		}
		e.write(p)
	}
}
