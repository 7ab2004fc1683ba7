// Package wordstest holds whether people read one language: for tests of templates, and
// of sinks, which shall have no words of their own.
//
// The promise: what [Foreign] finds stands in another language's files, or is a word of
// the program's, and is no word of the reader's own. It speaks of texts as people see
// them: names and a far end's words are to be taken out first, by [Silent].
package wordstest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"bellhop/internal/event"
	"bellhop/templates"
)

// Foreign returns what finds the first English phrase in a text that is to be Italian,
// "" when there is none. Root is the folder of the package templates.
func Foreign(t testing.TB, root string) func(text string) string {
	t.Helper()
	own := phrases(t, filepath.Join(root, "it"))
	theirs := append(phrases(t, filepath.Join(root, "en")), codes()...)
	theirs = slices.DeleteFunc(theirs, func(p string) bool { return slices.Contains(own, p) })
	if len(theirs) < 200 {
		t.Fatalf("only %d English phrases were found in %s", len(theirs), root)
	}
	for i, p := range theirs {
		theirs[i] = regexp.QuoteMeta(p)
	}
	found := regexp.MustCompile(`(?i)(?:^|[^\pL\pN_-])(` + strings.Join(theirs, "|") + `)(?:$|[^\pL\pN_'-])`)
	return func(text string) string {
		m := found.FindStringSubmatch(strings.Join(strings.Fields(text), " "))
		if m == nil {
			return ""
		}
		return m[1]
	}
}

// codes are the words that stand in an event for machines.
func codes() []string {
	return []string{
		"success", "partial", "repo_failure", "open", "changed", "resolved", "ok of", "failed", "pending", "missing", "unknown",
		"wrong_password", "wrong password", "no_repository", "not_run", "no_status", "redis_unavailable", "no_space",
		"plan_gone", "unreadable", "unreported", "critical", "warning", "note", "was", "alert", "unnamed", "utc",
	}
}

// phrases are the pieces of text in a language's files, as they follow one another
// between the values that are put in.
func phrases(t testing.TB, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.tmpl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no words in %s: %v", folder, err)
	}
	var all []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		trees := map[string]*parse.Tree{}
		top := parse.New(file)
		top.Mode = parse.SkipFuncCheck
		if _, err := top.Parse(string(content), "", "", trees); err != nil {
			t.Fatal(err)
		}
		for name, tree := range trees {
			if !strings.HasPrefix(name, "format.") && !strings.HasPrefix(name, "command.") && name != "language" {
				all = append(all, texts(tree.Root)...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// verbs are the places for values in what the program fills in itself.
var verbs = regexp.MustCompile(`%[sd]`)

// texts are the pieces beneath a node that have a word in them.
func texts(node parse.Node) []string {
	var all []string
	switch n := node.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			all = append(all, texts(child)...)
		}
	case *parse.IfNode:
		all = branches(&n.BranchNode)
	case *parse.WithNode:
		all = branches(&n.BranchNode)
	case *parse.RangeNode:
		all = branches(&n.BranchNode)
	case *parse.TextNode:
		for _, piece := range verbs.Split(string(n.Text), -1) {
			piece = strings.ToLower(strings.Join(strings.Fields(piece), " "))
			if piece = strings.Trim(piece, ` .,:;()"'–`); len(piece) > 1 {
				all = append(all, piece)
			}
		}
	}
	return all
}

func branches(n *parse.BranchNode) []string {
	all := texts(n.List)
	if n.ElseList != nil {
		all = append(all, texts(n.ElseList)...)
	}
	return all
}

// Silent is e without the words of others: names, far ends' errors, reasons, and notes
// that are nobody's but their sender's.
func Silent(e event.Event) event.Event {
	if e.Plan.Name != "" {
		e.Plan.Name = "Notturno"
	}
	e.Modules = nameless(e.Modules)
	if e.Was != nil {
		was := *e.Was
		was.Modules = nameless(was.Modules)
		e.Was = &was
	}
	if e.Instead != nil {
		e.Instead = &event.Instead{Sink: "reperibile", Late: e.Instead.Late}
	}
	if e.Payload != nil {
		e.Payload = &event.Payload{Summary: "UPS", Source: "nut"}
	}
	notes := e
	e.Notes, e.NoteCodes = nil, nil
	for i := range notes.Notes {
		if n := notes.Note(i); n.Code != "" {
			e.AddNote(muted(n))
		}
	}
	return e
}

func nameless(ms []event.Module) []event.Module {
	ms = slices.Clone(ms)
	for i := range ms {
		ms[i].Name, ms[i].Error = "", ""
	}
	return ms
}

func muted(n event.Note) event.Note {
	values := map[string]string{}
	for name, value := range n.Values {
		values[name] = value
		if name == "error" {
			values[name] = "ENOENT"
		}
	}
	n.Values = values
	return n
}

// SaysTheSame fails where templates have other words in English for a note than its
// own, which the API and the log show.
func SaysTheSame(t testing.TB, n event.Note) {
	t.Helper()
	set, err := templates.Load(templates.Config{Language: "en", Timezone: "UTC"}, "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	e := event.Event{Kind: event.KindBackup, Status: event.StatusOpen, Time: time.Now()}
	e.AddNote(n)
	text, err := set.Render(templates.ShoutrrrText, e)
	if err != nil {
		t.Fatal(err)
	}
	want := n.Text
	if !n.Time.IsZero() {
		want = strings.ReplaceAll(want, n.Time.Format(time.RFC3339), n.Time.UTC().Format("2006-01-02 15:04 -07:00"))
	}
	if n.Code == "" || !strings.Contains(text, "\n"+want+"\n") {
		t.Errorf("the code %q of a note says\n%s\nbut its text\n%s", n.Code, text, want)
	}
}
