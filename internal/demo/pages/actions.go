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

func (s *site) showHome(w http.ResponseWriter, r *http.Request) {
	follow(w, r, "home.html", "AWS resources and permissions", s.home())
}

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
	state, ok := s.port.Run(r.PathValue("id"))
	if !ok {
		sorry(w, http.StatusNotFound, "There is no such run.")
		return
	}
	v := s.viewRun(state)
	follow(w, r, "run.html", v.Title, v)
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
