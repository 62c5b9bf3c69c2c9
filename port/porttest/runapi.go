package porttest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func patchRunShape() *shape {
	return &shape{fields: map[string]rule{
		"status": oneOf(statusSuccess, statusFailure), "statusLabel": isText, "link": either(isText, isTexts),
		"message": isObject, "summary": isText, "externalRunId": isText,
	}}
}

func logShape() *shape {
	return &shape{required: []string{"message"}, fields: map[string]rule{
		"message": isText, "statusLabel": isText, "terminationStatus": oneOf(statusSuccess, statusFailure),
	}}
}

func approvalShape() *shape {
	return &shape{required: []string{"status"}, fields: map[string]rule{
		"status": oneOf("APPROVE", "DECLINE"), "description": isText,
	}}
}

func startShape() *shape {
	return &shape{fields: map[string]rule{"properties": isObject, "entity": isText}}
}

// getRun is the route run_get.
func (s *Server) getRun(r *request) (answer, error) {
	run := s.runs.get(r.path["run"])
	if run == nil {
		return answer{}, notFound("run", r.path["run"])
	}
	return s.runAnswer(http.StatusOK, run, r), nil
}

func (s *Server) runAnswer(status int, run *run, r *request) answer {
	state, userID, version := run.snapshot(), run.userID, r.query.Get("version")
	return answer{status, func() object { return object{"run": runJSON(&state, userID, version)} }}
}

// runJSON is a run as the API shows it: it never names the requester's e-mail.
func runJSON(r *RunState, userID, version string) object {
	o := object{
		"id": r.ID, "status": r.Status, "source": r.Source, "requiredApproval": r.RequiredApproval, "approval": approvalJSON(r.Approval),
		"properties": r.Properties, "createdBy": userID, "updatedBy": userID,
		"createdAt": timestamp(r.CreatedAt), "updatedAt": timestamp(r.UpdatedAt),
	}
	for name, id := range map[string]string{"action": r.Action, "blueprint": r.Blueprint, "entity": r.Entity} {
		switch {
		case id == "":
		case version == "v2":
			o[name] = object{"identifier": id, "title": nil, "icon": nil, "deleted": false}
		default:
			o[name] = id
		}
	}
	for name, v := range map[string]string{
		"statusLabel": r.StatusLabel, "summary": r.Summary, "externalRunId": r.ExternalRunID, "impersonatedBy": r.ImpersonatedBy,
	} {
		if v != "" {
			o[name] = v
		}
	}
	if r.Link != nil {
		o["link"] = r.Link
	}
	if r.Ended() {
		o["endedAt"] = timestamp(r.EndedAt)
	}
	return o
}

// listRuns is the route run_list.
func (s *Server) listRuns(r *request) (answer, error) {
	var filters []filter
	for _, name := range []string{"action", "blueprint", "entity", "user_email", "user_id"} {
		if r.query.Has(name) {
			filters = append(filters, filter{name, r.query.Get(name)})
		}
	}
	for i, f := range filters {
		if f.name == "user_email" {
			filters[i].value = strings.ToLower(f.value)
		}
	}
	limit := 1000
	if r.query.Has("limit") {
		limit, _ = strconv.Atoi(r.query.Get("limit")) // checked with the schema
	}
	external, sources := r.query["external_run_id"], r.query["source"]
	found := s.runs.find(filters, r.flag("active"), limit, func(x *run) bool {
		return (len(external) == 0 || x.ExternalRunID == external[0]) && (len(sources) == 0 || slices.Contains(sources, x.Source))
	})
	states := make([]run, 0, len(found))
	for _, x := range found {
		states = append(states, run{RunState: x.snapshot(), userID: x.userID})
	}
	return answer{http.StatusOK, func() object {
		list := make([]object, 0, len(states))
		for i := range states {
			o := runJSON(&states[i].RunState, states[i].userID, r.query.Get("version"))
			for _, name := range r.query["exclude"] {
				delete(o, name)
			}
			list = append(list, o)
		}
		return object{"runs": list}
	}}, nil
}

// patchRun is the route run_patch.
func (s *Server) patchRun(r *request) (answer, error) {
	run := s.runs.get(r.path["run"])
	if run == nil {
		return answer{}, notFound("run", r.path["run"])
	}
	if run.Ended() {
		return answer{}, invalid("run %s has ended", run.ID)
	}
	status, _ := r.body["status"].(string)
	if err := run.mayEnd(status); err != nil {
		return answer{}, err
	}
	for name, field := range map[string]*string{"statusLabel": &run.StatusLabel, "summary": &run.Summary, "externalRunId": &run.ExternalRunID} {
		if v, given := r.body[name].(string); given {
			*field = v
		}
	}
	if run.ExternalRunID != "" {
		s.runs.external[run.ExternalRunID] = run
	}
	if v, given := r.body["link"]; given {
		run.Link = v
	}
	run.UpdatedAt = s.now()
	if status != "" {
		s.endRun(run, status)
	}
	return s.runAnswer(http.StatusOK, run, r), nil
}

// mayEnd refuses success of a run that nobody has approved yet.
func (r *run) mayEnd(status string) error {
	if r.Status == statusWaiting && status == statusSuccess {
		return invalid("run %s waits for approval", r.ID)
	}
	return nil
}

// logRun is the route run_log.
func (s *Server) logRun(r *request) (answer, error) {
	run := s.runs.get(r.path["run"])
	if run == nil {
		return answer{}, notFound("run", r.path["run"])
	}
	if run.Ended() {
		return answer{}, refuse(http.StatusUnprocessableEntity, "run_exhausted", "run %s has ended", run.ID)
	}
	l := Log{ID: s.newID("rl_"), CreatedAt: s.now()}
	l.Message, _ = r.body["message"].(string)
	l.StatusLabel, _ = r.body["statusLabel"].(string)
	l.TerminationStatus, _ = r.body["terminationStatus"].(string)
	if err := run.mayEnd(l.TerminationStatus); err != nil {
		return answer{}, err
	}
	run.Logs, run.UpdatedAt = append(run.Logs, l), l.CreatedAt
	if l.StatusLabel != "" {
		run.StatusLabel = l.StatusLabel
	}
	if l.TerminationStatus != "" {
		s.endRun(run, l.TerminationStatus)
	}
	return ok(http.StatusCreated, object{"runLog": s.logJSON(run.ID, l)}), nil
}

func (s *Server) logJSON(run string, l Log) object {
	return object{"id": l.ID, "runId": run, "message": l.Message, "createdBy": s.opts.ClientID, "createdAt": timestamp(l.CreatedAt)}
}

// listLogs is the route run_logs.
func (s *Server) listLogs(r *request) (answer, error) {
	run := s.runs.get(r.path["run"])
	if run == nil {
		return answer{}, notFound("run", r.path["run"])
	}
	logs := run.Logs
	offset, _ := strconv.Atoi(r.query.Get("offset")) // both checked with the schema
	logs = logs[min(offset, len(logs)):]
	if limit, err := strconv.Atoi(r.query.Get("limit")); err == nil {
		logs = logs[:min(limit, len(logs))]
	}
	list := make([]object, 0, len(logs))
	for _, l := range logs {
		list = append(list, s.logJSON(run.ID, l))
	}
	return ok(http.StatusOK, object{"runLogs": list}), nil
}

// postRun is the route run_start.
func (s *Server) postRun(r *request) (answer, error) {
	a := s.actions[r.path["action"]]
	if a == nil {
		return answer{}, notFound("action", r.path["action"])
	}
	spec := RunSpec{Action: a.id(), Requester: r.query.Get("run_as"), RequiredApproval: a.needsApproval()}
	if spec.Requester != "" {
		spec.ImpersonatedBy = s.UserID("") // the caller has the token of a machine
	}
	spec.Entity, _ = r.body["entity"].(string)
	if err := s.checkTarget(a, &spec); err != nil {
		return answer{}, err
	}
	properties, _ := r.body["properties"].(object)
	if err := a.checkInputs(properties); err != nil {
		return answer{}, err
	}
	if properties != nil {
		spec.Properties = properties
	}
	run, err := s.startRun(spec, sourceAPI)
	if err != nil {
		return answer{}, fmt.Errorf("start run: %w", err)
	}
	if run.Status == statusInProgress {
		r.ready = run.ID
	}
	r.query.Set("version", "v2")
	return s.runAnswer(http.StatusAccepted, run, r), nil
}

// checkTarget says whether an action may be started on an entity.
func (s *Server) checkTarget(a *action, spec *RunSpec) error {
	switch {
	case a.automation():
		return invalid("%s is an automation", a.id())
	case a.blueprint() == "" || a.model.Trigger.Operation == "CREATE":
		if spec.Entity != "" {
			return invalid("%s takes no entity", a.id())
		}
		spec.Blueprint = a.blueprint()
	case s.blueprints[a.blueprint()] == nil || s.blueprints[a.blueprint()].entities[spec.Entity] == nil:
		if spec.Entity == "" {
			return invalid("%s needs an entity", a.id())
		}
		return notFound("entity", spec.Entity)
	default:
		spec.Blueprint = a.blueprint()
	}
	return nil
}
