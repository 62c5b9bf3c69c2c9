// Package markdown reads the pages of the tree, for the tests that hold them
// against what they speak of. Start with [Pages].
package markdown

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Page is one Markdown file.
type Page struct {
	Name string // its path from the root
	Text string
}

// Pages are all pages under root, in order.
func Pages(root string) ([]Page, error) {
	var pages []Page
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := e.Name(); {
		case e.IsDir() && (name == ".git" || name == ".cache" || name == "bin" || name == "node_modules"):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		pages = append(pages, Page{filepath.ToSlash(name), string(text)})
		return err
	})
	return pages, err
}

// Blocks inside of a list are indented as the list is.
var block = regexp.MustCompile("(?ms)^( *)```(\\w*)\n(.*?)^ *```$")

// Code is the content of the page's blocks of code in a language.
func (p Page) Code(language string) []string {
	var all []string
	for _, m := range block.FindAllStringSubmatch(p.Text, -1) {
		if m[2] == language {
			all = append(all, strings.TrimPrefix(strings.ReplaceAll("\n"+m[3], "\n"+m[1], "\n"), "\n"))
		}
	}
	return all
}

// Prose is the text without its blocks of code.
func (p Page) Prose() string { return block.ReplaceAllString(p.Text, "") }

var span = regexp.MustCompile("`([^`\n]+)`")

// Spans are the pieces of code within the prose.
func (p Page) Spans() []string {
	var all []string
	for _, m := range span.FindAllStringSubmatch(p.Prose(), -1) {
		all = append(all, m[1])
	}
	return all
}

// Commands are the commands of the page's shell code and of its prose.
func (p Page) Commands() [][]string {
	var all [][]string
	for _, code := range append(p.Code("sh"), p.Spans()...) {
		all = append(all, Commands(code)...)
	}
	return all
}

// Words are what quotes hold together. What a shell would expand stays as it is.
var word = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'";|&<>]|&[^&\s])+|\|\|?|&&|;|\d?>>?\s*\S*|<\s*\S+|\n`)

var (
	shellComment = regexp.MustCompile(`(?m)(^|[ \t])#.*$`)
	assignment   = regexp.MustCompile(`^[A-Za-z_]\w*=`)
)

// Commands are the commands of shell code, as words. Comments, redirections and
// variables before the command are left out.
func Commands(code string) [][]string {
	code = shellComment.ReplaceAllString(strings.ReplaceAll(code, "\\\n", " "), "")
	var all [][]string
	var command []string
	for _, w := range append(word.FindAllString(code, -1), "\n") {
		switch {
		case strings.ContainsAny(w[:1], "\n|&;"):
			if len(command) > 0 {
				all, command = append(all, command), nil
			}
		case strings.HasPrefix(strings.TrimLeft(w, "012"), ">"), w[0] == '<':
		case len(command) == 0 && assignment.MatchString(w):
		default:
			command = append(command, strings.NewReplacer("'", "", `"`, "").Replace(w))
		}
	}
	return all
}
