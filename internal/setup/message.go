package setup

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"port-iam/port"
)

// sample judges the message of an action by what the daemon reads once Port has
// filled it in for a run. Of Port's expressions it knows some paths. For any other
// it takes what our message has at that place, and doubts it.
type sample struct {
	run, ours, filled port.Object // what Port fills in; our message, before and after
	request           bool        // the daemon needs the requester
}

func newSample(want port.Object) *sample {
	s := &sample{request: setting(want) == grantAction, run: port.Object{
		"run": object{"id": "run"}, "action": object{"identifier": want["identifier"]}, "entity": object{"identifier": "entity"},
		"trigger": object{"at": "time", "by": object{"userId": "user", "user": object{"email": "requester@example.com"}}},
	}}
	if setting(want) == expireAction {
		s.run["entity"], s.run["event"] = nil, object{"context": object{"entityIdentifier": "entity"}}
	}
	s.ours, _ = want.At("invocationMethod", "payload").(object)
	s.filled, _ = s.fill(object(s.ours)).(object)
	return s
}

var pathForm = regexp.MustCompile(`^\{\{\s*\.(\w+(?:\.\w+)*)\s*\}\}$`)

// text is a text as Port fills it in; nil for an expression that is not known.
func (s *sample) text(text string) any {
	if m := pathForm.FindStringSubmatch(text); m != nil {
		return s.run.At(strings.Split(m[1], ".")...)
	}
	if strings.Contains(text, "{{") {
		return nil
	}
	return text
}

// fill is a value of a message, at a path in it, as Port fills it in.
func (s *sample) fill(v any, path ...string) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for name, inner := range v {
			out[name] = s.fill(inner, append(slices.Clip(path), name)...)
		}
		return out
	case string: // the message may be ours wrapped in another
		return cmp.Or[any](s.text(v), s.filled.At(path...), s.filled.At(path[1:]...), v)
	}
	return v
}

// read is what the daemon reads of a message.
func (s *sample) read(message object) string {
	text, _ := json.Marshal(s.fill(message)) // it was JSON
	r, verdict := port.Decode(text)
	if !s.request {
		r.Requester = "" // only shown
	}
	return fmt.Sprintf("%d %q %q %q %q", verdict, r.RunID, r.Action, r.Entity, r.Requester)
}

// culprit is the deepest field without which the daemon reads what it should.
func (s *sample) culprit(message object) (culprit string) {
	each(message, "", func(in object, name, path string) {
		v := in[name]
		if delete(in, name); s.read(message) == s.read(s.ours) {
			culprit = path
		}
		in[name] = v
	})
	return cmp.Or(culprit, "diff, changelogDestination") // only of these, one is enough
}

// doubts are the expressions that are not known and decide what the daemon reads.
func (s *sample) doubts(message object) (doubts []string) {
	before := s.read(message)
	each(message, "", func(in object, name, path string) {
		text, _ := in[name].(string)
		if s.text(text) == nil {
			if in[name] = "?"; s.read(message) != before {
				doubts = append(doubts, messagePath+"."+path+" cannot be judged: "+show(text))
			}
			in[name] = text
		}
	})
	return doubts
}

// each calls f for every field in an object, each before those in it.
func each(o object, path string, f func(in object, name, path string)) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		f(o, name, path+name)
		if inner, isObject := o[name].(object); isObject {
			each(inner, path+name+".", f)
		}
	}
}
