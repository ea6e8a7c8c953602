package script

import "strings"

// scope is an Azure resource id, or the bare name of a vault.
type scope string

func parse(id string) scope {
	if strings.Contains(id, "/") {
		id = "/" + strings.Trim(id, "/")
	}
	return scope(id)
}

func (s scope) same(other scope) bool { return strings.EqualFold(string(s), string(other)) }

func (s scope) parts() []string { return strings.Split(strings.Trim(string(s), "/"), "/") }

// after returns the segment that follows the one named, whatever its letter case; "" = there is none.
func (s scope) after(segment string) string {
	parts := s.parts()
	for i := 0; i+1 < len(parts); i += 2 {
		if strings.EqualFold(parts[i], segment) {
			return parts[i+1]
		}
	}
	return ""
}

func (s scope) subscription() string { return s.after("subscriptions") }

func (s scope) group() string { return s.after("resourceGroups") }

func (s scope) last() string { parts := s.parts(); return parts[len(parts)-1] }

// home is the resource group of the scope, or its subscription: the places in which a role may be made assignable.
func (s scope) home() scope {
	switch {
	case s.group() != "":
		return scope("/subscriptions/" + s.subscription() + "/resourceGroups/" + s.group())
	case s.subscription() != "":
		return scope("/subscriptions/" + s.subscription())
	}
	return s
}

// types returns the resource's type by segment and its names: Microsoft.KeyVault/vaults, secrets and kv, appSecret.
func (s scope) types() (types, names []string) {
	parts := s.parts()
	for i := 0; i < len(parts); i += 2 {
		if !strings.EqualFold(parts[i], "providers") || i+1 >= len(parts) {
			continue
		}
		provider := parts[i+1]
		for j := i + 2; j+1 < len(parts); j += 2 {
			types, names = append(types, parts[j]), append(names, parts[j+1])
		}
		if len(types) > 0 {
			types[0] = provider + "/" + types[0]
		}
		return types, names
	}
	return nil, nil
}

// kind is the last word of the resource's type, such as connections or variables.
func (s scope) kind() string {
	types, _ := s.types()
	if len(types) == 0 {
		return "resources"
	}
	last := types[len(types)-1]
	return last[strings.LastIndex(last, "/")+1:]
}

// vault is the vault's name, whether the scope is its resource id or the name itself.
func (s scope) vault() string {
	if name := s.after("vaults"); name != "" {
		return name
	}
	return s.last()
}
