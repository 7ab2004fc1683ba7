package templates

import (
	"fmt"
	"slices"
	"strings"
	texttemplate "text/template"
	tree "text/template/parse"
)

// walker goes through a template once, before it is used. It puts a tick, a call
// that pays from the budget and prints nothing, at the start of the template and
// of each range in it: a loop that prints nothing could not be ended otherwise.
type walker struct {
	source source
	known  []string
	err    error
}

// list walks a list that is the body of a template or of a range.
func (w *walker) list(l *tree.ListNode) {
	if l == nil {
		return
	}
	w.nodes(l)
	l.Nodes = slices.Insert(l.Nodes, 0, w.tick(l.Pos))
}

// nodes walks a list that is executed once.
func (w *walker) nodes(l *tree.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		w.node(n)
	}
}

func (w *walker) node(n tree.Node) {
	switch n := n.(type) {
	case *tree.RangeNode:
		w.list(n.List)
		w.nodes(n.ElseList)
	case *tree.IfNode:
		w.nodes(n.List)
		w.nodes(n.ElseList)
	case *tree.WithNode:
		w.nodes(n.List)
		w.nodes(n.ElseList)
	case *tree.TemplateNode:
		w.call(n)
	}
}

func (w *walker) call(n *tree.TemplateNode) {
	if w.err == nil && !slices.Contains(w.known, n.Name) {
		w.err = fmt.Errorf("%s:%d: calls the template %q, which does not exist", w.source.file, n.Line, n.Name)
	}
}

// tick returns the node {{$tick := tick}}, parsed so that an error of it names
// the file and the line of what it guards.
func (w *walker) tick(at tree.Pos) tree.Node {
	text := strings.Repeat("\n", w.source.line(at)-1) + "{{$tick := tick}}"
	t := texttemplate.Must(texttemplate.New(w.source.file).Funcs(stubs()).Parse(text))
	nodes := t.Root.Nodes
	return nodes[len(nodes)-1]
}
