package pages

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

// showRuns is how many runs the first page lists.
const showRuns = 15

type resource struct{ ID, Type string }

// form is the form of the request, with what was typed.
type form struct {
	Resource         resource
	Permissions      []permission
	Approval         bool // of every request
	Duration, Reason string
	Wrong            string // what is wrong with what was typed
}

// permission is what the form offers.
type permission struct {
	ID, Title, Actions, AtMost string
	NeedsApproval, Chosen      bool
}

func (f form) permission(id string) (permission, bool) {
	at := slices.IndexFunc(f.Permissions, func(p permission) bool { return p.ID == id })
	if at < 0 {
		return permission{}, false
	}
	return f.Permissions[at], true
}

type home struct {
	Resources []resource
	Approval  bool
	Grants    []grant
	Runs      []run
}

type grant struct {
	Name, Resource, Permissions, Requester, SignIn, Left string
}

type run struct {
	ID, Title, Status, Requester, On, Started, Took string
	Label, Link                                     string // that the run has in Port
	Waiting, Ended                                  bool
	Decided                                         string // who approved or declined it, as far as the page knows them
	Again                                           string // the form with the inputs of a request that came to nothing
	Inputs                                          []input
	Log                                             []line
	Grant                                           string // provisioned by the run and still there
}

type input struct{ Name, Value string }

// line is a line of a log; URL is what it links to.
type line struct{ Text, URL string }

func (s *site) resource(id string) (resource, bool) {
	e, ok := s.port.Entity(templates.BlueprintResource, id)
	return resource{id, text(e, "properties", templates.PropertyResourceType)}, ok
}

// form is the form for a resource, filled in with what was typed.
func (s *site) form(res resource, typed url.Values) form {
	f := form{Resource: res, Approval: s.approval.Load(), Duration: typed.Get("duration"), Reason: typed.Get("reason")}
	for _, id := range s.port.Entities(templates.BlueprintPermission) {
		e, ok := s.port.Entity(templates.BlueprintPermission, id)
		if !ok || text(e, "properties", templates.PropertyResourceType) != res.Type {
			continue
		}
		f.Permissions = append(f.Permissions, permission{
			ID: id, Title: cmp.Or(port.Object(e).Text("title"), id), Actions: text(e, "properties", templates.PropertyActions),
			AtMost: text(e, "properties", templates.PropertyMaxDuration), NeedsApproval: s.needsApproval(id, e),
			Chosen: slices.Contains(typed["permissions"], id),
		})
	}
	return f
}

// needsApproval reports whether a permission does, or an action that it stands for: the
// daemon takes the strictest.
func (s *site) needsApproval(id string, e port.Object) bool {
	actions, _ := e.At("properties", templates.PropertyActions).([]any)
	for _, of := range append(actions, id) {
		name, _ := of.(string)
		own, _ := s.port.Entity(templates.BlueprintPermission, name)
		if needs, _ := port.Object(own).At("properties", templates.PropertyNeedsApproval).(bool); needs {
			return true
		}
	}
	return false
}

func (s *site) home() home {
	h := home{Approval: s.approval.Load()}
	for _, id := range s.port.Entities(templates.BlueprintResource) {
		if res, ok := s.resource(id); ok {
			h.Resources = append(h.Resources, res)
		}
	}
	for _, id := range s.port.Entities(templates.BlueprintGrant) {
		if e, ok := s.port.Entity(templates.BlueprintGrant, id); ok {
			h.Grants = append(h.Grants, viewGrant(id, e))
		}
	}
	for _, r := range slices.Backward(s.port.Runs()) {
		if len(h.Runs) == showRuns {
			break
		}
		h.Runs = append(h.Runs, s.viewRun(r))
	}
	return h
}

func viewGrant(id string, e map[string]any) grant {
	return grant{
		Name: id, Resource: text(e, "relations", templates.RelationResource), Permissions: text(e, "relations", templates.RelationPermissions),
		Requester: text(e, "properties", templates.PropertyRequester), SignIn: text(e, "properties", templates.PropertySignInURL),
		Left: left(text(e, "properties", templates.PropertyExpiryTime)),
	}
}

// text is a field of a part of an entity, lists by comma.
func text(e port.Object, part, name string) string {
	if list, ok := e.At(part, name).([]any); ok {
		all := make([]string, len(list))
		for i := range list {
			all[i] = fmt.Sprint(list[i])
		}
		return strings.Join(all, ", ")
	}
	return e.Text(part, name)
}

// left is the time to the end, in minutes: seconds would change the page all the
// time.
func left(end string) string {
	t, err := time.Parse(time.RFC3339, end)
	if err != nil {
		return "until revoked"
	}
	d := time.Until(t)
	switch {
	case d <= 0:
		return "over"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

func (s *site) viewRun(r porttest.RunState) run {
	action, _ := s.port.Action(r.Action)
	v := run{
		ID: r.ID, Title: cmp.Or(port.Object(action).Text("title"), r.Action), Status: strings.ReplaceAll(r.Status, "_", " "),
		Requester: r.Requester, On: r.Entity, Label: r.StatusLabel,
		Started: r.CreatedAt.UTC().Format("15:04:05"), Ended: r.Ended(), Waiting: r.Status == "WAITING_FOR_APPROVAL",
	}
	if v.Ended {
		v.Took = r.EndedAt.Sub(r.CreatedAt).Round(time.Millisecond).String()
	}
	v.Link, _ = r.Link.(string)
	for _, name := range []string{"permissions", "duration", "reason"} {
		if raw, ok := r.Properties[name]; ok {
			v.Inputs = append(v.Inputs, input{name, plain(raw)})
		}
	}
	v.Decided = s.decidedBy(r)
	if r.Action == actionRequest && v.Ended && r.Status != "SUCCESS" {
		v.Again = "/request?" + typedIn(r).Encode()
	}
	for _, l := range r.Logs {
		for t := range strings.Lines(l.Message) {
			v.Log = append(v.Log, linked(strings.TrimRight(t, "\n")))
		}
	}
	if name := "Permission-" + r.ID; r.Action == actionRequest {
		if _, ok := s.port.Entity(templates.BlueprintGrant, name); ok {
			v.Grant = name
		}
	}
	return v
}

// decidedBy names who approved or declined a run.
func (s *site) decidedBy(r porttest.RunState) string {
	if r.Approval == nil {
		return ""
	}
	for _, email := range []string{User, porttest.Approver} {
		if s.port.UserID(email) == r.Approval.UserID {
			return strings.ToLower(r.Approval.State) + " by " + email
		}
	}
	return strings.ToLower(r.Approval.State)
}

// typedIn are the inputs of a run as the form sends them.
func typedIn(r porttest.RunState) url.Values {
	typed := url.Values{"resource": {r.Entity}}
	for name, raw := range r.Properties {
		var many []string
		if json.Unmarshal(raw, &many) != nil {
			many = []string{plain(raw)}
		}
		typed[name] = many
	}
	return typed
}

// plain is an input as people read it.
func plain(raw json.RawMessage) string {
	var one string
	var many []string
	switch {
	case json.Unmarshal(raw, &one) == nil:
		return one
	case json.Unmarshal(raw, &many) == nil:
		return strings.Join(many, ", ")
	}
	return string(raw)
}

// linked makes a link of the address that a line ends with.
func linked(t string) line {
	if i := strings.Index(t, "https://"); i >= 0 && !strings.ContainsAny(t[i:], " \t") {
		return line{Text: t[:i], URL: t[i:]}
	}
	return line{Text: t}
}
