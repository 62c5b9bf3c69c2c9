package catalogue

import (
	"slices"
	"strings"
	"sync"
)

// Catalogue is the table of actions and resource types. It is safe for
// concurrent use.
type Catalogue struct {
	packed []byte // the table
	header header

	mu       sync.Mutex
	services map[string]*service // those used so far
}

// Open reads the header of the embedded table. An error means that the program
// was built wrongly.
func Open() (*Catalogue, error) { return openTable(embedded) }

func openTable(packed []byte) (*Catalogue, error) {
	h, err := readHeader(packed)
	if err != nil {
		return nil, err
	}
	return &Catalogue{packed: packed, header: h, services: map[string]*service{}}, nil
}

// Version is the version of the data that the table was made from. It begins
// with 0.21 and ends in the day of AWS's change.
func (c *Catalogue) Version() string { return c.header.Version }

// Services returns the prefixes of all services, sorted.
func (c *Catalogue) Services() []string { return slices.Clone(c.header.Services) }

// Action is what the catalogue knows of one action.
type Action struct {
	Name   string // with the prefix, as AWS spells it: s3:PutObject
	Denied bool   // no setting makes it grantable
}

// Actions returns the actions of a service, sorted by name; none if there is no
// such service.
func (c *Catalogue) Actions(prefix string) ([]Action, error) {
	s, err := c.service(prefix)
	if err != nil || s == nil {
		return nil, err
	}
	out := make([]Action, 0, len(s.actions))
	for _, a := range s.actions {
		name := prefix + ":" + a.name
		out = append(out, Action{Name: name, Denied: deniedAlways(name) != ""})
	}
	return out, nil
}

// service returns a service, unpacking it at its first use; nil if there is none
// of that name.
func (c *Catalogue) service(prefix string) (*service, error) {
	at, found := slices.BinarySearch(c.header.Services, prefix)
	if !found {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.services[prefix]; s != nil {
		return s, nil
	}
	s, err := readService(c.packed, prefix, at)
	if err != nil {
		return nil, err
	}
	c.services[prefix] = s
	return s, nil
}

// Spelled returns an action as AWS spells it, whatever its letter case; false where
// there is no such action.
func (c *Catalogue) Spelled(action string) (string, bool) {
	prefix, name, ok := splitAction(action)
	if !ok {
		return "", false
	}
	s, err := c.service(strings.ToLower(prefix))
	if err != nil || s == nil {
		return "", false // a table that cannot be read fails the request itself
	}
	a := s.find(name)
	if a == nil {
		return "", false
	}
	return s.prefix + ":" + a.name, true
}
