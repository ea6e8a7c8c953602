package config

import "go.yaml.in/yaml/v4"

// kept is a part of the file in little memory, for the many blocks of a file with many applications, which are decoded
// again and again while a process serves. Only what was understood is kept, so that it has neither anchors nor type tags.
type kept struct {
	kind         yaml.Kind
	style        yaml.Style
	line, column int32
	value        string
	inside       []kept
}

func keep(node *yaml.Node) kept {
	k := kept{kind: node.Kind, style: node.Style, line: int32(node.Line), column: int32(node.Column), value: node.Value}
	if len(node.Content) > 0 {
		k.inside = make([]kept, len(node.Content))
	}
	for i, each := range node.Content {
		k.inside[i] = keep(each)
	}
	return k
}

// node makes the part again, but for its comments.
func (k kept) node() *yaml.Node {
	node := &yaml.Node{Kind: k.kind, Style: k.style, Line: int(k.line), Column: int(k.column), Value: k.value}
	for _, each := range k.inside {
		node.Content = append(node.Content, each.node())
	}
	return node
}
