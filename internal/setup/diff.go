package setup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"port-iam/port"
)

type object = map[string]any

// change is one difference: an addition, or where there was something a change.
type change struct {
	path     string
	old, new any
	added    bool
}

func (c change) String() string {
	if c.added {
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
	changes   []change
	conflicts []string
	notes     []string
}

func (d *differ) add(path string, v any) {
	d.changes = append(d.changes, change{path: path, new: v, added: true})
}

func (d *differ) set(path string, old, v any) {
	d.changes = append(d.changes, change{path: path, old: old, new: v})
}

func (d *differ) conflict(format string, args ...any) {
	d.conflicts = append(d.conflicts, fmt.Sprintf(format, args...))
}

func (d *differ) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// child returns the object under a name, making it where there is none. false
// where something else is there.
func (d *differ) child(o object, path, name string) (object, bool) {
	if o[name] == nil {
		o[name] = object{}
	}
	c, ok := o[name].(object)
	if !ok {
		d.conflict("%s is not an object", path)
	}
	return c, ok
}

// fixed makes a conflict where a value is not what it must be.
func (d *differ) fixed(path string, have, want any, remedy string) {
	if !reflect.DeepEqual(have, want) {
		d.conflict("%s is %s and must be %s: %s", path, show(have), show(want), remedy)
	}
}

// names are the names in an object in a fixed order.
func names(o object) []string { return slices.Sorted(maps.Keys(o)) }

// clone is a copy that shares nothing that can be changed.
func clone(v any) any {
	switch v := v.(type) {
	case object:
		c := make(object, len(v))
		for name, x := range v {
			c[name] = clone(x)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, x := range v {
			c[i] = clone(x)
		}
		return c
	}
	return v
}

func copyOf(o port.Object) object { return clone(object(o)).(object) }

// same compares what is there with what should be. White space in a template
// does not matter: Port may lay it out anew.
func same(have, want any) bool {
	a, isText := have.(string)
	b, bothText := want.(string)
	if isText && bothText && strings.Contains(a+b, "{{") {
		return strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), "")
	}
	return reflect.DeepEqual(have, want)
}
