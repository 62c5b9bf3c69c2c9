package iamops

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Boundary is the permissions boundary of the roles of grants, as far as AWS gives its
// text. The zero value is no boundary, outside of which there is nothing.
type Boundary struct {
	ARN string
	// Denied is AWS's answer where the daemon may not read the text, which then is not
	// judged; else nil.
	Denied error

	id, version string
	bounds      []bound
}

// bound is a statement of a boundary.
type bound struct {
	effect             string
	actions, unlike    []string // Action; NotAction
	resources, outside []glob   // Resource; NotResource. Neither: not known, so it may be about any
	conditional        bool
}

// vague is a statement that is not understood, which may allow anything.
func vague() bound { return bound{effect: effectAllow, actions: []string{"*"}} }

// ReadBoundary reads the text of a boundary, plain or as IAM returns it. There is no
// error: what is not understood may allow.
func ReadBoundary(arn, document string) Boundary {
	b := Boundary{ARN: arn}
	document, err := plain(document)
	var doc struct{ Statement json.RawMessage }
	if err != nil || json.Unmarshal([]byte(document), &doc) != nil {
		b.bounds = []bound{vague()}
		return b
	}
	var all []json.RawMessage
	if json.Unmarshal(doc.Statement, &all) != nil {
		all = []json.RawMessage{doc.Statement}
	}
	for _, text := range all {
		b.bounds = append(b.bounds, readBound(text))
	}
	return b
}

// readBound reads a statement. One of which anything is not understood is vague.
func readBound(text json.RawMessage) bound {
	var read struct {
		Sid                   string
		Effect                string
		Action, NotAction     oneOrMore[string]
		Resource, NotResource oneOrMore[string]
		Condition             map[string]any
	}
	known := json.NewDecoder(bytes.NewReader(text))
	known.DisallowUnknownFields()
	err := known.Decode(&read)
	both := len(read.Action) > 0 && len(read.NotAction) > 0 || len(read.Resource) > 0 && len(read.NotResource) > 0
	if err != nil || both || read.Effect != effectAllow && read.Effect != effectDeny {
		return vague()
	}
	s := bound{effect: read.Effect, actions: read.Action, unlike: read.NotAction, conditional: len(read.Condition) > 0}
	for _, r := range read.Resource {
		s.resources = append(s.resources, forms(r)...)
	}
	for _, r := range read.NotResource {
		s.outside = append(s.outside, forms(r)...)
	}
	return s
}

// covers reports whether the statement is about an action.
func (s bound) covers(action string) bool {
	return statement{Action: s.actions, NotAction: s.unlike}.covers(action)
}

// counts reports whether the statement has a say where a resource is asked for: an Allow
// if it may be about one of those that r stands for, a Deny if it is about all of them,
// whatever the circumstances.
func (s bound) counts(r glob) bool {
	meets, holds := func(of glob) bool { return of.meets(r) }, func(of glob) bool { return of.holds(r) }
	switch named := len(s.outside) == 0; {
	case s.effect == effectAllow && named:
		return len(s.resources) == 0 || slices.ContainsFunc(s.resources, meets)
	case s.effect == effectAllow:
		return !slices.ContainsFunc(s.outside, holds)
	case s.conditional:
		return false
	case named:
		return slices.ContainsFunc(s.resources, holds)
	default:
		return !slices.ContainsFunc(s.outside, meets)
	}
}

// Outside returns those actions of a scope that the boundary certainly does not allow, in
// the order of its statements: on none of their resources, or, where each call is checked
// on several, on none of those that stand in for each other. It goes by the text alone,
// and is careful: an action counts as allowed where an Allow matches it and may match the
// resource, whatever the conditions, unless a Deny without conditions matches both.
// What is not understood may allow. A boundary that could not be read
// has nothing outside.
func (b Boundary) Outside(asked Scope) []string {
	if b.ARN == "" || b.Denied != nil {
		return nil
	}
	var actions []string
	on := map[string][]string{}
	for _, s := range asked.Statements {
		for _, a := range s.Actions {
			if _, known := on[a]; !known {
				actions = append(actions, a)
			}
			on[a] = append(on[a], s.Resources...)
		}
	}
	j := judge{b.bounds, map[string][]bool{}}
	return slices.DeleteFunc(actions, func(a string) bool {
		none := j.allowsNone(a)
		return !none(on[a]) && !slices.ContainsFunc(asked.Several[a], none)
	})
}

// judge answers for the actions of one request. ARNs may be long and actions many: so
// each resource is compared with those of the boundary once, for all actions.
type judge struct {
	bounds []bound
	counts map[string][]bool // by resource: which statements have a say
}

// allowsNone returns whether an action is certainly not allowed on any of some resources.
func (j judge) allowsNone(action string) func(resources []string) bool {
	covers := each(j.bounds, func(s bound) bool { return s.covers(action) })
	mayAllow := func(resource string) (allowed bool) {
		if j.counts[resource] == nil {
			r := newGlob(resource, true)
			j.counts[resource] = each(j.bounds, func(s bound) bool { return s.counts(r) })
		}
		for n, counts := range j.counts[resource] {
			switch {
			case !counts || !covers[n]:
			case j.bounds[n].effect == effectDeny:
				return false
			default:
				allowed = true
			}
		}
		return allowed
	}
	return func(resources []string) bool { return !slices.ContainsFunc(resources, mayAllow) }
}

func each(bounds []bound, is func(bound) bool) []bool {
	all := make([]bool, len(bounds))
	for n, s := range bounds {
		all[n] = is(s)
	}
	return all
}

// glob is a resource of a policy, as characters and these.
type glob []rune

const (
	anyOne  rune = -1 // one character, whichever
	anyText rune = -2 // any text, or none
	unknown rune = -3 // the text of a policy variable
)

// newGlob reads a resource. The policy variables that stand for "*", "?" and "$" themselves
// (${*}, ${?}, ${$}) are known only in a policy of ours, whose version has variables.
func newGlob(text string, ours bool) glob {
	var g glob
	for rest := text; rest != ""; {
		if end := strings.IndexByte(rest, '}'); strings.HasPrefix(rest, "${") && end > 0 {
			name := rest[len("${"):end]
			if ours && slices.Contains([]string{"*", "?", "$"}, name) {
				g = append(g, rune(name[0]))
			} else {
				g = append(g, unknown)
			}
			rest = rest[end+1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(rest)
		switch rest = rest[size:]; r {
		case '*':
			r = anyText
		case '?':
			r = anyOne
		}
		g = append(g, r)
	}
	return g
}

// meets reports whether some text is of both forms. A wildcard at the end of a part of an
// ARN can match beyond the colon ("IAM JSON policy elements: Resource" in the IAM User
// Guide). Letter case does not count here: what AWS compares without regard to it differs
// by service.
func (g glob) meets(other glob) bool {
	return g.compare(other, func(of, r rune) bool {
		return of == anyOne || r == anyOne || unicode.ToLower(of) == unicode.ToLower(r)
	}, true)
}

// holds reports whether g stands for everything that r does, also where wildcards do not
// reach over the ":" between the parts of an ARN.
func (g glob) holds(r glob) bool {
	if len(g) == 1 && g[0] == anyText {
		return true
	}
	all, of := g.parts(), r.parts()
	if len(all) != arnParts || len(of) != arnParts {
		return false
	}
	for i := range all {
		same := func(a, b rune) bool { return a == b && a != unknown || a == anyOne && b >= anyOne }
		if !all[i].compare(of[i], same, false) {
			return false
		}
	}
	return true
}

// forms are a resource of a boundary as it is written and, where parts of an ARN are
// missing, with those: AWS takes them for wildcards ("Identify AWS resources with Amazon
// Resource Names (ARNs)", IAM User Guide). Of the form that is not meant, an Allow may
// count and a Deny does not.
func forms(text string) []glob {
	written := newGlob(text, false)
	if !slices.ContainsFunc(written, func(r rune) bool { return r != anyText }) {
		return []glob{{anyText}}
	}
	missing := arnParts - len(written.parts())
	if missing == 0 {
		return []glob{written}
	}
	return []glob{written, append(slices.Clone(written), slices.Repeat(glob{':', anyText}, missing)...)}
}

const arnParts = 6 // "arn", partition, service, region, account, resource

// parts are those of an ARN, the last one with all that follows.
func (g glob) parts() (parts []glob) {
	for len(parts) < arnParts-1 {
		at := slices.Index(g, ':')
		if at < 0 {
			break
		}
		parts, g = append(parts, g[:at]), g[at+1:]
	}
	return append(parts, g)
}

// compare reports whether g and r match to their ends, character by character as same
// says. Any text of g takes in anything of r; if both, the other way round, too, and a
// variable is any text.
//
// It goes through g with the places in r where what was seen of g can end. Of a literal
// beginning that is one place or none, so that most comparisons end early.
func (g glob) compare(r glob, same func(of, r rune) bool, both bool) bool {
	takes := func(c rune) bool { return c == anyText || both && c == unknown }
	var ends, next []int // places in r, ascending: how many characters of it were seen
	add := func(n int) {
		if len(next) > 0 && n <= next[len(next)-1] {
			return
		}
		next = append(next, n)
		for ; both && n < len(r) && takes(r[n]); n++ {
			next = append(next, n+1)
		}
	}
	add(0)
	for _, of := range g {
		ends, next = next, ends[:0]
		if len(ends) == 0 {
			return false
		}
		if takes(of) {
			for n := ends[0]; n <= len(r); n++ {
				add(n)
			}
			continue
		}
		for _, n := range ends {
			switch {
			case n == len(r):
			case both && takes(r[n]):
				add(n)
			case same(of, r[n]):
				add(n + 1)
			}
		}
	}
	return len(next) > 0 && next[len(next)-1] == len(r)
}
