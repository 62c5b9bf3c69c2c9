package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// terraformCalls checks an example that calls modules of the tree under root: it is
// formatted, what it refers to exists, and each call has every argument that it
// needs and no other. It prints the directories of the modules.
func terraformCalls(root string, in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if !bytes.Equal(hclwrite.Format(text), text) {
		return fmt.Errorf("not as `terraform fmt` writes it:\n%s", hclwrite.Format(text))
	}
	file, diags := hclparse.NewParser().ParseHCL(text, "example")
	if diags.HasErrors() {
		return diags
	}
	example := newModule(".")
	problems := []error{example.add(file.Body.(*hclsyntax.Body))}
	called := map[string]*module{}
	for name, b := range example.modules {
		m, err := example.call(root, b)
		if err == nil {
			err = m.takes(b)
			_, _ = fmt.Fprintln(out, strings.TrimPrefix(m.dir, root+"/"))
		}
		called[name] = m
		problems = append(problems, err)
	}
	for _, t := range example.references() {
		if name, known := example.target(t); !known {
			problems = append(problems, fmt.Errorf("%s: there is no %s", t.SourceRange(), name))
		} else if m := called[strings.TrimPrefix(name, "module.")]; t.RootName() == "module" && m != nil {
			problems = append(problems, m.gives(t))
		}
	}
	return errors.Join(problems...)
}

// call reads the module that a block calls; two slashes begin its path in the tree.
func (m *module) call(root string, b *hclsyntax.Block) (*module, error) {
	source := b.Body.Attributes["source"]
	if source == nil {
		return nil, fmt.Errorf("%s: no source", b.Range())
	}
	value, diags := source.Expr.Value(nil)
	if diags.HasErrors() {
		return nil, diags
	}
	_, rest, _ := strings.Cut(value.AsString(), "://")
	_, dir, found := strings.Cut(rest, "//")
	dir, _, _ = strings.Cut(dir, "?")
	if !found {
		return nil, fmt.Errorf("%s: the source %s names no directory behind //", source.Range(), value.AsString())
	}
	return readModule(filepath.Join(root, dir))
}

// takes reports arguments of a call that the module lacks, or that the call lacks.
func (m *module) takes(b *hclsyntax.Block) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(b.Body.Attributes)) {
		if m.variables[name] == nil && !slices.Contains([]string{"source", "version", "providers", "for_each", "count", "depends_on"}, name) {
			problems = append(problems, fmt.Errorf("%s: %s has no variable %s", b.Range(), m.dir, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.variables)) {
		if m.variables[name].Body.Attributes["default"] == nil && b.Body.Attributes[name] == nil {
			problems = append(problems, fmt.Errorf("%s: %s needs %s", b.Range(), m.dir, name))
		}
	}
	return errors.Join(problems...)
}

// gives reports a reference to an output that the module lacks.
func (m *module) gives(t hcl.Traversal) error {
	for _, step := range t[2:] {
		if attribute, ok := step.(hcl.TraverseAttr); ok {
			if m.outputs[attribute.Name] == nil {
				return fmt.Errorf("%s: %s has no output %s", t.SourceRange(), m.dir, attribute.Name)
			}
			return nil
		}
	}
	return nil
}
