package config

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"

	"keyturn/notify"
	"keyturn/target"
)

// Schema returns the JSON Schema of keyturn.yaml as indented JSON, for editors. It is made from the tags that the strict
// decoder reads and from the descriptors, so that the three can't differ.
func Schema(kinds []target.Descriptor, notifiers ...notify.Descriptor) ([]byte, error) {
	schema := reflector().Reflect(file{})
	schema.Title = "keyturn.yaml"
	if told, ok := schema.Properties.Get("notify"); ok {
		notifySchema(told, notifiers)
	}
	apps := reflector().Reflect(application{})
	apps.Version = ""
	if targets, ok := apps.Properties.Get("targets"); ok {
		one := uint64(1)
		targets.MinItems = &one
		targets.Items = &jsonschema.Schema{OneOf: targetSchemas(kinds)}
	}
	if under, ok := schema.Properties.Get("applications"); ok {
		under.AdditionalProperties = apps
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("render schema: %w", err)
	}
	return append(text, '\n'), nil
}

// reflector reads the tags of this package's structs; a duration is text, and what is held for later an open object.
func reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{
		Anonymous: true, DoNotReference: true, RequiredFromJSONSchemaTags: true, FieldNameTag: "yaml",
		Mapper: func(kind reflect.Type) *jsonschema.Schema {
			switch kind {
			case durationType:
				return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
					{Type: "string", Pattern: `^(0|([0-9]+[smhd])+)$`},
					{Type: "integer", Const: 0},
				}}
			case leadType:
				return &jsonschema.Schema{Type: "string", Pattern: `^(([0-9]+[smhd])+|([1-9]|[1-8][0-9]|90)%)$`}
			case heldType:
				return &jsonschema.Schema{Type: "object"}
			case secretType:
				return &jsonschema.Schema{Type: "string", Pattern: reference.String()}
			}
			return nil
		},
	}
}

// targetSchemas gives each kind of target its own form: an object with that kind as its only key.
func targetSchemas(kinds []target.Descriptor) []*jsonschema.Schema {
	forms := make([]*jsonschema.Schema, 0, len(kinds))
	for _, kind := range kinds {
		settings := object()
		settings.Title, settings.Description = kind.Title, kind.Summary
		for _, field := range kind.Fields {
			settings.Properties.Set(field.Name, fieldSchema(field))
			if field.Required {
				settings.Required = append(settings.Required, field.Name)
			}
		}
		form := object()
		form.Properties.Set(kind.Code, settings)
		form.Required = []string{kind.Code}
		forms = append(forms, form)
	}
	return forms
}

// notifySchema gives each notifier its key below notify.
func notifySchema(told *jsonschema.Schema, notifiers []notify.Descriptor) {
	told.Properties, told.AdditionalProperties = jsonschema.NewProperties(), jsonschema.FalseSchema
	for _, kind := range notifiers {
		settings := object()
		settings.Title, settings.Description = kind.Title, kind.Summary
		for _, field := range kind.Fields {
			settings.Properties.Set(field.Name, notifierFieldSchema(field))
			if field.Required {
				settings.Required = append(settings.Required, field.Name)
			}
		}
		told.Properties.Set(kind.Code, settings)
	}
	told.Properties.Set(heartbeatKey, &jsonschema.Schema{
		Type: "string", Examples: []any{"https://hc-ping.com/..."},
		Description: "An address that is asked after each look at the tenant that went well, so that somebody else notices when none does; or ${env:NAME}, ${file:PATH}.",
	})
}

func notifierFieldSchema(field notify.Field) *jsonschema.Schema {
	schema := &jsonschema.Schema{Type: "string", Description: field.Help}
	switch field.Kind {
	case notify.Number:
		schema.Type = "integer"
	case notify.List:
		one := uint64(1)
		schema.Type, schema.Items, schema.MinItems = "array", &jsonschema.Schema{Type: "string"}, &one
	case notify.Secret:
		schema.Pattern = reference.String()
	}
	for _, choice := range field.Choices {
		schema.Enum = append(schema.Enum, choice)
	}
	if field.Example != "" && field.Kind == notify.Text {
		schema.Examples = []any{field.Example}
	}
	return schema
}

func object() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
}

func fieldSchema(field target.Field) *jsonschema.Schema {
	schema := &jsonschema.Schema{Description: field.Help}
	switch field.Kind {
	case target.Map:
		schema.Type, schema.AdditionalProperties = "object", &jsonschema.Schema{Type: "string"}
	case target.Flag:
		schema.Type = "boolean"
	default:
		schema.Type = "string"
	}
	if field.Example != "" {
		schema.Examples = []any{field.Example}
	}
	return schema
}
