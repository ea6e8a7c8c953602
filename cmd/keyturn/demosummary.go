package main

import (
	"fmt"
	"time"

	"keyturn/cmd/keyturn/screen"
)

// conclude tells what the demo showed, and fails when any of it isn't as promised.
func (d *demonstration) conclude(first, second *scene) error {
	found, err := first.search()
	if err != nil {
		return err
	}
	again, err := second.search()
	if err != nil {
		return err
	}
	hits := len(found.hits) + len(again.hits)
	if d.format.chosen == asJSON {
		d.concludeJSON(first, hits)
	} else {
		d.concludeText(first, second, found, again)
	}
	signIns := first.signIns()
	if failed := signIns.Failed + second.signIns().Failed; failed > 0 || hits > 0 {
		return fmt.Errorf("the demo didn't keep its promise: %d failed sign-ins, %d secrets on disk (%v %v)", failed, hits, found.hits, again.hits)
	}
	return nil
}

func (d *demonstration) concludeJSON(first *scene, hits int) {
	told := first.ended
	signIns := first.signIns()
	told.SignIns, told.SecretsOnDisk = &signIns, &hits
	told.Seconds = d.sh.now().Sub(d.began).Seconds()
	(&jsonLines{sh: d.sh}).line(told)
}

func (d *demonstration) concludeText(first, second *scene, found, again search) {
	style := d.sh.style()
	d.headline("What was shown")
	for _, t := range first.ended.Targets {
		d.remark("%s %-58s proof: %s", style.Mark(true), t.Target, t.Rung)
	}
	d.remark("%s the old secret was removed; evidence: %s", style.Mark(true), first.ended.Evidence)
	count := first.signIns()
	d.remark("%s %d sign-ins of %d consumers since the renewal began, %s failed", style.Mark(count.Failed == 0), count.OK,
		len(first.after.Consumers), style.Text(screen.Bold, fmt.Sprint(count.Failed)))
	hits := len(found.hits) + len(again.hits)
	d.remark("%s %s secrets on disk: %d values searched for in %d files and all output, %d KiB", style.Mark(hits == 0),
		style.Text(screen.Bold, fmt.Sprint(hits)), found.values+again.values, found.files+again.files, (found.bytes+again.bytes)/1024)
	healed := second.signIns()
	d.remark("%s after the expiry: %d consumers failed; one command, %s here and %s of the cloud's time; since then %d sign-ins, %d failed",
		style.Mark(healed.Failed == 0), len(second.failedBefore), second.took.Round(100*time.Millisecond), second.cloudTime.Round(time.Second), healed.OK, healed.Failed)
	for _, other := range first.ended.Findings {
		d.remark("%s still to do: %s", style.Text(screen.Amber, "!"), screen.Clean(other.Message))
	}
	d.remark("It took %s. Now your own tenant: keyturn scan --tenant YOURS.onmicrosoft.com", d.sh.now().Sub(d.began).Round(time.Second))
}
