package port

import (
	"encoding/json"
	"errors"
)

// lenient is a member of an answer. It takes any form, so that one member which
// is not as Port's API describes does not hide the others.
type lenient[T any] struct {
	value T
	given bool // value is what Port gave
	odd   bool // Port gave another form: value is zero and means nothing
}

// UnmarshalJSON never fails; null counts as absent.
func (l *lenient[T]) UnmarshalJSON(b []byte) error {
	*l = lenient[T]{}
	if string(b) == "null" {
		return nil
	}
	var v T
	if l.odd = json.Unmarshal(b, &v) != nil; !l.odd {
		l.value, l.given = v, true
	}
	return nil
}

// identifier is of something that Port gives as an identifier, or as an object
// that holds one.
type identifier string

// UnmarshalJSON fails where there is no identifier; "" is one.
func (i *identifier) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, (*string)(i)) == nil {
		return nil
	}
	var whole struct {
		Identifier string `json:"identifier"`
	}
	if err := json.Unmarshal(b, &whole); err != nil {
		return err
	}
	if whole.Identifier == "" {
		return errors.New("an object without an identifier")
	}
	*i = identifier(whole.Identifier)
	return nil
}
