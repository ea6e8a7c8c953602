package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// truth is what the simulated cloud knows and tells no client: the demo's witness.
type truth struct {
	Now     time.Time `json:"now"`
	Tenants []struct {
		Users []struct {
			Password string `json:"password"`
		} `json:"users"`
		Applications []struct {
			Passwords []struct {
				Value string `json:"value"`
			} `json:"passwords"`
		} `json:"applications"`
	} `json:"tenants"`
	Vaults []struct {
		Secrets []struct {
			Name     string `json:"name"`
			Versions []struct {
				Value string `json:"value"`
			} `json:"versions"`
		} `json:"secrets"`
	} `json:"vaults"`
	Consumers []consumed `json:"consumers"`
}

// consumed is one consumer's count of sign-ins.
type consumed struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Successes int    `json:"successes"`
	Failures  int    `json:"failures"`
}

// truth asks the simulator's own page.
func (s *scene) truth() (told truth, err error) {
	answer, err := http.Get(s.cloud.URL() + "/_sim/state")
	if err != nil {
		return truth{}, fmt.Errorf("ask the simulator for the truth: %w", err)
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		return truth{}, fmt.Errorf("read the simulator's truth: %w", err)
	}
	s.learn(told)
	return told, nil
}

// witness counts what happened since counting began.
func (s *scene) witness() (err error) {
	s.after, err = s.truth()
	return err
}

func (t truth) consumer(name string) consumed {
	at := slices.IndexFunc(t.Consumers, func(c consumed) bool { return c.Name == name })
	if at < 0 {
		return consumed{}
	}
	return t.Consumers[at]
}

// failing names the consumers that failed since earlier.
func (t truth) failing(earlier truth) []string {
	var names []string
	for _, c := range t.Consumers {
		if c.Failures > earlier.consumer(c.Name).Failures {
			names = append(names, c.Name)
		}
	}
	return names
}

// signIns counts the consumers' sign-ins since counting began.
func (s *scene) signIns() summarySignIns {
	var total summarySignIns
	for _, c := range s.after.Consumers {
		earlier := s.before.consumer(c.Name)
		total.OK += c.Successes - earlier.Successes
		total.Failed += c.Failures - earlier.Failures
	}
	return total
}
