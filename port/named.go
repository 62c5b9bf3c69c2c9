package port

import "encoding/json"

// named is something that Port gives as an identifier or as an object that holds
// one. Anything else leaves the identifier empty.
type named struct {
	Identifier       string
	InvocationMethod struct { // only of an action
		Type  string `json:"type"`
		Agent bool   `json:"agent"`
	}
}

// UnmarshalJSON never fails: see [named].
func (n *named) UnmarshalJSON(b []byte) error {
	*n = named{}
	if json.Unmarshal(b, &n.Identifier) == nil {
		return nil
	}
	type plain named
	// A field of the wrong type is left empty, the others are still decoded.
	_ = json.Unmarshal(b, (*plain)(n))
	return nil
}
