package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"keyturn/simulator/world"
)

// longestAdvance is as far as the clock jumps in one go; consumers act on the whole way.
const longestAdvance = 5 * 365 * 24 * time.Hour

// control serves the ground truth and the levers, which the simulated cloud itself knows nothing of.
func (s *Simulator) control(w http.ResponseWriter, r *http.Request) {
	handlers := map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /_sim/state": s.showState, "GET /_sim/log": s.showLog, "DELETE /_sim/log": s.clearLog,
		"GET /_sim/faults": s.showFaults, "POST /_sim/faults": s.setFaults, "DELETE /_sim/faults": s.clearFaults,
		"GET /_sim/clock": s.showClock, "POST /_sim/clock": s.moveClock,
		"GET /_sim/switch": s.showSwitches, "POST /_sim/switch": s.setSwitch, "POST /_sim/reset": s.reset,
		"POST /_sim/device": s.answerDevice, "POST /_sim/browser": s.answerPage,
		"POST /_sim/launch": s.launch,
	}
	path := strings.TrimRight(r.URL.Path, "/")
	handler := handlers[r.Method+" "+path]
	if handler == nil {
		status := http.StatusNotFound
		for known := range handlers {
			if strings.HasSuffix(known, " "+path) {
				status = http.StatusMethodNotAllowed
			}
		}
		tell(w, status, map[string]string{"error": "no such lever: " + r.Method + " " + path})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := handler(w, r); err != nil {
		tell(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	}
}

func tell(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone; nothing to do about it
}

// read decodes a JSON body into a value and refuses anything behind it.
func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read body: there is more than one value")
	}
	return nil
}

func (s *Simulator) showClock(w http.ResponseWriter, _ *http.Request) error {
	tell(w, http.StatusOK, map[string]any{"now": s.World().Now()})
	return nil
}

func (s *Simulator) moveClock(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Advance string `json:"advance"`
	}
	if err := read(r, &body); err != nil {
		return err
	}
	d, err := readDuration(body.Advance)
	if err != nil {
		return err
	}
	if d < 0 || d > longestAdvance {
		return fmt.Errorf("the clock moves by 0 to %s, not by %s", longestAdvance, body.Advance)
	}
	s.Advance(d)
	return s.showClock(w, r)
}

// readDuration reads Go's durations, and whole days as in 30d.
func readDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n < 100_000 {
			return time.Duration(n * 24 * float64(time.Hour)), nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("advance %q is not a duration such as 24h or 30d", text)
	}
	return d, nil
}

func (s *Simulator) showFaults(w http.ResponseWriter, _ *http.Request) error {
	tell(w, http.StatusOK, s.World().Faults())
	return nil
}

// setFaults adds a list of rules, or one rule, before those in force; an empty list clears them.
func (s *Simulator) setFaults(w http.ResponseWriter, r *http.Request) error {
	var raw json.RawMessage
	if err := read(r, &raw); err != nil {
		return err
	}
	var rules []world.Fault
	if strings.HasPrefix(string(raw), "{") {
		rules = make([]world.Fault, 1)
		if err := strictly(raw, &rules[0]); err != nil {
			return err
		}
	} else if err := strictly(raw, &rules); err != nil {
		return err
	}
	if err := s.World().AddFaults(rules); err != nil {
		return err
	}
	return s.showFaults(w, r)
}

// strictly decodes JSON and refuses unknown keys, so that a misspelt rule is not one that fits everything.
func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read faults: %w", err)
	}
	return nil
}

func (s *Simulator) clearFaults(w http.ResponseWriter, r *http.Request) error {
	if err := s.World().AddFaults(nil); err != nil {
		return err
	}
	return s.showFaults(w, r)
}

func (s *Simulator) showSwitches(w http.ResponseWriter, _ *http.Request) error {
	c := s.World()
	c.Lock()
	list := []any{}
	for _, name := range c.SwitchNames() {
		list = append(list, map[string]string{"name": name, "value": c.Switch(name), "help": c.SwitchHelp(name)})
	}
	c.Unlock()
	tell(w, http.StatusOK, list)
	return nil
}

// setSwitch sets {"name","value"}; a value of true, or none, means "on", false and null mean off.
func (s *Simulator) setSwitch(w http.ResponseWriter, r *http.Request) error {
	body := struct {
		Name  string `json:"name"`
		Value any    `json:"value"`
	}{Value: true}
	if err := read(r, &body); err != nil {
		return err
	}
	value := ""
	switch v := body.Value.(type) {
	case bool:
		if v {
			value = "on"
		}
	case nil:
	default:
		value = fmt.Sprint(v)
	}
	c := s.World()
	c.Lock()
	err := c.SetSwitch(body.Name, value)
	c.Unlock()
	if err != nil {
		return err
	}
	return s.showSwitches(w, r)
}

// reset plants the sample anew, with the same ids and values, and the clock at the machine's time; tokens
// from before stay good.
func (s *Simulator) reset(w http.ResponseWriter, r *http.Request) error {
	planted, err := newCloud(s.options)
	if err != nil {
		return err
	}
	planted.d.SignLike(s.cloud.Load().d)
	old := s.cloud.Swap(planted)
	old.w.Close()
	if err := s.writeDir(); err != nil {
		return err
	}
	return s.showClock(w, r)
}
