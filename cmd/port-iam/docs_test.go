package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/internal/tools/markdown"
)

// TestDocumentedCommands: each command of ours that a page names is one, with
// these flags and arguments.
func TestDocumentedCommands(t *testing.T) {
	pages, err := markdown.Pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, p := range pages {
		for _, command := range p.Commands() {
			args, ok := ours(command)
			if !ok || slices.Equal(args, []string{"…"}) {
				continue
			}
			checked++
			if problem := parse(args); problem != "" {
				t.Errorf("%s: %s: %s", p.Name, strings.Join(command, " "), problem)
			}
		}
	}
	if checked < 50 {
		t.Errorf("%d commands were found", checked)
	}
}

// TestDocumentedBundle: the bundle that docs/install.md shows is one, and works on an
// instance.
func TestDocumentedBundle(t *testing.T) {
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(page), "### What people can request")
	_, example, _ := strings.Cut(chapter, "```json\n")
	example, _, _ = strings.Cut(example, "```")
	file := filepath.Join(t.TempDir(), "catalogue.json")
	instance := `{"identifier":"arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0","properties":{"resource_type":"EC2"}}`
	if err := os.WriteFile(file, []byte(`{"aws_resource":[`+instance+`],"iam_permissions":[`+example+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _ = readWith(t, nil)
	if got := wantCommand(t, 0, "", "plan --catalogue "+file); got != "1 permission and 1 resource were judged.\n" {
		t.Error(got)
	}
}

// ours are the arguments of a command of ours, also where it is run in a container
// or by systemd.
func ours(command []string) (args []string, ok bool) {
	if filepath.Base(command[0]) == "port-iam" {
		return command[1:], true
	}
	if slices.Contains([]string{"kubectl", "docker", "systemd-run"}, command[0]) {
		if i := slices.Index(command, "/usr/local/bin/port-iam"); i > 0 {
			return command[i+1:], true
		}
	}
	return nil, false
}

// parse does with arguments what the program does before it runs a command.
func parse(args []string) (problem string) {
	cmd, rest, err := newRoot().Find(args)
	if err == nil {
		cmd.InitDefaultHelpFlag()
		err = cmd.ParseFlags(rest)
	}
	if err == nil && len(rest) > 0 { // prose also names commands without their arguments
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		return err.Error()
	}
	if !cmd.Runnable() && len(args) > 0 && len(cmd.Flags().Args()) > 0 {
		return "no such command"
	}
	return ""
}

// TestHelp: each command says what it does and shows how to call it, and the call
// that it shows is right.
func TestHelp(t *testing.T) {
	root := newRoot()
	for queue := root.Commands(); len(queue) > 0; queue = queue[1:] {
		cmd := queue[0]
		queue = append(queue, cmd.Commands()...)
		if cmd.Short == "" || !cmd.HasSubCommands() && !cmd.HasExample() {
			t.Errorf("%s has no description or no example", cmd.CommandPath())
		}
		for _, example := range markdown.Commands(cmd.Example) {
			args, ok := ours(example)
			if !ok {
				continue // what the output is piped into
			}
			if problem := parse(args); problem != "" {
				t.Errorf("%s: %s: %s", cmd.CommandPath(), strings.Join(example, " "), problem)
			}
		}
	}
}
