package catalogue

import (
	"slices"
	"strings"
)

// kind is what an ARN is, seen from the actions of one service.
type kind struct {
	arn       arn
	keys      []string  // of the resource types, for messages
	shapes    []pattern // the patterns that fit best
	completes bool      // see relatedType
	folder    bool      // the ARN ends in "/" and means the objects under it
}

// resolve finds the type of an ARN among all types of these services, not only
// those that one action acts on: else an index of a table would pass as a table.
func resolve(a arn, services ...*service) kind {
	k := kind{arn: a}
	if !separatorAtEnd(a.rest) {
		k.compareAll(services, a.rest, strict, loose, colon)
		return k
	}
	k.compareAll(services, a.rest, strict) // in the others a name would be taken to end in "/"
	if text, ok := strings.CutSuffix(a.rest, "/"); ok && len(k.shapes) == 0 {
		k.folder = true
		k.compareAll(services, text, strict, loose, colon)
		k.folder = len(k.shapes) > 0
	}
	return k
}

// compareAll compares the text with all types, in each pass until one has fitted.
func (k *kind) compareAll(services []*service, text string, passes ...pass) {
	for _, how := range passes {
		for i, s := range services {
			if s == nil || slices.Contains(services[:i], s) {
				continue
			}
			for _, t := range s.types {
				k.compare(t, text, how)
			}
		}
		if len(k.shapes) > 0 {
			return
		}
	}
}

// compare keeps the patterns of a type if they fit no worse than those so far.
// The one with most literal characters fits best: "table/T/index/I" is an index,
// not a table of that name.
func (k *kind) compare(t resourceType, text string, how pass) {
	for _, p := range t.patterns {
		if k.folder && !slices.Contains(inFolders, p.shape) || !p.match(text, how) {
			continue
		}
		if len(k.shapes) > 0 && p.literals < k.shapes[0].literals {
			continue
		}
		if len(k.shapes) > 0 && p.literals > k.shapes[0].literals {
			k.keys, k.shapes = nil, nil
		}
		if !slices.Contains(k.keys, t.key) {
			k.keys = append(k.keys, t.key)
		}
		k.shapes = append(k.shapes, p)
	}
}

// exact reports whether one of these types of a service is that of the resource.
func (k kind) exact(s *service, types []int) bool {
	for _, t := range types {
		for _, p := range s.types[t].patterns {
			for _, own := range k.shapes {
				if own.shape == p.shape {
					return true
				}
			}
		}
	}
	return false
}

// inside returns what to put after the ARN to name all resources in it that are of
// one of these types, sorted and no more than needed; nothing if there are none. A
// singleton such as the Glue catalog or the collection "/restapis" has nothing
// inside: what extends its ARN is everything there is.
func (k kind) inside(s *service, types []int) []string {
	var out []string
	for _, t := range types {
		for _, p := range s.types[t].patterns {
			for _, own := range k.shapes {
				if rest, ok := extension(own, p); ok {
					out = append(out, rest)
				}
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	// In a policy "*" reaches over "/" and ":", so one ending may cover another.
	return slices.DeleteFunc(slices.Clone(out), func(r string) bool {
		return slices.ContainsFunc(out, func(wider string) bool { return wider != r && Match(wider, r) })
	})
}

// liesIn reports whether the resource is inside one of these types.
func (k kind) liesIn(s *service, types []int) bool {
	for _, t := range types {
		for _, p := range s.types[t].patterns {
			for _, own := range k.shapes {
				if _, inside := extension(p, own); inside {
					return true
				}
			}
		}
	}
	return false
}

// extension returns what p has beyond own, if it extends it at "/" or ":".
func extension(own, p pattern) (string, bool) {
	rest, ok := strings.CutPrefix(p.shape, own.shape)
	if !ok || rest == "" || !own.named {
		return "", false
	}
	return rest, rest[0] == '/' || rest[0] == ':' || separatorAtEnd(own.shape)
}
