package setup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

type object = map[string]any

// change is one difference that setup removes: an addition, or another value.
type change struct {
	path     string
	old, new any  // nothing is old where something is added
	needed   bool // the daemon does not work without it
}

func (c change) String() string {
	if c.old == nil {
		return "+ " + c.path + ": " + show(c.new)
	}
	return "~ " + c.path + ": " + show(c.old) + " -> " + show(c.new)
}

// show is a value as short JSON.
func show(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return fmt.Sprint(v)
	}
	const most = 120
	text := strings.TrimSpace(b.String())
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

// differ collects the differences of one item.
type differ struct {
	types     []any // of resources, which the list of a customer must hold
	changes   []change
	conflicts []Problem // what setup cannot change without overwriting something
	doubts    []string  // what cannot be judged before the changes
	notes     []string
}

func (d *differ) add(path string, v any, needed bool) {
	d.changes = append(d.changes, change{path: path, new: v, needed: needed})
}

func (d *differ) set(path string, old, v any) {
	d.changes = append(d.changes, change{path: path, old: old, new: v})
}

// conflict is solved by what the remedy says, and only by a person.
func (d *differ) conflict(remedy, format string, args ...any) {
	d.conflicts = append(d.conflicts, Problem{fmt.Sprintf(format, args...), remedy})
}

// child returns the object at the end of a path, which is in o, and makes one that
// is missing. What is something else is a conflict: an empty object stands for it.
func (d *differ) child(o object, path string) object {
	name := path[strings.LastIndex(path, ".")+1:]
	if o[name] == nil {
		o[name] = object{}
	}
	c, ok := o[name].(object)
	if !ok {
		d.conflict("make it one in Port", "%s is not an object", path)
		c = object{}
	}
	return c
}

// fixed makes a conflict where a value is not what it must be.
func (d *differ) fixed(path string, have, want any, remedy string) {
	if !reflect.DeepEqual(have, want) {
		d.conflict(remedy, "%s is %s and must be %s", path, show(have), show(want))
	}
}

// same compares what Port has with what it should have. White space in a template
// does not matter: Port may lay it out in another way.
func same(have, want any) bool {
	a, isText := have.(string)
	b, bothText := want.(string)
	if isText && bothText && strings.Contains(a+b, "{{") {
		return strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), "")
	}
	return reflect.DeepEqual(have, want)
}
