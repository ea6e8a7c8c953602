package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// operation is one operation of the API as the page shows it.
type operation struct {
	ID, Method, Path, Summary, Role string
	Takes                           []field
	Answers                         []answer
}

// field is one thing that an operation takes or answers with.
type field struct {
	Name, In, Kind, About string
	Required              bool
}

type answer struct {
	Status, About string
	Fields        []field // of what went well alone: what went wrong always looks the same
}

// document is what this page reads of an OpenAPI document.
type document struct {
	Info struct {
		Title, Version, Description string
	} `json:"info"`
	Paths      map[string]map[string]described `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type described struct {
	ID         string `json:"operationId"`
	Summary    string `json:"summary"`
	Role       string `json:"x-keyturn-role"`
	Parameters []struct {
		Name     string `json:"name"`
		In       string `json:"in"`
		About    string `json:"description"`
		Required bool   `json:"required"`
		Schema   schema `json:"schema"`
	} `json:"parameters"`
	Body      body `json:"requestBody"`
	Responses map[string]struct {
		About string `json:"description"`
		body
	} `json:"responses"`
}

type body struct {
	Content map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

// schema is what is said of a value.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"` // a name, or several where a value may be missing
	Format     string            `json:"format"`
	About      string            `json:"description"`
	Enum       []any             `json:"enum"`
	Items      *schema           `json:"items"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
}

// docs shows the API's document, to everybody who may read it.
func (p Pages) docs(_ *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.API, Here: "/docs"}
	list, about, err := operationsOf(p.Document)
	if err != nil {
		return f, nil, err
	}
	return f, docs(about, list), nil
}

func operationsOf(text []byte) (list []operation, about string, err error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, "", fmt.Errorf("read the API's document: %w", err)
	}
	for path, methods := range d.Paths {
		for method, o := range methods {
			one := operation{ID: o.ID, Method: strings.ToUpper(method), Path: path, Summary: o.Summary, Role: o.Role}
			for _, p := range o.Parameters {
				one.Takes = append(one.Takes, field{p.Name, p.In, p.Schema.kind(), cmp.Or(p.About, p.Schema.About), p.Required})
			}
			one.Takes = append(one.Takes, d.fields(o.Body, "body")...)
			for status, response := range o.Responses {
				said := answer{Status: status, About: response.About}
				if strings.HasPrefix(status, "2") {
					said.Fields = d.fields(response.body, "")
				}
				one.Answers = append(one.Answers, said)
			}
			slices.SortFunc(one.Answers, func(x, y answer) int { return cmp.Compare(x.Status, y.Status) })
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(x, y operation) int { return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method)) })
	return list, d.Info.Description, nil
}

// fields are what a body has, by name.
func (d document) fields(b body, in string) (list []field) {
	for _, content := range b.Content {
		of := d.Components.Schemas[last(content.Schema.Ref)]
		for name, s := range of.Properties {
			list = append(list, field{name, in, s.kind(), s.About, slices.Contains(of.Required, name)})
		}
	}
	slices.SortFunc(list, func(x, y field) int { return cmp.Compare(x.Name, y.Name) })
	return list
}

// kind is what a value may be, in words.
func (s schema) kind() string {
	switch {
	case s.Ref != "":
		return last(s.Ref)
	case len(s.Enum) > 0:
		names := make([]string, len(s.Enum))
		for i, value := range s.Enum {
			names[i] = fmt.Sprint(value)
		}
		return strings.Join(names, " | ")
	case s.Items != nil:
		return texts.ListOf + " " + s.Items.kind()
	case s.Format != "" && s.Format != "int64":
		return s.Format
	}
	if several, ok := s.Type.([]any); ok && len(several) > 0 {
		return fmt.Sprint(several[0])
	}
	name, _ := s.Type.(string)
	return name
}

func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
