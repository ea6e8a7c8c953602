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
		door  renewal.Door
	}{
		"an attempt of ours that is gone":      {renewal.AttemptRemoved, "ours", renewal.Open},
		"an attempt of ours in doubt":          {renewal.AttemptDoubtful, "", renewal.Wait},
		"an attempt of ours still to be swept": {renewal.AttemptAbandoned, "ours", renewal.Wait},
		"another's secret":                     {renewal.AttemptRemoved, "other", renewal.Person},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &Job{History: store.History{Attempts: []renewal.Attempt{{N: 1, State: c.state, KeyID: c.key}}}}
			j.Now = time.Now
			if pause, _ := j.waitForRoom(app); pause.Door != c.door {
				t.Errorf("door %q (%s), want %q", pause.Door, pause.Reason.Text, c.door)
			}
		})
	}
}
