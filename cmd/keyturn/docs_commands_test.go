package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const commandsHead = `# Commands

Made from the program's own help; ` + "`keyturn COMMAND --help`" + ` prints the same. On Windows write ` + "`.\\keyturn.exe`" + ` for ` + "`keyturn`" + `, on
macOS and Linux ` + "`./keyturn`" + `, or put the program into a folder of your PATH.

Data goes to stdout, everything else to stderr. Colours and moving lines are shown on a terminal alone; ` + "`NO_COLOR`" + ` turns
colours off. The first Ctrl-C stops a renewal after the step in hand, the second at once; closing the terminal is a first one. Either way ` + "`keyturn resume`" + ` goes on.

## Exit codes

| Code | Meaning |
|---|---|
| %d | done; nothing to attend to |
| %d | failed |
| %d | the command did its work, and something is to be done or looked at |
| %d | the command line can't be meant |
| %d | a right is missing, or a second factor |

## Flags of every command

%s
`

func TestDocsCommands(t *testing.T) {
	t.Parallel()
	root := quietRoot()
	var page strings.Builder
	fmt.Fprintf(&page, commandsHead, exitDone, exitFailed, exitAttention, exitUsage, exitDenied, flagTable(root.PersistentFlags()))
	for _, group := range root.Groups() {
		fmt.Fprintf(&page, "\n## %s\n", strings.TrimSuffix(group.Title, ":"))
		for _, cmd := range root.Commands() {
			if cmd.GroupID == group.ID && cmd.Name() != "help" {
				describe(&page, cmd)
			}
		}
	}
	isWhatDocsSay(t, docsPage("commands.md"), page.String())
}

// quietRoot is the whole command line as it stands when it is called, help and completion included.
func quietRoot() *cobra.Command {
	root := newRoot(newShell(strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("completion")
	return root
}

// describe writes one command and those below it.
func describe(page *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(page, "\n### %s\n\n%s.\n", cmd.CommandPath(), strings.TrimSuffix(cmd.Short, "."))
	if cmd.Name() == "completion" {
		page.WriteString(completionText)
		return // the help of what is below it is cobra's own, and long
	}
	if cmd.Long != "" {
		fmt.Fprintf(page, "\n%s\n", cmd.Long)
	}
	if !cmd.HasSubCommands() {
		fmt.Fprintf(page, "\n```\n%s\n```\n", cmd.UseLine())
	}
	if cmd.HasExample() {
		fmt.Fprintf(page, "\nExamples:\n\n```sh\n%s\n```\n", outdented(cmd.Example))
	}
	if table := flagTable(cmd.LocalNonPersistentFlags()); table != "" {
		fmt.Fprintf(page, "\n%s\n", table)
	}
	for _, below := range cmd.Commands() {
		describe(page, below)
	}
}

const completionText = `
Names, flags and their values are then completed by the Tab key:

` + "```sh" + `
keyturn completion powershell | Out-String | Invoke-Expression    # PowerShell; put it into $PROFILE to keep it
source <(keyturn completion bash)                                 # bash, with the package bash-completion
source <(keyturn completion zsh)                                  # zsh
keyturn completion fish | source                                  # fish
` + "```" + `
`

func outdented(example string) string {
	var lines []string
	for line := range strings.SplitSeq(example, "\n") {
		lines = append(lines, strings.TrimPrefix(line, "  "))
	}
	return strings.Join(lines, "\n")
}

// flagTable renders flags as a table; "" when there is none but help.
func flagTable(flags *pflag.FlagSet) string {
	var rows []string
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		kind, meaning := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", strings.TrimSpace(name+" "+kind), inTable(meaning), defaultOf(f)))
	})
	if len(rows) == 0 {
		return ""
	}
	return "| Flag | Meaning | Default |\n|---|---|---|\n" + strings.Join(rows, "\n")
}

func defaultOf(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "false", "[]", "0", "0s":
		return ""
	}
	return "`" + f.DefValue + "`"
}
