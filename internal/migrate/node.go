package migrate

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// pair is a key of a mapping and its value.
type pair struct {
	key   string
	line  int
	value *yaml.Node
}

// reader takes YAML apart as prometheus-am-executor does (yaml.v2: any scalar is text,
// yes and no are true and false), and notes what it would not take.
type reader struct{ *faults }

// pairs lists a mapping's pairs in their order; none for an empty one.
func (r reader) pairs(key string, n *yaml.Node) []pair {
	n = target(n)
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.add(n.Line, key, "is no mapping", "write keys with their values")
		return nil
	}
	var all []pair
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := target(n.Content[i])
		switch {
		case name.Kind != yaml.ScalarNode || name.ShortTag() == "!!merge":
			r.add(n.Content[i].Line, key, "holds a key that is no text", "write out what << stands for")
		case seen[name.Value]:
			r.add(name.Line, under(key, name.Value), "stands here twice", "take one out")
		default:
			seen[name.Value] = true
			all = append(all, pair{key: name.Value, line: n.Content[i].Line, value: n.Content[i+1]})
		}
	}
	return all
}

// items lists what is in a list; none for an empty one.
func (r reader) items(key string, n *yaml.Node) []*yaml.Node {
	n = target(n)
	switch {
	case isNull(n):
		return nil
	case n.Kind != yaml.SequenceNode:
		r.add(n.Line, key, "is no list", "write a list, such as [a, b]")
		return nil
	}
	return n.Content
}

func (r reader) text(key string, n *yaml.Node) string {
	n = target(n)
	switch {
	case isNull(n):
		return ""
	case n.Kind != yaml.ScalarNode:
		r.add(n.Line, key, "is no text", "write one value")
		return ""
	}
	return n.Value
}

func (r reader) texts(key string, n *yaml.Node) []string {
	var all []string
	for i, item := range r.items(key, n) {
		all = append(all, r.text(under(key, strconv.Itoa(i)), item))
	}
	return all
}

// flag is missing where nothing is given.
func (r reader) flag(key string, n *yaml.Node, missing bool) bool {
	text := r.text(key, n)
	if text == "" {
		return missing
	}
	value, ok := truth(text)
	if !ok {
		r.add(n.Line, key, "is neither true nor false", "write one of them")
	}
	return value
}

func (r reader) number(key string, n *yaml.Node) int {
	text := r.text(key, n)
	if text == "" {
		return 0
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		r.add(n.Line, key, "is no whole number", "write one, such as 3")
	}
	return value
}

// target is what an alias stands for.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func under(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
