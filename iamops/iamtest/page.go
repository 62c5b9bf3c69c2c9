package iamtest

import "encoding/base64"

// paging is the end of every list that comes in pages.
type paging struct {
	IsTruncated bool
	Marker      string `xml:"Marker,omitempty"`
}

// page cuts the part that a request asks for out of items, which are sorted by
// key. The marker holds the last key delivered, so a page is right even if items
// came or went in between.
func page[T any](s *Server, r *request, items []T, key func(T) string) (list[T], paging, error) {
	none := list[T]{}
	most, err := r.number("MaxItems", 100, 1, 1000)
	if err != nil {
		return none, paging{}, err
	}
	if s.opts.PageSize > 0 {
		most = min(most, s.opts.PageSize)
	}
	if marker := r.str("Marker"); marker != "" {
		last, err := base64.RawURLEncoding.DecodeString(marker)
		if err != nil {
			return none, paging{}, invalid("Invalid Marker.")
		}
		for len(items) > 0 && key(items[0]) <= string(last) {
			items = items[1:]
		}
	}
	if len(items) <= most {
		return list[T]{items}, paging{}, nil
	}
	marker := base64.RawURLEncoding.EncodeToString([]byte(key(items[most-1])))
	return list[T]{items[:most]}, paging{true, marker}, nil
}
