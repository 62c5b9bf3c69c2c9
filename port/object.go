package port

import (
	"bytes"
	"encoding/json"
)

// Object is a JSON object of Port's data model, a blueprint or an action. Inside
// of it objects are map[string]any and numbers json.Number: what this program
// does not know can be sent back as it came.
type Object map[string]any

// UnmarshalJSON keeps numbers as they are written.
func (o *Object) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return err
	}
	*o = m
	return nil
}

// At returns what is at the end of a path of names; nil where there is nothing.
func (o Object) At(path ...string) any {
	var v any = map[string]any(o)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// Text is [Object.At] for a text; "" where there is none.
func (o Object) Text(path ...string) string {
	s, _ := o.At(path...).(string)
	return s
}
