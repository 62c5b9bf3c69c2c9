package grants

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// resource is an AWS resource as the catalogue in Port has it.
type resource struct {
	id      string // of its entity
	arn     string
	account string   // that its property names, where its ARN names none; "" where neither does
	kind    string   // its resource_type
	related []string // the identifiers of those that belong to it
}

// resourceOf reads the entity of a resource that can be asked for: with what belongs to
// it. Its errors refuse the request: what has another type than the blueprint says is not
// absent.
func resourceOf(e *port.Entity) (resource, error) {
	r, err := bareResource(e)
	if err != nil {
		return r, err
	}
	if err := e.Readable("relations"); err != nil {
		return r, unreadable(err)
	}
	if raw := e.Relations[templates.RelationRelated]; len(raw) > 0 && json.Unmarshal(raw, &r.related) != nil {
		return r, wrongInCatalogue("the relation %q of %s is not a list of entities: ask the platform team to correct it in Port", templates.RelationRelated, e.Identifier)
	}
	if n := len(r.related); n > iamops.MaxRelated {
		return r, wrongInCatalogue("the relation %q of %s has %d resources, and %d are allowed: ask the platform team to leave those that a grant needs", templates.RelationRelated, e.Identifier, n, iamops.MaxRelated)
	}
	return r, nil
}

// bareResource reads an entity without what belongs to it, which is nothing to a grant on
// another one.
func bareResource(e *port.Entity) (resource, error) {
	r := resource{id: e.Identifier, arn: e.Identifier}
	given, err := catalogueText(e, templates.PropertyARN)
	if err != nil {
		return r, err
	}
	if given != "" {
		if strings.HasPrefix(r.id, "arn:") && given != r.id {
			return r, refuse("the catalogue names two ARNs for one resource", "the resource %s has the other ARN %s in its property %q, and it is not clear which is meant: ask the platform team to correct it in Port", r.id, given, templates.PropertyARN)
		}
		r.arn = given
	}
	r.kind, err = catalogueText(e, templates.PropertyResourceType)
	if named, _ := iamops.AccountOf(r.arn); err != nil || named != "" {
		return r, err // the ARN says whose it is, and the property is not needed
	}
	r.account, err = catalogueText(e, templates.PropertyAccount)
	if err == nil && r.account != "" && !templates.IsAccount(r.account) {
		err = wrongInCatalogue("the property %q of %s is %q, and the 12 digits of an AWS account were expected: ask the platform team to correct it in Port", templates.PropertyAccount, r.id, r.account)
	}
	return r, err
}

// catalogueText reads a property of the catalogue that is a text; "" where there is
// none.
func catalogueText(e *port.Entity, property string) (text string, err error) {
	if raw := e.Properties[property]; len(raw) > 0 && json.Unmarshal(raw, &text) != nil {
		return "", wrongInCatalogue("the property %q of %s is not a text: ask the platform team to correct it in Port", property, e.Identifier)
	}
	return text, nil
}

func wrongInCatalogue(format string, args ...any) error {
	return refuse("a value in the catalogue is wrong", format, args...)
}

// arnsOf are the ARNs of resources, each once: two entities may be of one resource.
func arnsOf(resources []resource) (arns []string) {
	for _, r := range resources {
		same := func(arn string) bool { return iamops.Written(arn) == iamops.Written(r.arn) }
		if !slices.ContainsFunc(arns, same) {
			arns = append(arns, r.arn)
		}
	}
	return arns
}

// ownersOf are the accounts of resources whose ARNs name none, as their properties say.
func ownersOf(resources []resource) map[string]string {
	owners := map[string]string{}
	for _, r := range resources {
		if r.account != "" {
			owners[r.arn] = r.account
		}
	}
	return owners
}

// readRest reads at once what the run names and what was not read because the record
// names it: permissions, and the resources that belong to the requested one.
func (j *Job) readRest(ctx context.Context, v grantView, permissions []string, r resource) (offered, related map[string]*port.Entity, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		offered, err = j.svc.readOffered(ctx, j.account, permissions, v.permissions)
		return err
	})
	g.Go(func() (err error) {
		related, err = j.svc.readEntities(ctx, templates.BlueprintResource, r.related, nil)
		return err
	})
	return offered, related, g.Wait()
}

// belonging are the resources that belong to one, from their entities; nil stands for
// one that does not exist.
func (r resource) belonging(entities map[string]*port.Entity) (related []resource, err error) {
	for _, id := range r.related {
		e := entities[id]
		if e == nil {
			return nil, refuse("a related resource is not in the catalogue", "the resource %s, which is related to %s, is not in the catalogue (blueprint %q): ask the platform team to correct the relation %q in Port", id, r.id, templates.BlueprintResource, templates.RelationRelated)
		}
		found, err := bareResource(e)
		if err != nil {
			return nil, err
		}
		related = append(related, found)
	}
	return related, nil
}
