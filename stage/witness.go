package stage

import (
	"context"
	"fmt"
	"time"

	"keyturn/audit"
	"keyturn/issuer"
	"keyturn/renewal"
)

// hear asks with which secret the service signs what it sends to consumers, where a person handed over such a message for
// this process, and keeps what that proves of each place.
func (j *Job) hear(ctx context.Context) ([]issuer.Testimony, error) {
	witness, ok := j.Issuer.(issuer.Witness)
	if !ok {
		return nil, nil
	}
	heard, err := witness.Witness(ctx, j.ClientID)
	if err != nil {
		return nil, fmt.Errorf("hear what the service signs with: %w", err)
	}
	for _, told := range heard {
		if err := j.believe(ctx, told); err != nil {
			return nil, err
		}
	}
	return heard, nil
}

// believe saves a testimony as the proof of its place, once: the service itself took what the place's consumers have.
func (j *Job) believe(ctx context.Context, told issuer.Testimony) error {
	d := j.delivery(told.Place)
	if d.State != renewal.DeliveryVerified || d.Rung.Above(renewal.PlatformCheck) || d.Note == told.Text {
		return nil
	}
	d.Rung, d.ProvenAt, d.Note = renewal.PlatformCheck, j.Now(), told.Text
	return j.save(ctx, draft{
		deliveries: []renewal.Delivery{d},
		events:     event("heard", told.Text, "target", told.Place, "rung", string(d.Rung)),
		audit:      entry("verify", told.Place, audit.Happened, string(d.Rung)+": "+told.Text),
	})
}

// signsWithOld waits where a message of the service shows that it still signs with the old secret after that has ended:
// consumers need it, whatever the dates say.
func (j *Job) signsWithOld(ctx context.Context) (Pause, error) {
	heard, err := j.hear(ctx)
	if err != nil || j.Run.Order.Emergency {
		return Pause{}, err
	}
	for _, told := range heard {
		if told.Later {
			return waitUntil(j.Now().Add(24*time.Hour), "context.old", told.Place+" keeps the old secret: "+told.Text), nil
		}
	}
	return Pause{}, nil
}
