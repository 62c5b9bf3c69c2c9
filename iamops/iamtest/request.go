package iamtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Versions of the two APIs of the Query protocol, which tell the services apart on one
// endpoint.
const (
	iamVersion = "2010-05-08"
	stsVersion = "2011-06-15"
)

// maxBody bounds what is read of a request; the largest legal one is a document
// of 131,072 characters, URL-encoded.
const maxBody = 1 << 20

// request is one call of the API, parsed.
type request struct {
	op, version string
	form        url.Values
	key, token  string     // of the credentials that signed it
	caller      *principal // set once it is authenticated
}

// parseRequest reads a call. Along with an error it returns as much of the call
// as could be read.
func parseRequest(r *http.Request) (*request, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	req := &request{}
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), storeTarget) {
		if err := parseStoreRequest(r, req); err != nil {
			return req, err
		}
	} else if err := r.ParseForm(); err != nil {
		return req, refuse(http.StatusBadRequest, "MalformedInput", "The request body cannot be parsed: %v", err)
	} else {
		req.op, req.version, req.form = r.Form.Get("Action"), r.Form.Get("Version"), r.Form
	}
	auth := r.Header.Get("Authorization")
	if auth == "" {
		return req, refuse(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	scope, ok := strings.CutPrefix(auth, "AWS4-HMAC-SHA256 Credential=")
	scope, _, comma := strings.Cut(scope, ",")
	parts := strings.Split(scope, "/")
	if !ok || !comma || len(parts) != 5 || parts[4] != "aws4_request" || !strings.Contains(auth, "Signature=") {
		return req, refuse(http.StatusBadRequest, "IncompleteSignature", "The Authorization header is not a signature of version 4.")
	}
	req.key, req.token = parts[0], r.Header.Get("X-Amz-Security-Token")
	if req.op == "" {
		return req, refuse(http.StatusBadRequest, "MissingAction", "Request is missing the Action parameter.")
	}
	return req, nil
}

// check refuses a call that the package does not know, or that carries a
// parameter which it would otherwise silently ignore.
func (r *request) check(op operation, known bool) error {
	if !known || op.version != r.version {
		return refuse(http.StatusBadRequest, "InvalidAction", "iamtest has no operation %q of version %q.", r.op, r.version)
	}
	for name, values := range r.form {
		name, _, _ = strings.Cut(name, ".")
		if name == "Action" || name == "Version" || slices.Contains(strings.Fields(op.params), name) {
			continue
		}
		if len(values) == 1 && values[0] == "" {
			continue // how an empty list is sent
		}
		return refuse(http.StatusBadRequest, "InvalidParameterValue", "iamtest does not support the parameter %s of %s.", name, r.op)
	}
	return nil
}

// subject names what the call is about, for the record of calls.
func (r *request) subject() string {
	for _, name := range []string{"RoleName", "PolicyArn", "PolicyName", "RoleArn", "PolicySourceArn", "AttributeValue", "UserId"} {
		if v := r.form.Get(name); v != "" {
			return v
		}
	}
	return ""
}

func (r *request) str(name string) string { return r.form.Get(name) }

func (r *request) strOr(name, absent string) string {
	if !r.form.Has(name) {
		return absent
	}
	return r.form.Get(name)
}

// number reads an integer, which lies between least and most.
func (r *request) number(name string, absent, least, most int) (int, error) {
	text := r.form.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, refuse(http.StatusBadRequest, "MalformedInput", "%s is not a number.", name)
	case n < least:
		return 0, invalidValue(name, "Member must have value greater than or equal to %d", least)
	case n > most:
		return 0, invalidValue(name, "Member must have value less than or equal to %d", most)
	}
	return n, nil
}

// list reads NAME.member.1, NAME.member.2, ….
func (r *request) list(name string) []string {
	var all []string
	for i := 1; ; i++ {
		key := fmt.Sprintf("%s.member.%d", name, i)
		if !r.form.Has(key) {
			return all
		}
		all = append(all, r.form.Get(key))
	}
}

// tag is one tag of a request.
type tag struct{ Key, Value string }

// tags reads and checks the tags of a request: one bad tag spoils it.
func (r *request) tags() ([]tag, error) {
	all := r.rawTags()
	if len(all) > maxTags {
		return nil, invalidValue("tags", "Member must have length less than or equal to %d", maxTags)
	}
	for _, t := range all {
		if err := checkTag(t.Key, t.Value); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (r *request) rawTags() []tag {
	var all []tag
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("Tags.member.%d.", i)
		if !r.form.Has(prefix + "Key") {
			return all
		}
		all = append(all, tag{r.form.Get(prefix + "Key"), r.form.Get(prefix + "Value")})
	}
}
