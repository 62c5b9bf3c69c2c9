package porttest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const maxBody = 1 << 20

// request is one call.
type request struct {
	route         *route // nil for an unknown one
	authorization string
	path          map[string]string // the variable segments, by name
	query         url.Values
	body          object
	ready         string // the run that became ready to be handled by this call
}

// subject is the id that the call is about.
func (r *request) subject() string {
	for _, name := range []string{"run", "entity", "action", "blueprint"} {
		if id := r.path[name]; id != "" && (name != "blueprint" || r.body["identifier"] == nil) {
			return id
		}
	}
	id, _ := r.body["identifier"].(string)
	return id
}

// flag is a query parameter that is "true" or "false", or absent for false.
func (r *request) flag(name string) bool { return r.query.Get(name) == "true" }

// parseRequest reads a call and checks it against the schema of its route.
func parseRequest(routes []route, r *http.Request) (*request, error) {
	req := &request{authorization: r.Header.Get("Authorization"), query: url.Values{}}
	segments, err := splitPath(r.URL.EscapedPath())
	if err == nil {
		req.route, req.path = match(routes, r.Method, segments)
	}
	if req.route == nil {
		return req, refuse(http.StatusNotFound, "not_found", "there is no route %s %s", r.Method, r.URL.EscapedPath())
	}
	if req.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return req, invalid("query: %v", err)
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return req, refuse(http.StatusBadRequest, "bad_request", "the body could not be read")
	}
	if len(b) > maxBody {
		return req, refuse(http.StatusRequestEntityTooLarge, "bad_request", "the body is larger than 1 MiB")
	}
	if req.route.body != nil {
		if err := req.decode(r.Header.Get("Content-Type"), b); err != nil {
			return req, err
		}
	} else if len(b) > 0 {
		return req, invalid("the route takes no body")
	}
	return req, req.route.query.check(req.query)
}

func (r *request) decode(contentType string, b []byte) error {
	if t, _, err := mime.ParseMediaType(contentType); err != nil || t != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "bad_request", "the content type is not application/json")
	}
	if err := json.Unmarshal(b, &r.body); err != nil || r.body == nil {
		return invalid("the body is not a JSON object")
	}
	return r.route.body.check(r.body)
}

// splitPath returns the segments of a path, each unescaped by itself: an
// identifier may hold a slash.
func splitPath(escaped string) ([]string, error) {
	segments := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, s := range segments {
		var err error
		if segments[i], err = url.PathUnescape(s); err != nil {
			return nil, err
		}
	}
	return segments, nil
}

// match finds the route of a path and the values of its variable segments, which
// begin with a colon in a route.
func match(routes []route, method string, segments []string) (*route, map[string]string) {
next:
	for i := range routes {
		rt := &routes[i]
		if rt.method != method || len(rt.path) != len(segments) {
			continue
		}
		vars := map[string]string{}
		for j, want := range rt.path {
			name, variable := strings.CutPrefix(want, ":")
			if !variable && want != segments[j] || segments[j] == "" {
				continue next
			}
			if variable {
				vars[name] = segments[j]
			}
		}
		return rt, vars
	}
	return nil, nil
}
