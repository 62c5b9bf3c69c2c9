package port

import (
	"encoding/json"
	"fmt"
	"slices"
)

// EntityIDs returns the identifiers in an input that is an array of entities,
// each given as an object with its identifier or as the identifier itself, in
// their order and each once. An empty array has none. The error is meant for
// the person who maintains the action in Port.
func (r Run) EntityIDs(input string) ([]string, error) {
	raw, present := r.Properties[input]
	if !present || string(raw) == "null" {
		return nil, fmt.Errorf("input %q is missing: expected an array of entities; make it a required input of action %q in Port", input, r.Action)
	}
	var items []lenient[identifier]
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("input %q is not an array: expected an array of entities; make the input an array of format entity in action %q in Port", input, r.Action)
	}
	ids := make([]string, 0, len(items))
	for i, item := range items {
		id := string(item.value)
		if id == "" {
			return nil, fmt.Errorf("input %q has no identifier at position %d: expected entities as identifiers or as objects with an identifier; pass the input unchanged in action %q in Port", input, i+1, r.Action)
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Text returns an optional input that is a string; "" where it is absent or null.
// The error is meant for the person who maintains the action in Port.
func (r Run) Text(input string) (string, error) {
	raw, present := r.Properties[input]
	if !present {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("input %q is not a text: expected a string; make the input a string in action %q in Port", input, r.Action)
	}
	return s, nil
}
