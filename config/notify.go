package config

import (
	"reflect"
	"slices"
	"strings"

	"keyturn/notify"
	"keyturn/secret"
)

// Notify is how people are told what they should know. Its zero value tells nobody.
type Notify struct {
	Notifiers []Block // in the order of the file; Kind is the notifier's code
	Heartbeat Beat
}

// On reports whether anybody is to be told.
func (n Notify) On() bool { return len(n.Notifiers) > 0 }

// Beat is the address that is asked after each look at the tenant that went well, as it is written.
type Beat struct {
	file string
	spot held
}

// heartbeatKey stands beside the notifiers.
const heartbeatKey = "heartbeat"

// Address fetches the address; none is the zero Value. A variable or file that it is to come from and that isn't there
// gives [*Problems].
func (b Beat) Address(environment Environment) (secret.Value, error) {
	if b.spot.node == nil {
		return secret.Value{}, nil
	}
	read := newReader(b.file, nil)
	read.environment = environment
	address := read.address(b.spot)
	if len(read.problems) > 0 {
		return secret.Value{}, read.report()
	}
	return address, nil
}

// Fault makes the error of an address that can't be asked, told at its place in the file.
func (b Beat) Fault(err error) error {
	read := newReader(b.file, nil)
	read.say(b.spot.unquoted(), heartbeatKey+": "+err.Error(), "")
	return read.report()
}

// address reads an address that may stand in the file, since whoever learns it can do little harm, or be referred to.
func (r *reader) address(spot held) secret.Value {
	var found secret.Value
	if spot.node != nil && strings.Contains(spot.node.Value, "${") {
		r.secret(spot, valueOf(&found))
		return found
	}
	var text string
	r.into(spot, valueOf(&text))
	return secret.New(text)
}

// notify reads everything below the key of that name.
func (r *reader) notify(written held, kinds []notify.Descriptor) Notify {
	var found Notify
	if written.node == nil {
		return found
	}
	entries, ok := r.entries(written)
	if !ok {
		return found
	}
	for _, each := range entries {
		at := slices.IndexFunc(kinds, func(d notify.Descriptor) bool { return d.Code == each.key })
		switch {
		case each.key == heartbeatKey:
			r.address(each.spot)
			found.Heartbeat = Beat{file: r.path, spot: each.spot}
		case at < 0:
			r.unknown(each, notifyKeys(kinds))
		default:
			r.notifier(each, kinds[at])
			found.Notifiers = append(found.Notifiers, r.newBlock(each.key, each.keyAt.at.Line, each.spot))
		}
	}
	return found
}

func notifyKeys(kinds []notify.Descriptor) []string {
	keys := []string{heartbeatKey}
	for _, kind := range kinds {
		keys = append(keys, kind.Code)
	}
	return keys
}

// notifier checks a block against its descriptor.
func (r *reader) notifier(block entry, kind notify.Descriptor) {
	entries, ok := r.entries(block.spot)
	if !ok {
		return
	}
	known := map[string]notify.Field{}
	for _, field := range kind.Fields {
		known[field.Name] = field
	}
	written := map[string]bool{}
	for _, each := range entries {
		field, found := known[each.key]
		if !found {
			r.unknown(each, keysOf(known))
			continue
		}
		written[each.key] = true
		r.notifierField(each, field)
	}
	for _, field := range kind.Fields {
		if field.Required && !written[field.Name] {
			r.sayf(block.keyAt, "add "+field.Name+": "+field.Example, "%q is missing in %s", field.Name, block.key)
		}
	}
}

func (r *reader) notifierField(each entry, field notify.Field) {
	value := reflect.New(shapeOfNotify(field.Kind)).Elem()
	before := len(r.problems)
	r.into(each.spot, value)
	if len(r.problems) > before {
		return
	}
	r.allowed(each, field.Choices, value)
	empty := value.Kind() == reflect.Slice && value.Len() == 0 || value.Kind() == reflect.String && value.String() == ""
	if field.Required && empty {
		r.sayf(each.spot, "such as "+field.Example, "%q is empty", each.key)
	}
}

func shapeOfNotify(kind notify.FieldKind) reflect.Type {
	switch kind {
	case notify.Number:
		return reflect.TypeFor[int]()
	case notify.List:
		return reflect.TypeFor[[]string]()
	case notify.Secret:
		return secretType
	default:
		return reflect.TypeFor[string]()
	}
}
