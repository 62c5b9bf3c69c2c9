package iamtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	// storeVersion is the version of the API of Identity Store.
	storeVersion = "2020-06-15"
	// storeTarget begins the header X-Amz-Target of its calls.
	storeTarget = "AWSIdentityStore."
)

// storeForm is the id of a store.
var storeForm = regexp.MustCompile(`^(d-[0-9a-f]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// StoreUser is a user of IAM Identity Center.
type StoreUser struct {
	UserName string
	Email    string
	// Secondary says that Email is not the primary one, Disabled that the user may not sign in.
	Secondary, Disabled bool
	// NoStatus leaves the status out of what AWS tells.
	NoStatus bool
}

// identityStore is a store of users by their ids.
type identityStore map[string]StoreUser

// AddStoreUser puts a user into an identity store of this account, which there is from then
// on, and returns the id of the user. One with the same e-mail is replaced and keeps its id.
func (s *Server) AddStoreUser(store string, u StoreUser) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stores[store] == nil {
		s.stores[store] = identityStore{}
	}
	if id = s.stores[store].find(u.Email, StoreUser.email); id == "" {
		s.ids++
		id = fmt.Sprintf("a1b2c3d4-5678-90ab-cdef-%012x", s.ids)
	}
	s.stores[store][id] = u
	return id
}

// RemoveStoreUser takes the user with this e-mail away.
func (s *Server) RemoveStoreUser(store, email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stores[store], s.stores[store].find(email, StoreUser.email))
}

func (u StoreUser) email() string { return u.Email }
func (u StoreUser) name() string  { return u.UserName }

// find returns the id of the user with this value, letter case included.
func (st identityStore) find(value string, of func(StoreUser) string) string {
	for id, u := range st {
		if of(u) == value {
			return id
		}
	}
	return ""
}

// parseStoreRequest reads a call of Identity Store, which speaks JSON, into the form of the
// others.
func parseStoreRequest(r *http.Request, req *request) error {
	var in struct {
		IdentityStoreId, UserId string
		AlternateIdentifier     struct {
			UniqueAttribute struct{ AttributePath, AttributeValue string }
		}
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	req.version, req.op = storeVersion, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), storeTarget)
	unique := in.AlternateIdentifier.UniqueAttribute
	req.form = url.Values{}
	for name, value := range map[string]string{
		"IdentityStoreId": in.IdentityStoreId, "UserId": in.UserId, "AttributePath": unique.AttributePath, "AttributeValue": unique.AttributeValue,
	} {
		if value != "" {
			req.form.Set(name, value)
		}
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "SerializationException", "The request body cannot be parsed: %v", err)
	}
	return nil
}

// notInStore is how Identity Store refuses a call for something that is not there.
func notInStore(kind, format string, args ...any) error {
	return &apiError{status: http.StatusBadRequest, code: "ResourceNotFoundException", message: fmt.Sprintf(format, args...), resource: kind}
}

// store returns the store that a call names, where the caller may make it.
func (s *Server) store(r *request, user string) (identityStore, error) {
	id := r.str("IdentityStoreId")
	if !storeForm.MatchString(id) {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Value at 'identityStoreId' failed to satisfy constraint")
	}
	for _, resource := range []string{s.storeARN(id), fmt.Sprintf("arn:%s:identitystore:::user/%s", s.opts.Partition, user)} {
		if err := s.authorizeAction(r, "identitystore:"+r.op, resource); err != nil {
			return nil, err
		}
	}
	if s.stores[id] == nil {
		return nil, notInStore("IDENTITY_STORE", "IDENTITY_STORE not found.")
	}
	return s.stores[id], nil
}

func (s *Server) storeARN(id string) string {
	return fmt.Sprintf("arn:%s:identitystore::%s:identitystore/%s", s.opts.Partition, s.opts.Account, id)
}

func (s *Server) getUserID(r *request) (any, error) {
	// AWS's reference names all users as the resource: which one it is about is not known yet.
	store, err := s.store(r, "*")
	if err != nil {
		return nil, err
	}
	of, known := map[string]func(StoreUser) string{"emails.value": StoreUser.email, "username": StoreUser.name}[strings.ToLower(r.str("AttributePath"))]
	if !known || r.str("AttributeValue") == "" {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "The attribute %s is not a unique attribute, or has no value", r.str("AttributePath"))
	}
	id := store.find(r.str("AttributeValue"), of)
	if id == "" {
		return nil, notInStore("USER", "USER not found.")
	}
	return map[string]any{"IdentityStoreId": r.str("IdentityStoreId"), "UserId": id}, nil
}

func (s *Server) describeUser(r *request) (any, error) {
	id := r.str("UserId")
	store, err := s.store(r, id)
	if err != nil {
		return nil, err
	}
	u, ok := store[id]
	if !ok {
		return nil, notInStore("USER", "USER not found.")
	}
	out := map[string]any{
		"IdentityStoreId": r.str("IdentityStoreId"), "UserId": id, "UserName": u.UserName,
		"Emails": []map[string]any{{"Value": u.Email, "Type": "work", "Primary": !u.Secondary}},
	}
	switch {
	case u.NoStatus:
	case u.Disabled:
		out["UserStatus"] = "DISABLED"
	default:
		out["UserStatus"] = "ENABLED"
	}
	return out, nil
}

// respondStore writes an answer of Identity Store.
func respondStore(w http.ResponseWriter, n int, now time.Time, result any, failure error) {
	status, code := http.StatusOK, ""
	if failure != nil {
		e := asAPIError(failure)
		status, code = e.status, e.code
		if name := storeCodes[code]; name != "" {
			code = name
		}
		result = map[string]any{"__type": code, "Message": e.message, "ResourceType": e.resource}
	}
	body, err := json.Marshal(result)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(err.Error())
	}
	h := w.Header()
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set("X-Amzn-Requestid", requestID(n))
	h.Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away needs no answer
}

// storeCodes are the names that Identity Store has for codes of IAM.
var storeCodes = map[string]string{
	"AccessDenied":         "AccessDeniedException",
	"ExpiredToken":         "ExpiredTokenException",
	"InvalidClientTokenId": "UnrecognizedClientException",
	"ServiceFailure":       "InternalServerException",
	"Throttling":           "ThrottlingException",
}
