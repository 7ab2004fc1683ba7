package templates

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	tree "text/template/parse"

	"bellhop/internal/event"
	"bellhop/internal/fault"
)

// ownPrefix begins the names of templates that a user's files make for themselves.
const ownPrefix = "my."

// source is one file: its templates by name, not yet bound to an engine.
type source struct {
	file, content string
	trees         map[string]*tree.Tree
}

// parse reads the content of a file. Every fault names file and line.
func parse(file, content string) (source, error) {
	src := source{file: file, content: content, trees: map[string]*tree.Tree{}}
	t, err := texttemplate.New(file).Funcs(stubs()).Parse(content)
	if err != nil {
		return src, err
	}
	for _, d := range t.Templates() {
		src.trees[d.Name()] = d.Tree
	}
	if top := src.trees[file]; top != nil && !tree.IsEmptyTree(top.Root) {
		return src, fmt.Errorf("%s:%d: this stands outside of any define and would never be shown", file, src.line(stray(top.Root)))
	}
	delete(src.trees, file)
	return src, nil
}

// stubs are the functions for the parser, which wants their names; a rendering
// brings its own.
func stubs() texttemplate.FuncMap { return (&rendering{set: &Set{}, budget: &budget{}}).funcs() }

// line returns the line of a position in the file.
func (s source) line(at tree.Pos) int { return 1 + strings.Count(s.content[:at], "\n") }

// stray returns the position of the first thing in a list that is more than space.
func stray(list *tree.ListNode) tree.Pos {
	for _, n := range list.Nodes {
		text, isText := n.(*tree.TextNode)
		if !isText {
			return n.Position()
		}
		if rest := strings.TrimLeft(string(text.Text), " \t\r\n"); rest != "" {
			return text.Pos + tree.Pos(len(text.Text)-len(rest))
		}
	}
	return list.Position()
}

// names returns the sorted names of all templates of the sources.
func names(all []source) []string {
	var found []string
	for _, s := range all {
		found = slices.AppendSeq(found, maps.Keys(s.trees))
	}
	slices.Sort(found)
	return found
}

// strangers finds templates of a user's files that override nothing, or one another.
func strangers(users []source, known []string) []fault.Fault {
	var faults []fault.Fault
	seen := map[string]string{}
	for _, s := range users {
		for _, name := range slices.Sorted(maps.Keys(s.trees)) {
			where := fmt.Sprintf("%s:%d", s.file, s.line(s.trees[name].Root.Pos))
			if first, twice := seen[name]; twice {
				faults = append(faults, templateFault(fmt.Sprintf("%s: %q is defined in %s, too", where, name, first), "keep one of them"))
			}
			seen[name] = where
			if !slices.Contains(known, name) && !strings.HasPrefix(name, ownPrefix) {
				faults = append(faults, templateFault(fmt.Sprintf("%s: there is no template %q to override", where, name),
					"use one of "+strings.Join(known, ", ")+"; a name for your own use begins with "+ownPrefix))
			}
		}
	}
	return faults
}

// build puts the sources into both engines: the HTML of mails is executed by
// html/template, everything else by text/template. Templates call each other
// across files, so calls of names that do not exist are found here.
func build(sources []source) (*texttemplate.Template, *htmltemplate.Template, error) {
	text := texttemplate.New("").Funcs(stubs()).Option("missingkey=zero")
	html := htmltemplate.New("").Funcs(htmltemplate.FuncMap(stubs())).Option("missingkey=zero")
	known := names(sources)
	for _, s := range sources {
		for _, name := range slices.Sorted(maps.Keys(s.trees)) {
			w := walker{source: s, known: known}
			w.list(s.trees[name].Root)
			if w.err != nil {
				return nil, nil, w.err
			}
			if _, err := text.AddParseTree(name, s.trees[name]); err != nil {
				return nil, nil, err
			}
			if _, err := html.AddParseTree(name, s.trees[name].Copy()); err != nil {
				return nil, nil, err
			}
		}
	}
	return text, html, tryEscape(html)
}

// tryEscape finds what html/template says only when it first executes: a value in
// a place of the markup where nothing can be made safe.
func tryEscape(html *htmltemplate.Template) error {
	trial, err := html.Clone()
	if err != nil {
		return err
	}
	var bad *htmltemplate.Error
	if err := trial.ExecuteTemplate(io.Discard, MailHTML, event.Event{}); errors.As(err, &bad) {
		return bad
	}
	return nil
}
