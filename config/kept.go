package config

import "go.yaml.in/yaml/v4"

// kept is a part of the file in little memory, for the many blocks of a file with many applications, which are decoded
// again and again while a process serves.
type kept struct {
	kind         yaml.Kind
	style        yaml.Style
	line, column int32
	tag, value   string
	anchored     bool
	inside       []kept
}

func keep(node *yaml.Node) kept {
	k := kept{
		kind: node.Kind, style: node.Style, line: int32(node.Line), column: int32(node.Column), tag: node.Tag, value: node.Value,
		anchored: node.Anchor != "",
	}
	if len(node.Content) > 0 {
		k.inside = make([]kept, len(node.Content))
	}
	for i, each := range node.Content {
		k.inside[i] = keep(each)
	}
	return k
}

// node makes the part again, but for comments and names of anchors, which nothing here looks at.
func (k kept) node() *yaml.Node {
	node := &yaml.Node{Kind: k.kind, Style: k.style, Line: int(k.line), Column: int(k.column), Tag: k.tag, Value: k.value}
	if k.anchored {
		node.Anchor = "anchor"
	}
	for _, each := range k.inside {
		node.Content = append(node.Content, each.node())
	}
	return node
}
