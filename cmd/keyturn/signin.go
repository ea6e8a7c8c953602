package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"keyturn/cloud"
	"keyturn/cmd/keyturn/screen"
	"keyturn/config"
	"keyturn/problem"
	"keyturn/secret"
)

// attending are the flags by which a person signs in for one run. Nothing of it is ever kept.
type attending struct {
	way, login string
	fd         string // file descriptor that the password is read from; "" = it is typed
}

// mayAttend lets people sign in for one call of a command.
func (sh *shell) mayAttend(cmd *cobra.Command) {
	var a attending
	cmd.Flags().StringVar(&a.way, "sign-in", "", "sign in as a person, for this run alone: browser, device, or, where signIn.password allows it, password")
	cmd.Flags().StringVar(&a.login, "username", "", "who signs in, such as admin@contoso.onmicrosoft.com; --sign-in password needs it")
	cmd.Flags().StringVar(&a.fd, "password-fd", "", "read the password from this file descriptor, 0 is standard input (else it is typed, unseen)")
	cmd.PreRunE = func(*cobra.Command, []string) error { return sh.attend(a) }
}

// identities are the ways of signing in, in the order in which they are offered.
var identities = []struct {
	way      problem.Way
	identity string
}{
	{problem.ByBrowser, cloud.IdentityBrowser}, {problem.ByDevice, cloud.IdentityDeviceCode}, {problem.ByPassword, cloud.IdentityPassword},
}

// attend makes this call one that a person signs in for.
func (sh *shell) attend(a attending) error {
	for _, known := range identities {
		if string(known.way) == a.way {
			sh.visitor = a
			return nil
		}
	}
	switch {
	case a.way != "":
		return usage(fmt.Errorf("--sign-in %q isn't one of browser, device, password (the last only where signIn.password is allowed: "+
			"a password alone can't give the second factor that most tenants want)", a.way))
	case a.login != "" || a.fd != "":
		return usage(fmt.Errorf("--username and --password-fd need --sign-in"))
	}
	return nil
}

// identityOf is how this call signs in: as its person says, else as the configuration does.
func (sh *shell) identityOf(c config.Config) string {
	for _, known := range identities {
		if string(known.way) == sh.visitor.way {
			return known.identity
		}
	}
	return c.Identity
}

// passwordFor reads the password, where this call signs in with one and the configuration allows it.
func (sh *shell) passwordFor(c config.Config) (secret.Value, error) {
	switch {
	case problem.Way(sh.visitor.way) != problem.ByPassword:
		return secret.Value{}, nil
	case !c.SignIn.Password:
		return secret.Value{}, problem.FindKnown("password.refused").Stops("--sign-in password", "", "")
	case c.SignIn.ClientID == "":
		return secret.Value{}, nil // the sign-in tells, and nobody has to type for it
	case sh.visitor.login == "":
		return secret.Value{}, usage(problem.NeedsPerson("password.missing", "--sign-in password", "whose password?",
			"name the login with --username, such as --username admin@contoso.onmicrosoft.com"))
	case sh.visitor.fd != "":
		return sh.passwordFrom(sh.visitor.fd)
	}
	return sh.typedPassword()
}

// longestPassword is more than any account's may have.
const longestPassword = 4096

// passwordFrom reads one line.
func (sh *shell) passwordFrom(fd string) (secret.Value, error) {
	line, err := sh.lineFrom("--password-fd", fd, longestPassword)
	if err != nil {
		return secret.Value{}, err
	}
	defer clear(line)
	if len(line) == 0 {
		return secret.Value{}, usage(problem.NeedsPerson("password.missing", "--password-fd "+fd, "no password could be read from it",
			"write it there as one line; on Windows only 0, standard input, can be used"))
	}
	return secret.New(string(line)), nil
}

// byteOrderMark is what PowerShell may put before what it pipes.
const byteOrderMark = "\uFEFF"

// lineFrom reads one line of at most longest bytes from a file descriptor that a flag names, without its end. What can't be
// read is an empty one.
func (sh *shell) lineFrom(flag, fd string, longest int64) ([]byte, error) {
	number, err := strconv.ParseUint(fd, 10, 31)
	if err != nil {
		return nil, usage(fmt.Errorf("%s %q isn't the number of an open file", flag, fd))
	}
	source := sh.in
	if number != 0 {
		file := os.NewFile(uintptr(number), flag)
		defer file.Close()
		source = file
	}
	line, err := bufio.NewReader(io.LimitReader(source, longest)).ReadBytes('\n')
	if err != nil && err != io.EOF {
		clear(line)
		return nil, nil
	}
	return bytes.TrimRight(bytes.TrimPrefix(line, []byte(byteOrderMark)), "\r\n"), nil
}

// typedPassword asks at the terminal, which shows nothing of what is typed.
func (sh *shell) typedPassword() (secret.Value, error) {
	file, ok := sh.in.(*os.File)
	if !ok || !sh.isPerson() {
		return secret.Value{}, usage(problem.NeedsPerson("password.missing", "--sign-in password", "there is no terminal to type the password at",
			"give it through --password-fd, such as --password-fd 0 with a pipe; it is never taken from the command line or the environment"))
	}
	typed, err := sh.unseen(file, "Password of "+screen.Clean(sh.visitor.login)+": ")
	defer clear(typed)
	if err != nil || len(typed) == 0 {
		return secret.Value{}, problem.NeedsPerson("password.missing", "--sign-in password", "no password was typed", "run the command again")
	}
	return secret.New(string(typed)), nil
}

// unseen asks for a line at a terminal, which shows nothing of it.
func (sh *shell) unseen(terminal *os.File, prompt string) ([]byte, error) {
	_, _ = fmt.Fprint(sh.errs, prompt) // a lost prompt is no reason to stop
	line, err := term.ReadPassword(int(terminal.Fd()))
	sh.say("")
	return line, err
}

// showCode shows a device code so that it can be read across a room.
func (sh *shell) showCode(address, code string) {
	sh.say("To sign in, open this address on any device:\n\n  %s\n\nand enter the code\n\n%s", address,
		screen.Large(code, screen.StyleOf(sh.errs, sh.env)))
}
