package pages

import (
	"fmt"
	"net/http"
	"net/url"

	"port-iam/port/porttest"
	"port-iam/templates"
)

// Actions of the guide.
const (
	actionRequest = "request_permissions"
	actionRevoke  = "revoke_permissions"
)

const requestTitle = "Request permissions"

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
	show(w, http.StatusOK, "form.html", page{Title: requestTitle, Data: s.form(res, r.Form)})
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
	f := s.form(res, r.PostForm)
	wrong := func(format string, args ...any) {
		f.Wrong = fmt.Sprintf(format, args...)
		show(w, http.StatusUnprocessableEntity, "form.html", page{Title: requestTitle, Data: f})
	}
	chosen, approval := r.PostForm["permissions"], f.Approval
	if len(chosen) == 0 {
		wrong("Choose at least one permission.")
		return
	}
	for _, c := range chosen {
		p, ok := f.permission(c)
		if !ok {
			wrong("The permission %q is not one for resources of type %s.", c, res.Type)
			return
		}
		approval = approval || p.NeedsApproval
	}
	inputs := map[string]any{"permissions": chosen}
	for name, v := range map[string]string{"duration": f.Duration, "reason": f.Reason} {
		if v != "" {
			inputs[name] = v
		}
	}
	s.start(w, r, porttest.RunSpec{
		Action: actionRequest, Entity: res.ID, Requester: User, Properties: inputs, RequiredApproval: approval,
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

// decide approves or declines a run that waits for it. The page lets one person be two,
// to show that the daemon does not.
func (s *site) decide(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("run")
	var err error
	switch answer := r.PostFormValue("answer"); answer {
	case "approve":
		err = s.port.Approve(id)
	case "approve own":
		err = s.port.ApproveAs(id, User)
	case "decline":
		err = s.port.Decline(id)
	default:
		sorry(w, http.StatusUnprocessableEntity, "%q is neither approval nor decline.", answer)
		return
	}
	if err != nil {
		sorry(w, http.StatusConflict, "The run does not wait for approval.")
		return
	}
	http.Redirect(w, r, "/runs/"+url.PathEscape(id), http.StatusSeeOther)
}

func (s *site) setApproval(w http.ResponseWriter, r *http.Request) {
	s.approval.Store(r.PostFormValue("on") == "true")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
