package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keyturn/problem"
)

// misread is the mistake in a command line that err tells of, with where to read how cmd is called.
func misread(cmd *cobra.Command, err error) error {
	if problem.Of(err).Fix != "" {
		return usage(err)
	}
	fix := cmd.CommandPath() + " --help shows how it is called, with examples"
	if cmd.HasAvailableSubCommands() {
		fix = cmd.CommandPath() + " --help lists its commands"
	}
	return usage(&problem.Error{Class: problem.Person, Message: misreadValue(err), Fix: fix})
}

// misreadValue says what is wrong with a flag's value without Go's words for it.
func misreadValue(err error) string {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		sentence, near, _ := strings.Cut(err.Error(), "\n\nDid you mean this?\n") // as the library lists them
		return sentence + didYouMean(strings.Fields(near))
	}
	flag, value := invalid.GetFlag(), invalid.GetValue()
	return fmt.Sprintf("--%s %q: %s", flag.Name, value, strings.TrimPrefix(wanted(flag, invalid.Unwrap()), strconv.Quote(value)+": "))
}

// wanted says what a flag takes, by why it refused a value: in the flag's own words where those are a person's.
func wanted(flag *pflag.Flag, refused error) string {
	var number *strconv.NumError
	switch _, ours := flag.Value.(*span); {
	case flag.Value.Type() == "bool":
		return "write true or false, or nothing"
	case errors.As(refused, &number):
		return "not a whole number that fits"
	case flag.Value.Type() == "duration" && !ours:
		return "write it as 50ms, 20s or 1m30s"
	}
	return refused.Error()
}

// family makes cmd one that only holds members: without one of them it shows its help, and what it doesn't know it refuses
// with the nearest that it does.
func family(cmd *cobra.Command, members ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(members...)
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), didYouMean(cmd.SuggestionsFor(args[0])))
	}
	return cmd
}

func didYouMean(near []string) string {
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// exactly demands n arguments, and says which in the command's own words.
func exactly(n int, what string) cobra.PositionalArgs {
	return expected(what, func(count int) bool { return count == n })
}

// upTo allows at most n arguments.
func upTo(n int, what string) cobra.PositionalArgs {
	return expected(what, func(count int) bool { return count <= n })
}

// some demands one argument or more.
func some(what string) cobra.PositionalArgs {
	return expected(what, func(count int) bool { return count > 0 })
}

func expected(what string, fits func(count int) bool) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case fits(len(args)):
			return nil
		case len(args) == 1:
			return fmt.Errorf("expected %s, got %q", what, args[0])
		}
		return fmt.Errorf("expected %s, got %d arguments", what, len(args))
	}
}
