package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"keyturn/problem"
	"keyturn/secret"
)

// mayHear lets a command be handed the context token of somebody who opened an add-in. Nothing of it is ever kept.
func (sh *shell) mayHear(cmd *cobra.Command) {
	cmd.Flags().StringVar(&sh.launchFD, "context-token-fd", "",
		"read the SPAppToken that SharePoint posted to the add-in from this file descriptor, 0 is standard input: it proves with which secret ACS signs")
}

// longestToken is more than any context token has.
const longestToken = 16 << 10

// contextToken reads the context token, where one is handed over: alone, or as the line SPAppToken=... that a browser copies.
func (sh *shell) contextToken() (secret.Value, error) {
	switch {
	case sh.launchFD == "":
		return secret.Value{}, nil
	case sh.launchFD == sh.visitor.fd:
		return secret.Value{}, usage(fmt.Errorf("--context-token-fd and --password-fd can't both be %s", sh.launchFD))
	}
	line, err := sh.tokenLine()
	if err != nil {
		return secret.Value{}, err
	}
	defer clear(line)
	token := bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(line), []byte("SPAppToken=")))
	if len(token) == 0 {
		return secret.Value{}, usage(problem.NeedsPerson("context.invalid", "--context-token-fd "+sh.launchFD, "no token could be read from it",
			"write it there as one line; on Windows only 0, standard input, can be used"))
	}
	return secret.New(string(token)), nil
}

// tokenLine reads the line; a terminal shows nothing of what is pasted.
func (sh *shell) tokenLine() ([]byte, error) {
	file, ok := sh.in.(*os.File)
	if sh.launchFD != "0" || !ok || !sh.isPerson() {
		return sh.lineFrom("--context-token-fd", sh.launchFD, longestToken)
	}
	pasted, err := sh.unseen(file, "Context token (SPAppToken): ")
	if err != nil {
		return nil, problem.NeedsPerson("context.invalid", "--context-token-fd 0", "nothing could be read from the terminal", "give it through a pipe")
	}
	return pasted, nil
}
