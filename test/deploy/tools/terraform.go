package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// module is the configuration in one directory.
type module struct {
	dir       string
	variables map[string]*hclsyntax.Block
	locals    map[string]hclsyntax.Expression
	resources map[string]*hclsyntax.Block // by type.name
	data      map[string]*hclsyntax.Block // by type.name
	modules   map[string]*hclsyntax.Block
	outputs   map[string]*hclsyntax.Block
	aliases   map[string]bool // of providers, as name.alias
}

// terraform checks a module as far as that is possible without its providers, and
// writes what its resources and outputs are when it is given the variables and
// the data sources of the input.
func terraform(dir string, in io.Reader, out io.Writer) error {
	m, err := readModule(dir)
	if err == nil {
		err = m.check()
	}
	if err != nil {
		return err
	}
	var given struct{ Var, Data map[string]json.RawMessage }
	if err := json.NewDecoder(in).Decode(&given); err != nil {
		return fmt.Errorf("read the variables: %w", err)
	}
	e, err := newEvaluation(m, given.Var, given.Data)
	if err == nil {
		err = e.run()
	}
	if err != nil {
		return err
	}
	return e.write(out)
}

func newModule(dir string) *module {
	return &module{
		dir: dir, variables: map[string]*hclsyntax.Block{}, locals: map[string]hclsyntax.Expression{}, resources: map[string]*hclsyntax.Block{},
		data: map[string]*hclsyntax.Block{}, modules: map[string]*hclsyntax.Block{}, outputs: map[string]*hclsyntax.Block{},
		aliases: map[string]bool{},
	}
}

// readModule reads every file of a directory as Terraform does. A file that
// `terraform fmt` would change is an error.
func readModule(dir string) (*module, error) {
	m := newModule(dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s holds no *.tf", dir)
	}
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(hclwrite.Format(text), text) {
			problems = append(problems, fmt.Errorf("%s: not as `terraform fmt` writes it", name))
		}
		file, diags := hclparse.NewParser().ParseHCL(text, name)
		if diags.HasErrors() {
			return nil, diags
		}
		problems = append(problems, m.add(file.Body.(*hclsyntax.Body)))
	}
	return m, errors.Join(problems...)
}

// add sorts the blocks of a file. One that is there twice is an error.
func (m *module) add(body *hclsyntax.Body) error {
	var problems []error
	put := func(into map[string]*hclsyntax.Block, b *hclsyntax.Block) {
		name := strings.Join(b.Labels, ".")
		if into[name] != nil {
			problems = append(problems, fmt.Errorf("%s: %s %s exists twice", b.Range(), b.Type, name))
		}
		into[name] = b
	}
	for _, b := range body.Blocks {
		switch b.Type {
		case "variable":
			put(m.variables, b)
		case "resource":
			put(m.resources, b)
		case "data":
			put(m.data, b)
		case "module":
			put(m.modules, b)
		case "output":
			put(m.outputs, b)
		case "terraform":
		case "provider":
			if alias := b.Body.Attributes["alias"]; alias != nil {
				value, diags := alias.Expr.Value(nil)
				if diags.HasErrors() {
					return diags
				}
				m.aliases[b.Labels[0]+"."+value.AsString()] = true
			}
		case "locals":
			for name, a := range b.Body.Attributes {
				if m.locals[name] != nil {
					problems = append(problems, fmt.Errorf("%s: local.%s exists twice", a.Range(), name))
				}
				m.locals[name] = a.Expr
			}
		default:
			problems = append(problems, fmt.Errorf("%s: a block %s is not known here", b.Range(), b.Type))
		}
	}
	return errors.Join(problems...)
}

// check reports references to what does not exist, and variables and locals that
// nothing refers to.
func (m *module) check() error {
	var problems []error
	used := map[string]bool{}
	for _, t := range m.references() {
		name, known := m.target(t)
		if !known {
			problems = append(problems, fmt.Errorf("%s: there is no %s", t.SourceRange(), name))
		}
		used[name] = true
	}
	for name, b := range m.variables {
		if !used["var."+name] {
			problems = append(problems, fmt.Errorf("%s: nothing uses var.%s", b.Range(), name))
		}
		for _, needed := range []string{"type", "description"} {
			if b.Body.Attributes[needed] == nil {
				problems = append(problems, fmt.Errorf("%s: var.%s has no %s", b.Range(), name, needed))
			}
		}
	}
	for name, expr := range m.locals {
		if !used["local."+name] {
			problems = append(problems, fmt.Errorf("%s: nothing uses local.%s", expr.Range(), name))
		}
	}
	for name, b := range m.data {
		if !used["data."+name] {
			problems = append(problems, fmt.Errorf("%s: nothing uses data.%s", b.Range(), name))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// references are all names that expressions of the module use, but for the type
// of a variable, and its own name in its validation.
func (m *module) references() []hcl.Traversal {
	var all []hcl.Traversal
	for _, expr := range m.locals {
		all = append(all, expr.Variables()...)
	}
	for _, blocks := range []map[string]*hclsyntax.Block{m.resources, m.data, m.modules, m.outputs} {
		for _, b := range blocks {
			all = append(all, referencesIn(b.Body)...)
		}
	}
	return all
}

func referencesIn(body *hclsyntax.Body) (all []hcl.Traversal) {
	for _, a := range body.Attributes {
		all = append(all, a.Expr.Variables()...)
	}
	for _, b := range body.Blocks {
		all = append(all, referencesIn(b.Body)...)
	}
	return all
}

// target is the name that a reference begins with, and whether it exists.
func (m *module) target(t hcl.Traversal) (name string, known bool) {
	parts := []string{t.RootName()}
	for _, step := range t[1:] {
		attribute, ok := step.(hcl.TraverseAttr)
		if !ok {
			break
		}
		parts = append(parts, attribute.Name)
	}
	first := func(n int) string { return strings.Join(parts[:min(n, len(parts))], ".") }
	second := strings.TrimPrefix(first(2), parts[0]+".")
	switch parts[0] {
	case "each", "count", "path", "terraform":
		return first(2), true
	case "var":
		return first(2), m.variables[second] != nil
	case "local":
		return first(2), m.locals[second] != nil
	case "module":
		return first(2), m.modules[second] != nil
	case "data":
		return first(3), m.data[strings.TrimPrefix(first(3), "data.")] != nil
	}
	return first(2), m.resources[first(2)] != nil || m.aliases[first(2)]
}
