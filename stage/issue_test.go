package stage

import (
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/renewal"
	"keyturn/store"
)

// TestWhatIsGoneTakesNoRoom: an app that was read before an attempt of ours was removed, or by a replica that lags, isn't
// full because of it.
func TestWhatIsGoneTakesNoRoom(t *testing.T) {
	t.Parallel()
	app := credential.App{Audience: "AzureADandPersonalMicrosoftAccount", Credentials: []credential.Credential{
		{KeyID: "old", Kind: credential.Password}, {KeyID: "ours", Kind: credential.Password},
	}}
	for name, c := range map[string]struct {
		state renewal.AttemptState
		key   string
		age   time.Duration
		door  renewal.Door
	}{
		"an attempt of ours that is gone":          {renewal.AttemptRemoved, "ours", 0, renewal.Open},
		"an attempt of ours in doubt":              {renewal.AttemptDoubtful, "", 0, renewal.Wait},
		"an attempt of ours that nothing clears":   {renewal.AttemptDoubtful, "", 2 * time.Hour, renewal.Person},
		"an attempt of ours still to be swept":     {renewal.AttemptAbandoned, "ours", 0, renewal.Open},
		"another's secret, as one replica shows":   {renewal.AttemptRemoved, "other", time.Minute, renewal.Wait},
		"another's secret, as all replicas show":   {renewal.AttemptRemoved, "other", time.Hour, renewal.Person},
		"a secret that this run took to make room": {renewal.AttemptRemoved, "room", time.Hour, renewal.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := fullJob(&fakeApp{other: c.key != "ours"})
			j.History = store.History{Attempts: []renewal.Attempt{{N: 1, State: c.state, KeyID: c.key, Mark: "mark run.1", At: j.Now().Add(-c.age)}}}
			if c.key == "room" {
				j.Run.Order.RoomKeyID = "another"
			}
			if pause, err := j.waitForRoom(t.Context(), app); err != nil || pause.Door != c.door {
				t.Errorf("door %q (%s), error %v, want %q", pause.Door, pause.Reason.Text, err, c.door)
			}
		})
	}
}

// TestAttemptsThatAreLeftAreCounted: what loses their values again and again must not fill the app with secrets.
func TestAttemptsThatAreLeftAreCounted(t *testing.T) {
	t.Parallel()
	left := func(n int, state renewal.AttemptState) (attempts []renewal.Attempt) {
		for i := range n {
			attempts = append(attempts, renewal.Attempt{N: i + 1, State: state})
		}
		return attempts
	}
	for name, c := range map[string]struct {
		attempts []renewal.Attempt
		reopened bool
		door     renewal.Door
	}{
		"four are left":                        {left(4, renewal.AttemptAbandoned), false, renewal.Open},
		"five are left":                        {left(5, renewal.AttemptAbandoned), false, renewal.Person},
		"five are in doubt":                    {left(5, renewal.AttemptDoubtful), false, renewal.Person},
		"many, and a person said to go on":     {left(9, renewal.AttemptAbandoned), true, renewal.Open},
		"many came to nothing or were removed": {append(left(9, renewal.AttemptVoid), left(9, renewal.AttemptRemoved)...), false, renewal.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &Job{History: store.History{Attempts: c.attempts}, reopened: c.reopened}
			if pause := j.tooMany(); pause.Door != c.door {
				t.Errorf("door %q (%s), want %q", pause.Door, pause.Reason.Text, c.door)
			}
		})
	}
}
