package catalogue

import (
	"fmt"
	"strings"
)

// region is where the related resource has to be; empty: anywhere.
func (p pair) region(entity arn) string {
	for _, e := range elsewhere {
		switch {
		case e.related != p.related.name || e.to != p.to:
		case e.region == anyRegion || entity.partition != "aws": // of the others no page tells
			return ""
		default:
			return e.region
		}
	}
	return entity.region
}

// apart says why two resources whose types make a pair do not belong to each other, as
// far as their ARNs tell; empty: nothing speaks against it. What AWS uses together is
// in one Region, and the ARN of what lies in a parent names the parent first.
func (p pair) apart(entity, related arn) string {
	const correct = `correct the relation "related" in the catalogue`
	if want := p.region(entity); want != "" && related.region != want {
		return fmt.Sprintf("%s is in Region %s, and the %s of %s has to be in %s: %s", related.text, related.region, p.related.name, entity.text, want, correct)
	}
	if parent := related.name(); p.related.parent && parent != "" && !strings.HasPrefix(entity.name(), parent+"/") {
		return fmt.Sprintf("%s does not lie in %s: %s", entity.text, related.text, correct)
	}
	return ""
}

// name is what follows the word for the type, with the names that it lies in first;
// empty for the one resource of its type.
func (a arn) name() string {
	resource := strings.SplitN(a.rest, ":", 4)[3] // after service, region and account
	_, name, _ := strings.Cut(resource, "/")
	return name
}
