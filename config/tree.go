package config

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What aliases can make of a small file is bounded, in number and in depth, and
// so is a key, for all below bear its name.
const (
	maxValues = 50_000
	maxDepth  = 20
	maxKey    = 200 // bytes
)

// tree turns nodes into plain values and notes where each key stands. A list
// that holds a mapping becomes a mapping by index ("0", "1", …), so that layers
// merge into it; the decoder turns it back.
type tree struct {
	report *report
	left   int // values that may still come
}

func (t *tree) value(key string, n *yaml.Node) any {
	line := n.Line
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if t.left--; t.left == 0 || t.left > 0 && strings.Count(key, dot) >= maxDepth {
		t.left = 0
		t.report.line(line, "", "aliases make too much of this file", "write the values out")
	}
	if t.left <= 0 {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return t.mapping(key, n)
	case yaml.SequenceNode:
		return t.list(key, n)
	}
	return t.scalar(key, n)
}

func (t *tree) mapping(key string, n *yaml.Node) any {
	values := make(map[string]any)
	for i := 0; i+1 < len(n.Content) && t.left > 0; i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode || name.ShortTag() != "!!str" {
			t.report.line(name.Line, key, "holds a key that is no text", "put the key in quotes, or write out what << stands for")
			continue
		}
		if len(name.Value) > maxKey {
			t.report.line(name.Line, key, "holds a key that is too long", fmt.Sprintf("use %d bytes at most", maxKey))
			continue
		}
		path := join(key, name.Value)
		if _, twice := values[name.Value]; twice {
			t.report.line(name.Line, path, "stands here twice", "take one out; the other is in line "+
				strconv.Itoa(t.report.places[path].line))
			continue
		}
		t.report.places[path] = place{line: name.Line, key: path}
		values[name.Value] = t.entry(path, name, value)
	}
	return values
}

// entry sees the channel: #backups that is none, because # begins a comment.
func (t *tree) entry(path string, name, value *yaml.Node) any {
	comment := name.LineComment + value.LineComment
	if isNull(value) && len(comment) > 1 && strings.Trim(comment[1:2], " \t#") != "" {
		t.report.fault(path, "is empty, because # begins a comment", "put the value in quotes")
		return nil
	}
	return t.value(path, value)
}

func (t *tree) list(key string, n *yaml.Node) any {
	all := make([]any, len(n.Content))
	byIndex := make(map[string]any)
	nested := false
	for i, item := range n.Content {
		index := strconv.Itoa(i)
		path := join(key, index)
		t.report.places[path] = place{line: item.Line, key: path}
		all[i] = t.value(path, item)
		byIndex[index] = all[i]
		if _, ok := all[i].(map[string]any); ok {
			nested = true
		}
	}
	if nested {
		return byIndex
	}
	return all
}

func (t *tree) scalar(key string, n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return n.Value
	case "!!null", "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err == nil {
			return v
		}
	}
	t.report.line(n.Line, key, "bears a tag that does not suit it", "put text that begins with ! in quotes")
	return nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
