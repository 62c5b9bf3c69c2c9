package pages

import (
	"net/http"
	"net/url"
	"slices"

	"port-iam/port/porttest"
	"port-iam/templates"
)

// Actions of the guide.
const (
	actionRequest = "request_permissions"
	actionRevoke  = "revoke_permissions"
)

func (s *site) showHome(w http.ResponseWriter, _ *http.Request) {
	h := s.home()
	at, err := withPart(page{Title: "AWS resources and permissions", Live: "/live/home", Data: h}, "changing", h)
	if err != nil {
		sorry(w, http.StatusInternalServerError, "%v", err)
		return
	}
	show(w, http.StatusOK, "home.html", at)
}

func (s *site) liveHome(w http.ResponseWriter, r *http.Request) { live(w, r, "changing", s.home()) }

// showForm is the form of the action, with the permissions of the resource's type
// only.
func (s *site) showForm(w http.ResponseWriter, r *http.Request) {
	res, ok := s.resource(r.FormValue("resource"))
	if !ok {
		sorry(w, http.StatusNotFound, "There is no such resource.")
		return
	}
	show(w, http.StatusOK, "form.html", page{Title: "Request permissions", Data: s.form(res)})
}

// request starts a run of the action, as the form's button does in Port.
func (s *site) request(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		sorry(w, http.StatusBadRequest, "The form cannot be read: %v", err)
		return
	}
	res, ok := s.resource(r.PostForm.Get("resource"))
	if !ok {
		sorry(w, http.StatusNotFound, "There is no such resource.")
		return
	}
	chosen := r.PostForm["permissions"]
	if len(chosen) == 0 {
		sorry(w, http.StatusUnprocessableEntity, "Choose at least one permission.")
		return
	}
	for _, c := range chosen {
		if !slices.Contains(s.form(res).Permissions, c) {
			sorry(w, http.StatusUnprocessableEntity, "The permission %q is not one for resources of type %s.", c, res.Type)
			return
		}
	}
	inputs := map[string]any{"permissions": chosen}
	for _, name := range []string{"duration", "reason"} {
		if v := r.PostForm.Get(name); v != "" {
			inputs[name] = v
		}
	}
	s.start(w, r, porttest.RunSpec{
		Action: actionRequest, Entity: res.ID, Requester: User, Properties: inputs, RequiredApproval: s.approval.Load(),
	})
}

func (s *site) revoke(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	if _, ok := s.port.Entity(templates.BlueprintGrant, name); !ok {
		sorry(w, http.StatusNotFound, "There is no such permission any more.")
		return
	}
	s.start(w, r, porttest.RunSpec{Action: actionRevoke, Entity: name, Requester: User})
}

func (s *site) start(w http.ResponseWriter, r *http.Request, spec porttest.RunSpec) {
	id := s.port.StartRun(spec)
	http.Redirect(w, r, "/runs/"+url.PathEscape(id), http.StatusSeeOther)
}

func (s *site) showRun(w http.ResponseWriter, r *http.Request) {
	v, ok := s.run(r.PathValue("id"))
	if !ok {
		sorry(w, http.StatusNotFound, "There is no such run.")
		return
	}
	at, err := withPart(page{Title: v.Title, Live: "/live/runs/" + url.PathEscape(v.ID), Data: v}, "run", v)
	if err != nil {
		sorry(w, http.StatusInternalServerError, "%v", err)
		return
	}
	show(w, http.StatusOK, "run.html", at)
}

func (s *site) liveRun(w http.ResponseWriter, r *http.Request) {
	v, ok := s.run(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	live(w, r, "run", v)
}

// decide approves or declines a run that waits for it.
func (s *site) decide(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("run")
	do := s.port.Decline
	if r.PostFormValue("answer") == "approve" {
		do = s.port.Approve
	}
	if err := do(id); err != nil {
		sorry(w, http.StatusConflict, "The run does not wait for approval.")
		return
	}
	http.Redirect(w, r, "/runs/"+url.PathEscape(id), http.StatusSeeOther)
}

func (s *site) setApproval(w http.ResponseWriter, r *http.Request) {
	s.approval.Store(r.PostFormValue("on") == "true")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
