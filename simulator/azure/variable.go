package azure

import (
	"slices"
	"strings"
	"time"
)

const variableType = "Microsoft.Automation/automationAccounts/variables"

// Variable is an Automation variable. Value is the JSON document as written, as in "\"abc\"" with its quotes; GET never shows an encrypted one.
type Variable struct {
	ID, Name, Value, Description string
	HasValue, Encrypted          bool
	Created, Changed             time.Time

	// before is what stale replicas answer until staleUntil.
	before     *Variable
	staleUntil time.Time
}

// SetVariable makes or changes a variable of an account without asking for any right. value is a JSON document.
func (s *Service) SetVariable(accountID, name, value string, encrypted bool) *Variable {
	id := strings.TrimRight(accountID, "/") + "/variables/" + name
	now := s.w.Now()
	v := s.variables[key(id)]
	if v == nil {
		v = &Variable{ID: id, Name: name, Created: now}
		s.variables[key(id)] = v
		s.variableOrder = append(s.variableOrder, key(id))
	}
	v.Value, v.HasValue, v.Encrypted, v.Changed = value, true, encrypted, now
	return v
}

// VariableValue is the JSON document in a variable, as a running job would read it.
func (s *Service) VariableValue(id string) (string, bool) {
	v := s.variables[key(id)]
	if v == nil {
		return "", false
	}
	return v.Value, true
}

// Variables lists the variables of all accounts in order of creation.
func (s *Service) Variables() []*Variable {
	all := make([]*Variable, 0, len(s.variables))
	for _, k := range s.variableOrder {
		all = append(all, s.variables[k])
	}
	return all
}

func (s *Service) removeVariable(id string) bool {
	if _, ok := s.variables[key(id)]; !ok {
		return false
	}
	delete(s.variables, key(id))
	s.variableOrder = slices.DeleteFunc(s.variableOrder, func(k string) bool { return k == key(id) })
	return true
}
