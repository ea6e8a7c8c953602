package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/engine"
	"keyturn/stage"
)

func addEmergencyFlags(cmd *cobra.Command, r *renewing) {
	cmd.Flags().BoolVar(&r.request.Emergency, "emergency", false,
		"the secret in use has leaked: keep both for 90m only, held by no evidence, window, freeze or approval; an open renewal is hurried")
	cmd.Flags().BoolVar(&r.request.RevokeFirst, "revoke-first", false,
		"with --emergency: remove the leaked secret before anything else; consumers fail until the new one is delivered (without a terminal, add --yes)")
}

// confirmRevoking lets --revoke-first through only when somebody said yes to what it breaks: it breaks the promise that no
// sign-in fails, because a secret in the wrong hands may be worse.
func (sh *shell) confirmRevoking(r *renewing, names []string) error {
	switch {
	case !r.request.RevokeFirst:
		return nil
	case !r.request.Emergency:
		return usage(errors.New("--revoke-first goes with --emergency alone"))
	case r.yes:
		return nil
	case !sh.isPerson():
		return usage(errors.New("--revoke-first lets consumers fail: add --yes to say that this is meant"))
	case !sh.ask("Remove the secret of " + strings.Join(names, ", ") + " first? Every sign-in with it fails until the new one is everywhere."):
		return refused(strings.Join(names, ", "))
	}
	return nil
}

// hurry makes an open renewal an emergency where that was asked; else it is merely gone on with.
func (w *workshop) hurry() engine.Prepare {
	if !w.r.request.Emergency {
		return nil
	}
	who := w.sh.person()
	return func(ctx context.Context, j *stage.Job) error {
		return stage.Hurry(ctx, j, who, w.r.request.RevokeFirst)
	}
}
