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
	Method, Path, Summary, Role string
	Parameters                  []parameter
	Body                        string // name of what it takes; "" = nothing
	Answers                     []answer
}

type parameter struct {
	Name     string `json:"name"`
	In       string `json:"in"`
	About    string `json:"description"`
	Required bool   `json:"required"`
}

type answer struct{ Status, About string }

// document is what this page reads of an OpenAPI document.
type document struct {
	Info struct {
		Title, Version, Description string
	} `json:"info"`
	Paths map[string]map[string]struct {
		Summary    string      `json:"summary"`
		Role       string      `json:"x-keyturn-role"`
		Parameters []parameter `json:"parameters"`
		Body       struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				} `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
		Responses map[string]struct {
			Description string `json:"description"`
		} `json:"responses"`
	} `json:"paths"`
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
			one := operation{Method: strings.ToUpper(method), Path: path, Summary: o.Summary, Role: o.Role, Parameters: o.Parameters}
			for _, content := range o.Body.Content {
				one.Body = content.Schema.Ref[strings.LastIndex(content.Schema.Ref, "/")+1:]
			}
			for status, response := range o.Responses {
				one.Answers = append(one.Answers, answer{status, response.Description})
			}
			slices.SortFunc(one.Answers, func(x, y answer) int { return cmp.Compare(x.Status, y.Status) })
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(x, y operation) int { return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method)) })
	return list, d.Info.Description, nil
}
