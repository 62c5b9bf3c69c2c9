package catalogue

import (
	"slices"
	"strings"
	"testing"
)

// TestPairs: each row of the reviewed pairs names types that AWS has, and a page.
func TestPairs(t *testing.T) {
	c := shared(t)
	shapes := map[string][]string{} // by service and type
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, ty := range s.types {
			for _, p := range ty.patterns {
				if p.service() == prefix {
					shapes[prefix+" "+ty.key] = append(shapes[prefix+" "+ty.key], p.shape)
				}
			}
		}
	}
	seen, shape := map[string]bool{}, map[string]bool{}
	for _, p := range pairs {
		if shapes[p.to] == nil {
			t.Errorf("%s: AWS has no such type", p.to)
		}
		if !slices.Contains(shapes[p.related.name], p.related.shape) {
			t.Errorf("%s has the forms %v, and not %s", p.related.name, shapes[p.related.name], p.related.shape)
		}
		row := p.related.name + " of " + p.to
		if shape[row+p.related.shape] || p.page == "" {
			t.Errorf("%s: twice, or without a page", row)
		}
		seen[row], shape[row+p.related.shape] = true, true
		for _, never := range []string{"secretsmanager", "dynamodb", "iam", "lambda", "s3"} {
			if strings.HasPrefix(p.related.name, never+" ") {
				t.Errorf("a %s can be related", p.related.name)
			}
		}
	}
	if len(seen) < 100 {
		t.Errorf("%d pairs", len(seen))
	}
	for _, e := range elsewhere {
		if row := e.related + " of " + e.to; !seen[row] || e.page == "" || e.region == "" {
			t.Errorf("elsewhere, %s: no such pair, or without a region or a page", row)
		}
	}
	// Whose ARNs name no Region, so that theirs cannot be compared: judge new ones.
	want := []string{"kms key of s3 accesspointobject", "kms key of s3 bucket", "kms key of s3 multiregionaccesspoint", "kms key of s3 object", "logs log-group of route53 hostedzone"}
	var none []string
	for _, p := range pairs {
		if slices.ContainsFunc(shapes[p.to], func(shape string) bool { return strings.Split(shape, ":")[1] == "" }) {
			none = append(none, p.related.name+" of "+p.to)
		}
	}
	if slices.Sort(none); !slices.Equal(none, want) {
		t.Errorf("pairs with an entity without Region: %q", none)
	}
}

// TestSums: the reviewed rules name actions and types that AWS has, and a page, and
// change what AWS's flags alone would say.
func TestSums(t *testing.T) {
	c := shared(t)
	var all []string
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.actions {
			if len(a.types) > 0 {
				all = append(all, prefix+":"+a.name)
			}
		}
	}
	rows := map[string]string{}
	for _, r := range sums {
		rows[r.actions] = r.page
	}
	for _, r := range single {
		rows[r.actions] = r.page
	}
	for pattern, page := range rows {
		if !slices.ContainsFunc(all, func(a string) bool { return Match(pattern, a) }) {
			t.Errorf("%s matches no action on resources", pattern)
		}
		if page == "" {
			t.Errorf("%s names no page", pattern)
		}
	}
	for _, r := range choices {
		s, err := c.service(r.service)
		if err != nil || s == nil {
			t.Fatalf("%s: %v", r.service, err)
		}
		if _, err := s.indexes(r.types); err != nil || r.page == "" {
			t.Errorf("%s: %v, page %q", r.service, err, r.page)
		}
	}
}
