package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// evaluation works out the expressions of a module, in the order in which they
// depend on each other.
type evaluation struct {
	*module
	known     map[string]cty.Value // by name: var.x, local.x, data.t.n, t.n
	outputs   map[string]cty.Value
	functions map[string]function.Function
}

func newEvaluation(m *module, variables, data map[string]json.RawMessage) (*evaluation, error) {
	e := &evaluation{m, map[string]cty.Value{}, map[string]cty.Value{}, functions()}
	var problems []error
	for name := range variables {
		if m.variables[name] == nil {
			problems = append(problems, fmt.Errorf("there is no variable %s", name))
		}
	}
	for name, b := range m.variables {
		value, err := e.variable(b, variables[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("var.%s: %w", name, err))
		}
		e.known["var."+name] = value
	}
	for name := range m.data {
		value, err := fromJSON(data[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("data.%s: %w", name, err))
		}
		e.known["data."+name] = value
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	for _, b := range m.variables {
		problems = append(problems, e.validate(b))
	}
	return e, errors.Join(problems...)
}

// variable is what a variable is: what is given, else its default.
func (e *evaluation) variable(b *hclsyntax.Block, given json.RawMessage) (cty.Value, error) {
	constraint, defaults, diags := typeexpr.TypeConstraintWithDefaults(b.Body.Attributes["type"].Expr)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	var value cty.Value
	var err error
	if own := b.Body.Attributes["default"]; given != nil {
		value, err = fromJSON(given)
	} else if own == nil {
		err = errors.New("is not given and has no default")
	} else if value, diags = own.Expr.Value(nil); diags.HasErrors() {
		err = diags
	}
	if err != nil {
		return cty.NilVal, err
	}
	if defaults != nil && !value.IsNull() {
		value = defaults.Apply(value)
	}
	return convert.Convert(value, constraint)
}

// validate evaluates the validations of a variable.
func (e *evaluation) validate(variable *hclsyntax.Block) error {
	for _, b := range variable.Body.Blocks {
		if b.Type != "validation" {
			return fmt.Errorf("%s: a block %s is not known here", b.Range(), b.Type)
		}
		if err := e.demand(b, nil); err != nil {
			return err
		}
	}
	return nil
}

// preconditions evaluates those of a resource.
func (e *evaluation) preconditions(resource *hclsyntax.Block, extra map[string]cty.Value) error {
	for _, b := range resource.Body.Blocks {
		if b.Type != "lifecycle" {
			return fmt.Errorf("%s: a block %s is not known here", b.Range(), b.Type)
		}
		for _, condition := range b.Body.Blocks {
			if err := e.demand(condition, extra); err != nil {
				return err
			}
		}
	}
	return nil
}

// demand is the error of a validation or precondition that does not hold.
func (e *evaluation) demand(b *hclsyntax.Block, extra map[string]cty.Value) error {
	holds, diags := b.Body.Attributes["condition"].Expr.Value(e.context(extra))
	if diags.HasErrors() {
		return diags
	}
	if holds.True() {
		return nil
	}
	message, diags := b.Body.Attributes["error_message"].Expr.Value(e.context(extra))
	if diags.HasErrors() {
		return diags
	}
	return errors.New(message.AsString())
}

func fromJSON(text json.RawMessage) (cty.Value, error) {
	if text == nil {
		return cty.NilVal, errors.New("is not given")
	}
	kind, err := ctyjson.ImpliedType(text)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(text, kind)
}

// functions are those of Terraform that the modules use.
func functions() map[string]function.Function {
	file := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text, err := os.ReadFile(args[0].AsString())
			return cty.StringVal(string(text)), err
		},
	})
	alltrue := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(!slices.ContainsFunc(args[0].AsValueSlice(), cty.Value.False)), nil
		},
	})
	// Unlike cty's, Terraform's length takes text and objects as well.
	length := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch kind := args[0].Type(); {
			case kind == cty.String:
				return stdlib.Strlen(args[0])
			case kind.IsObjectType():
				return cty.NumberIntVal(int64(len(kind.AttributeTypes()))), nil
			}
			return stdlib.Length(args[0])
		},
	})
	one := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch all := args[0].AsValueSlice(); len(all) {
			case 0:
				return cty.NullVal(cty.DynamicPseudoType), nil
			case 1:
				return all[0], nil
			}
			return cty.NilVal, errors.New("more than one element")
		},
	})
	return map[string]function.Function{
		"file": file, "alltrue": alltrue, "try": tryfunc.TryFunc, "can": tryfunc.CanFunc,
		"jsonencode": stdlib.JSONEncodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "replace": stdlib.ReplaceFunc, "join": stdlib.JoinFunc,
		"split": stdlib.SplitFunc, "regex": stdlib.RegexFunc, "format": stdlib.FormatFunc, "trimprefix": stdlib.TrimPrefixFunc,
		"merge": stdlib.MergeFunc, "concat": stdlib.ConcatFunc, "keys": stdlib.KeysFunc, "sort": stdlib.SortFunc, "element": stdlib.ElementFunc,
		"distinct": stdlib.DistinctFunc, "contains": stdlib.ContainsFunc, "length": length, "reverse": stdlib.ReverseListFunc,
		"one": one, "tostring": stdlib.MakeToFunc(cty.String), "toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
	}
}

// run evaluates whatever has all that it refers to, until nothing is left.
func (e *evaluation) run() error {
	for {
		waiting, before := []string{}, len(e.known)+len(e.outputs)
		for name, expr := range e.locals {
			name = "local." + name
			if e.known[name] != cty.NilVal {
				continue
			}
			if !e.ready(expr.Variables()) {
				waiting = append(waiting, name)
				continue
			}
			value, diags := expr.Value(e.context(nil))
			if diags.HasErrors() {
				return diags
			}
			e.known[name] = value
		}
		for name, b := range e.resources {
			if e.known[name] != cty.NilVal {
				continue
			}
			if !e.ready(referencesIn(b.Body)) {
				waiting = append(waiting, name)
				continue
			}
			value, err := e.resource(name, b)
			if err != nil {
				return err
			}
			e.known[name] = value
		}
		if len(waiting) == 0 {
			return e.evaluateOutputs()
		}
		if len(e.known)+len(e.outputs) == before {
			return fmt.Errorf("these depend on each other: %s", strings.Join(waiting, ", "))
		}
	}
}

func (e *evaluation) evaluateOutputs() error {
	for name, b := range e.module.outputs {
		value, diags := b.Body.Attributes["value"].Expr.Value(e.context(nil))
		if diags.HasErrors() {
			return diags
		}
		e.outputs[name] = value
	}
	return nil
}

func (e *evaluation) ready(references []hcl.Traversal) bool {
	return !slices.ContainsFunc(references, func(t hcl.Traversal) bool {
		name, _ := e.target(t)
		root := t.RootName()
		return root != "each" && root != "count" && root != "path" && e.known[name] == cty.NilVal
	})
}

// resource is a resource with its arguments, or a list or map of them if it has
// count or for_each. What a provider would add to it is its name.
func (e *evaluation) resource(name string, b *hclsyntax.Block) (cty.Value, error) {
	attributes := b.Body.Attributes
	switch {
	case attributes["count"] != nil:
		n, diags := attributes["count"].Expr.Value(e.context(nil))
		if diags.HasErrors() {
			return cty.NilVal, diags
		}
		all := []cty.Value{}
		for i := int64(0); cty.NumberIntVal(i).LessThan(n).True(); i++ {
			one, err := e.one(fmt.Sprintf("%s[%d]", name, i), b, map[string]cty.Value{"count": cty.ObjectVal(map[string]cty.Value{"index": cty.NumberIntVal(i)})})
			if err != nil {
				return cty.NilVal, err
			}
			all = append(all, one)
		}
		return cty.TupleVal(all), nil
	case attributes["for_each"] != nil:
		over, diags := attributes["for_each"].Expr.Value(e.context(nil))
		if diags.HasErrors() {
			return cty.NilVal, diags
		}
		all := map[string]cty.Value{}
		for it := over.ElementIterator(); it.Next(); {
			key, value := it.Element()
			one, err := e.one(name+"["+key.AsString()+"]", b, map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})})
			if err != nil {
				return cty.NilVal, err
			}
			all[key.AsString()] = one
		}
		return cty.ObjectVal(all), nil
	}
	return e.one(name, b, nil)
}

func (e *evaluation) one(name string, b *hclsyntax.Block, extra map[string]cty.Value) (cty.Value, error) {
	if err := e.preconditions(b, extra); err != nil {
		return cty.NilVal, err
	}
	all := map[string]cty.Value{"id": cty.StringVal(name + ".id"), "arn": cty.StringVal(name + ".arn")}
	for key, a := range b.Body.Attributes {
		if key == "count" || key == "for_each" || key == "depends_on" {
			continue
		}
		value, diags := a.Expr.Value(e.context(extra))
		if diags.HasErrors() {
			return cty.NilVal, diags
		}
		all[key] = value
	}
	return cty.ObjectVal(all), nil
}

// context is what expressions can refer to so far.
func (e *evaluation) context(extra map[string]cty.Value) *hcl.EvalContext {
	tree := map[string]any{"path": map[string]any{"module": cty.StringVal(e.dir)}}
	for name, value := range e.known {
		at, parts := tree, strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			if at[part] == nil {
				at[part] = map[string]any{}
			}
			at = at[part].(map[string]any)
		}
		at[parts[len(parts)-1]] = value
	}
	variables := map[string]cty.Value{}
	for name, branch := range tree {
		variables[name] = object(branch)
	}
	maps.Copy(variables, extra)
	return &hcl.EvalContext{Variables: variables, Functions: e.functions}
}

func object(branch any) cty.Value {
	if value, ok := branch.(cty.Value); ok {
		return value
	}
	all := map[string]cty.Value{}
	for name, b := range branch.(map[string]any) {
		all[name] = object(b)
	}
	return cty.ObjectVal(all)
}

// write writes resources and outputs as JSON.
func (e *evaluation) write(out io.Writer) error {
	result := map[string]map[string]ctyjson.SimpleJSONValue{"resources": {}, "outputs": {}}
	for name := range e.resources {
		result["resources"][name] = ctyjson.SimpleJSONValue{Value: e.known[name]}
	}
	for name, value := range e.outputs {
		result["outputs"][name] = ctyjson.SimpleJSONValue{Value: value}
	}
	return json.NewEncoder(out).Encode(result)
}
