package world

import (
	"fmt"
	"sort"
)

// toggle is one declared switch.
type toggle struct {
	help    string
	value   string
	changed func(value string)
}

// Declare makes a switch known, off, with one line of help for people. changed, when not nil, runs with the lock held
// each time the switch is set, also when it is set to the value it has. Declaring a name again is a programmer's error
// and panics. Call it while the cloud is being built.
func (w *World) Declare(name, help string, changed func(value string)) {
	if _, twice := w.switches[name]; twice {
		panic("world: switch declared twice: " + name)
	}
	w.switches[name] = &toggle{help: help, changed: changed}
}

// Switch is the value of a switch, "" when it is off or unknown. Hold the lock.
func (w *World) Switch(name string) string {
	if s, ok := w.switches[name]; ok {
		return s.value
	}
	return ""
}

// SetSwitch sets a switch; "" and "off" turn it off. It returns an error for a name that nobody declared. Hold the lock.
func (w *World) SetSwitch(name, value string) error {
	s, ok := w.switches[name]
	if !ok {
		return fmt.Errorf("no switch is named %q; known: %v", name, w.SwitchNames())
	}
	if value == "off" {
		value = ""
	}
	s.value = value
	if s.changed != nil {
		s.changed(value)
	}
	return nil
}

// SwitchNames lists the declared switches in order. Hold the lock.
func (w *World) SwitchNames() []string {
	names := make([]string, 0, len(w.switches))
	for name := range w.switches {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// SwitchHelp is the line of help given when the switch was declared. Hold the lock.
func (w *World) SwitchHelp(name string) string {
	if s, ok := w.switches[name]; ok {
		return s.help
	}
	return ""
}
