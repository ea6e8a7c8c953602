package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/config"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/problem"
)

// initialising are the flags of init.
type initialising struct {
	pack, out string
	clientID  string
	site      string // of an add-in
	webConfig string // of an add-in
	signInApp string // dialect of the script that makes the app people sign in through; "" = that isn't asked for
	noValues  bool
	force     bool
	vaults    []string
}

func newInit(sh *shell) *cobra.Command {
	var in initialising
	cmd := &cobra.Command{
		Use:   "init [APP]",
		Short: "Write keyturn.yaml from what is found in the tenant",
		Long: "Finds where an application's secret is used and writes a commented keyturn.yaml. With --pack it also knows the product:\n" +
			"which places its manual forgets, and which logic app proves a place. Places that only may hold the secret are written\n" +
			"commented out; confirm each, or list it below exclude.\n\nIt only reads in the cloud, and never overwrites a file without --force.",
		Example: "  keyturn init --pack provision-assist --tenant contoso.onmicrosoft.com\n" +
			"  keyturn init --pack sharepoint-addin --client-id 7f0d7f0d-1111-2222-3333-444444444444\n" +
			"  keyturn init 7f0d7f0d-1111-2222-3333-444444444444\n  keyturn init --pack provision-assist --out -\n" +
			"  keyturn init --sign-in-app powershell > sign-in-app.ps1     # the app that people sign in through, see docs/sign-in.md",
		Args: upTo(1, "at most one application: its client ID or display name"),
	}
	cmd.Flags().StringVar(&in.pack, "pack", "", "product: "+strings.Join(packCodes(), ", "))
	sh.mayAttend(cmd)
	cmd.Flags().StringVar(&in.signInApp, "sign-in-app", "", "print the commands that make the app people sign in through, and end: az or powershell")
	cmd.Flags().StringVar(&in.clientID, "client-id", "", "the application's client ID; with --pack sharepoint-addin, else the tenant's only add-in")
	cmd.Flags().StringVar(&in.site, "site", "", "with --pack sharepoint-addin: a site on which the add-in is installed (else the tenant's root site)")
	cmd.Flags().StringVar(&in.webConfig, "web-config", "", "with --pack sharepoint-addin: the add-in's web.config (else looked for here, and below C:\\inetpub)")
	cmd.Flags().StringVar(&in.out, "out", "", "file to write (default --config, else ./keyturn.yaml); - for stdout")
	cmd.Flags().BoolVar(&in.force, "force", false, "overwrite the file")
	cmd.Flags().BoolVar(&in.noValues, "no-values", false, "read no value, and go by names alone")
	cmd.Flags().StringSliceVar(&in.vaults, "vault", nil, "look into this Key Vault too")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if in.signInApp != "" {
			return sh.printSignInApp(in.signInApp)
		}
		if in.clientID != "" && len(args) == 0 {
			args = []string{in.clientID}
		}
		if in.pack == addInPack {
			return sh.initialiseAddIn(cmd.Context(), in, args)
		}
		return sh.initialise(cmd.Context(), in, args)
	}
	return cmd
}

// usable refuses a call that names no application.
func (in initialising) usable(args []string) error {
	if in.pack == "" && len(args) == 0 {
		return usage(problem.NeedsPerson("app.missing", "init", "which application?",
			"keyturn init CLIENT-ID, or keyturn init --pack "+strings.Join(packCodes(), "|")+"; keyturn scan lists what the tenant has"))
	}
	_, err := packFor(in.pack, credential.App{})
	return err
}

func (sh *shell) initialise(ctx context.Context, in initialising, args []string) error {
	if err := in.usable(args); err != nil {
		return err
	}
	path, err := sh.initPath(in)
	if err != nil {
		return err
	}
	settings := config.Default() // the file to be written isn't there to be read
	sh.overlay(&settings)
	d, err := sh.deskFor(ctx, settings)
	if err != nil {
		return err
	}
	if d.settings.Tenant == "" {
		if d.settings.Tenant, err = d.session.TenantID(ctx); err != nil {
			return err
		}
	}
	who, err := d.lookupForInit(ctx, in, args)
	if err != nil {
		return err
	}
	pack, err := packFor(in.pack, who.app)
	if err != nil {
		return err
	}
	report, err := d.survey(ctx, who.app, pack, !in.noValues, in.vaults)
	if err != nil {
		return err
	}
	text := configurationText(draft{settings: d.settings, app: who.app, pack: pack, report: report})
	if path == "-" {
		return sh.write(text)
	}
	if err := writeFile(path, text); err != nil {
		return err
	}
	sh.tellInit(path, report)
	return nil
}

// initPath is where to write; a file that is there already is kept unless --force says otherwise.
func (sh *shell) initPath(in initialising) (string, error) {
	path := in.out
	for _, next := range []string{sh.flags.config, sh.env(config.Variable), config.File} {
		if path == "" {
			path = next
		}
	}
	_, err := os.Stat(path)
	switch {
	case path == "-":
		return path, nil
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return "", unwritable(path, err) // told before anybody is asked
		}
		return path, nil
	case in.force:
		return path, nil
	case err != nil:
		return "", unwritable(path, err)
	}
	return "", problem.NeedsPerson("file.exists", path, "it is there already", "choose another with --out, see what would be written with --out -, or overwrite it with --force")
}

// lookupForInit finds the application to write about: as named, else by the pack's product.
func (d *desk) lookupForInit(ctx context.Context, in initialising, args []string) (named, error) {
	if len(args) == 1 {
		return d.lookup(ctx, args[0])
	}
	pack, _ := inventory.FindPack(in.pack)
	squeeze := func(text string) string {
		return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(text))
	}
	return d.lookupDisplayed(ctx, func(shown string) bool { return squeeze(shown) == squeeze(pack.Product) }, pack.Product)
}

// tellInit tells a person what was found and what is left to do.
func (sh *shell) tellInit(path string, report inventory.Report) {
	sure, unsure := 0, 0
	for _, f := range report.Findings {
		if f.Confidence == inventory.Candidate {
			unsure++
		} else {
			sure++
		}
	}
	sh.say("%s written: %d places, and %d candidates to confirm or exclude.", path, sure, unsure)
	for _, f := range report.Findings {
		if f.Forgotten {
			sh.say("  %s: %s", f.Title, f.Manual)
		}
	}
	sh.say("next: read the file, then keyturn doctor and keyturn plan")
}
