package port

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// Verdict is what a Kafka record turned out to be.
type Verdict int

const (
	// VerdictRun: a run of a Kafka-invoked action. Its RunID and its Action may
	// be empty.
	VerdictRun Verdict = iota
	// VerdictMalformed: not a JSON object.
	VerdictMalformed
	// VerdictChangeLog: a change in Port, of a run too, but not a run to perform.
	VerdictChangeLog
	// VerdictWorkflow: of a workflow or a node of one, which is reported elsewhere.
	VerdictWorkflow
	// VerdictOtherBackend: a run that another kind of backend performs.
	VerdictOtherBackend
)

// InputPermissions is the input of a run that names the permissions it asks for,
// as Port's guide calls it.
const InputPermissions = "permissions"

// What a [Record] keeps at most.
const (
	maxText      = 1000 // bytes of a text; nothing in Port has a longer name
	maxHints     = 50   // permissions
	maxHintBytes = 2000 // of all permissions together
)

// Decode reads the value of a record. The Record is filled for [VerdictRun]
// only; its Time is left for the caller, who has the record. It shares no memory
// with the value.
//
// Port documents three forms: the run itself, the object made by the template of
// an action, which looks the same, and either of them wrapped as the payload of
// another object.
//
// Decode is lenient: unknown members are ignored, and null, a form that is not
// expected, a text of more than 1000 bytes and an e-mail with control or format
// characters count as absent. Names are compared
// in their letter case, as JSON does it: "DIFF" is not "diff". Of a name that is
// repeated the last one counts. All that is harmless because the outcome only
// points at a run, and everything that matters is then read from Port.
func Decode(value []byte) (Record, Verdict) {
	var root tree
	if !isObject(value) || json.Unmarshal(value, &root) != nil {
		return Record{}, VerdictMalformed
	}
	m := root.unwrap()
	about, payload, resource := m.at("context"), m.at("payload"), m.text("resourceType")
	switch {
	case root.isChange() || m.isChange():
		return Record{}, VerdictChangeLog
	case root.isWorkflow(value):
		return Record{}, VerdictWorkflow
	case payload.isForOther():
		return Record{}, VerdictOtherBackend
	case resource != "" && resource != "run":
		return Record{}, VerdictChangeLog
	}
	r := Record{
		RunID:       about.text("runId"),
		Action:      payload.name("action"),
		Blueprint:   about.name("blueprint"),
		Entity:      about.name("entity"),
		Requester:   m.at("trigger", "by", "user").email(),
		Permissions: hints(payload.at("properties")[InputPermissions]),
	}
	// A template may shorten the outer name, so the inner one goes first.
	if r.Action == "" {
		r.Action = m.name("action")
	}
	return r, VerdictRun
}

// isObject reports whether b, if it is JSON, is a JSON object.
func isObject(b []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{"))
}

// hints are the first of the entities in a list, each once. A list that is not
// there, or is none, has none.
func hints(list json.RawMessage) (ids []string) {
	d := json.NewDecoder(bytes.NewReader(list))
	if begin, err := d.Token(); err != nil || begin != json.Delim('[') {
		return nil
	}
	left := maxHintBytes
	for len(ids) < maxHints && d.More() {
		var item lenient[identifier]
		if d.Decode(&item) != nil {
			return ids
		}
		id := string(item.value)
		if id != "" && len(id) <= left && !slices.Contains(ids, id) {
			ids = append(ids, id)
			left -= len(id)
		}
	}
	return ids
}

// tree is a JSON object of a record, by the names of its members. It is nil for
// anything else, and then has none.
type tree map[string]json.RawMessage

// at returns the object at the end of a path of names.
func (t tree) at(path ...string) tree {
	for _, name := range path {
		var next tree
		_ = json.Unmarshal(t[name], &next)
		t = next
	}
	return t
}

// text returns a member that is a text; "" where there is none.
func (t tree) text(name string) string {
	var s string
	if json.Unmarshal(t[name], &s) != nil || len(s) > maxText {
		return ""
	}
	return s
}

// email returns the member of that name; "" where it is not what can be shown on
// one line.
func (t tree) email() string {
	e := t.text("email")
	if strings.ContainsFunc(e, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return e
}

// name returns the identifier of a member that is one, or an object that holds
// one.
func (t tree) name(member string) string {
	if s := t.text(member); s != "" {
		return s
	}
	return t.at(member).text("identifier")
}

// has reports whether there is a member of that name.
func (t tree) has(name string) bool {
	raw, present := t[name]
	return present && string(raw) != "null"
}

// unwrap returns the run inside t if t only wraps one, otherwise t.
func (t tree) unwrap() tree {
	if t.at("context").text("runId") != "" {
		return t
	}
	if p := t.at("payload"); p.at("context").text("runId") != "" && p.text("resourceType") != "" {
		return p
	}
	return t
}

func (t tree) isChange() bool { return t.has("diff") || t.has("changelogDestination") }

// isWorkflow reports whether a record, of which t is the root, is of a workflow. The
// run decides where the record names one: a workflow can put whatever it likes into
// the payload, and an action into its message. A record without the id of a run is no
// run of an action, so there any sign of a workflow counts.
func (t tree) isWorkflow(value []byte) bool {
	about := t.at("context")
	if run := about.text("runId"); run != "" {
		return isOfWorkflow(run)
	}
	if t.names(isWorkflowMember) || about.names(isWorkflowMember) {
		return true
	}
	for name, member := range t {
		if _, found := FindText(member, isOfWorkflow); found && name != "payload" {
			return true
		}
	}
	if run := t.at("payload", "context").text("runId"); run != "" {
		return isOfWorkflow(run)
	}
	_, found := FindText(value, isOfWorkflow)
	return found
}

// names reports whether there is a member of such a name.
func (t tree) names(such func(string) bool) bool {
	for name := range t {
		if such(name) && t.has(name) {
			return true
		}
	}
	return false
}

// isOfWorkflow reports whether an id is that of the run of a workflow or of a node.
func isOfWorkflow(id string) bool {
	id = strings.ToLower(id[:min(len(id), len("wfnr_"))])
	return strings.HasPrefix(id, "wfr_") || id == "wfnr_"
}

// isWorkflowMember reports whether a member is called like the run of a workflow or of
// a node: workflowRun, nodeRun or workflowNodeRun, or the id of one.
func isWorkflowMember(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "_", ""))
	name = strings.TrimSuffix(strings.TrimSuffix(name, "identifier"), "id")
	return name == "workflowrun" || name == "noderun" || name == "workflownoderun"
}

// FindText returns the first text in a JSON document, value or name of a member, that
// is such a text.
func FindText(document []byte, such func(string) bool) (text string, found bool) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return "", false
		}
		if s, isText := token.(string); isText && such(s) {
			return s, true
		}
	}
}

// isForOther is asked of the payload.
func (t tree) isForOther() bool {
	how := t.at("action", "invocationMethod")
	kind := how.text("type")
	return string(how["agent"]) == "true" || kind != "" && kind != "KAFKA"
}
