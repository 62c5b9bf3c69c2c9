package iamops

import (
	"errors"
	"fmt"

	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// scope turns the requested actions on one resource into statements. This is
// the one place that decides what a permission covers; package catalogue knows
// how.
func (o *Ops) scope(actions []string, arn string) ([]templates.Statement, error) {
	if len(actions) == 0 {
		return nil, errors.New("no permission was requested: choose at least one")
	}
	scope, err := o.catalogue.Scope(catalogue.Request{
		Account: o.opts.Account, Partition: o.opts.Partition, Entity: arn, Actions: actions, Rules: o.opts.Rules,
	})
	if err != nil {
		return nil, err
	}
	out := make([]templates.Statement, len(scope.Statements))
	for i, g := range scope.Statements {
		out[i] = templates.Statement{Sid: fmt.Sprintf("Grant%d", i), Actions: g.Actions, Resources: g.Resources}
	}
	return out, nil
}
