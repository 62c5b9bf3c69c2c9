package iamtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// documentKind is what a policy document is for.
type documentKind int

const (
	identityPolicy documentKind = iota // also a boundary
	trustPolicy
)

// document is a policy document, parsed.
type document []statement

type statement struct {
	sid        string
	allow      bool
	principal  principalElement // trust policies only
	actions    []string
	resources  []string // identity policies only
	conditions []condition
}

// principalElement is whom a statement of a trust policy is about.
type principalElement struct {
	anyone bool
	aws    []string // account ids and ARNs
}

// condition is one key of one operator; values are alternatives.
type condition struct {
	operator, key string
	values        []string
}

// parseDocument reads a policy document as strictly as IAM does, and refuses
// what the evaluator does not do: a policy that was half understood would prove
// nothing.
func parseDocument(text string, kind documentKind) (document, error) {
	var statements json.RawMessage
	var version string
	err := fields([]byte(text), func(name string, value json.RawMessage) error {
		switch name {
		case "Version":
			if json.Unmarshal(value, &version) != nil || version != "2012-10-17" && version != "2008-10-17" {
				return errors.New("the policy's Version is not a known one")
			}
		case "Id":
		case "Statement":
			statements = value
		default:
			return fmt.Errorf("unknown element %s", name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if version != "2012-10-17" && strings.Contains(string(statements), "${") {
		return nil, errors.New("iamtest takes ${ in policies of version 2012-10-17 only, since it means itself in others")
	}
	var raw []json.RawMessage
	if len(statements) > 0 && statements[0] == '{' {
		raw = []json.RawMessage{statements}
	} else if json.Unmarshal(statements, &raw) != nil || len(raw) == 0 {
		return nil, errors.New("the policy has no Statement")
	}
	var doc document
	for _, r := range raw {
		st, err := parseStatement(r, kind)
		if err != nil {
			return nil, err
		}
		if st.sid != "" && slices.ContainsFunc(doc, func(o statement) bool { return o.sid == st.sid }) {
			return nil, fmt.Errorf("statement id %s is not unique", st.sid)
		}
		doc = append(doc, st)
	}
	return doc, nil
}

func parseStatement(text json.RawMessage, kind documentKind) (statement, error) {
	var st statement
	present := map[string]bool{}
	err := fields(text, func(name string, value json.RawMessage) (err error) {
		present[name] = true
		switch name {
		case "Sid":
			if json.Unmarshal(value, &st.sid) != nil || !only(st.sid, alphanumeric) {
				return errors.New("a Sid may have letters and digits only")
			}
		case "Effect":
			var effect string
			if json.Unmarshal(value, &effect) != nil || effect != "Allow" && effect != "Deny" {
				return errors.New("an Effect is Allow or Deny")
			}
			st.allow = effect == "Allow"
		case "Principal":
			st.principal, err = parsePrincipal(value)
		case "Action":
			st.actions, err = texts(value)
		case "Resource":
			st.resources, err = texts(value)
		case "Condition":
			st.conditions, err = parseConditions(value)
		case "NotAction", "NotResource", "NotPrincipal":
			return fmt.Errorf("%s is not supported by iamtest", name)
		default:
			return fmt.Errorf("unknown element %s", name)
		}
		return err
	})
	if err != nil {
		return st, err
	}
	required, prohibited := []string{"Effect", "Action", "Resource"}, "Principal"
	if kind == trustPolicy {
		required, prohibited = []string{"Effect", "Action", "Principal"}, "Resource"
	}
	for _, name := range required {
		if !present[name] {
			return st, fmt.Errorf("missing required field %s", name)
		}
	}
	if present[prohibited] {
		return st, fmt.Errorf("has prohibited field %s", prohibited)
	}
	return st, st.check(kind)
}

// check refuses actions and resources of the wrong form.
func (st statement) check(kind documentKind) error {
	for _, a := range st.actions {
		prefix, name, ok := strings.Cut(a, ":")
		if a != "*" && (!ok || prefix == "" || name == "") {
			return fmt.Errorf("action %q must be SERVICE:NAME", a)
		}
		if kind == trustPolicy && !strings.EqualFold(prefix, "sts") {
			return errors.New("an AssumeRole policy may only specify STS AssumeRole actions")
		}
	}
	for _, r := range st.resources {
		if r != "*" && (!strings.HasPrefix(r, "arn:") || strings.Count(r, ":") < 5) {
			return fmt.Errorf(`resource %q must be in ARN format or "*"`, r)
		}
		if name := variable(r); name != "" {
			return fmt.Errorf("the policy variable %s in %q is not supported by iamtest", name, r)
		}
	}
	for _, c := range st.conditions {
		for _, v := range c.values {
			if name := variable(v); name != "" {
				return fmt.Errorf("the policy variable %s in %q is not supported by iamtest", name, v)
			}
		}
	}
	return nil
}

func parsePrincipal(text json.RawMessage) (principalElement, error) {
	var anyone string
	if json.Unmarshal(text, &anyone) == nil {
		if anyone != "*" {
			return principalElement{}, fmt.Errorf("invalid principal %q", anyone)
		}
		return principalElement{anyone: true}, nil
	}
	var p principalElement
	err := fields(text, func(kind string, value json.RawMessage) error {
		names, err := texts(value)
		if err != nil {
			return err
		}
		switch kind {
		case "AWS":
			p.aws = slices.DeleteFunc(names, func(n string) bool { return n == "*" })
			p.anyone = len(p.aws) < len(names)
		case "Service", "Federated", "CanonicalUser": // never a caller of this account
		default:
			return fmt.Errorf("invalid principal type %q", kind)
		}
		return nil
	})
	return p, err
}

func parseConditions(text json.RawMessage) ([]condition, error) {
	var all []condition
	err := fields(text, func(operator string, keys json.RawMessage) error {
		return fields(keys, func(key string, value json.RawMessage) error {
			values, err := texts(value)
			all = append(all, condition{operator, key, values})
			return err
		})
	})
	return all, err
}

// fields calls f for each member of a JSON object in the order of the text, and
// refuses one that comes twice.
func fields(text json.RawMessage, f func(name string, value json.RawMessage) error) error {
	if !json.Valid(text) {
		return errors.New("syntax errors in policy")
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return errors.New("syntax errors in policy: an object is expected")
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return fmt.Errorf("syntax errors in policy: %w", err)
		}
		name, _ := token.(string)
		if seen[name] {
			return fmt.Errorf("duplicate element %s", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return fmt.Errorf("syntax errors in policy: %w", err)
		}
		if err := f(name, value); err != nil {
			return err
		}
	}
	return nil
}

// texts reads what may be one value or a list; booleans and numbers count as
// their text.
func texts(text json.RawMessage) ([]string, error) {
	var raw []any
	var one any
	if json.Unmarshal(text, &raw) != nil {
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, fmt.Errorf("syntax errors in policy: %w", err)
		}
		raw = []any{one}
	}
	if len(raw) == 0 {
		return nil, errors.New("policy statement must contain actions, resources and values")
	}
	all := make([]string, 0, len(raw))
	for _, v := range raw {
		switch v.(type) {
		case string, bool, float64:
			all = append(all, fmt.Sprint(v))
		default:
			return nil, errors.New("syntax errors in policy: a text is expected")
		}
	}
	return all, nil
}
