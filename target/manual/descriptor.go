package manual

import (
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// Code is the target's key in keyturn.yaml.
const Code = "manual"

// Descriptor tells all about the target.
func Descriptor() target.Descriptor {
	return target.Descriptor{
		Code:    Code,
		Title:   "Place that a person writes",
		Summary: "A vendor's page or a program without an interface: a person is shown the new value once, on the terminal, and says when it is in place.",
		Fields: []target.Field{
			{Name: "place", Kind: target.Text, Required: true, Help: "What people call the place, and where it is.", Example: "HelpDesk, Settings, About"},
			{Name: "steps", Kind: target.Text, Help: "What the person does there.", Example: "Paste it into Client secret and keep the old one as secondary."},
			{Name: "form", Kind: target.Text, Help: "How the value is shown: plain (default) or base64, as a SharePoint add-in's web.config takes it.", Example: "base64"},
		},
		Rights: []target.Right{{Action: "a person at the terminal on which Keyturn runs", Why: "to be shown the value, which is written nowhere else"}},
		Limits: []string{
			"Keyturn can't see the place: the person's word is all the proof there is, and it can't be written unattended.",
			"A value that is lost before it is in place can't be shown again unless a Key Vault secret or another readable place has it: a fresh one is made.",
		},
		Codes: []problem.Meaning{
			{Code: "manual.terminal", Text: "A person must put the new secret into its place, and nobody sits at a terminal.", Fix: "keyturn renew APP, or keyturn resume APP, at a terminal."},
			{Code: "manual.waiting", Text: "A person hasn't said yet that a secret is in its place, or out of it.", Fix: "keyturn resume APP --delivered, when it is in place."},
			{Code: "manual.setting", Text: "A setting of a place that a person writes can't be meant.", Fix: "Read what is named."},
		},
		Checks:  []check.Look{{ID: "manual.person", Text: "whether somebody is there to be shown the new secret"}},
		Sources: []string{"https://github.com/Plumsail/helpdesk-docs"},
	}
}
