package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"keyturn/cmd/keyturn/screen"
	"keyturn/server/access"
)

func newToken(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke tokens for the API",
		Long: "A program uses the API of a Keyturn that serves by sending a token: Authorization: Bearer TOKEN. A token has a role, an end,\n" +
			"and a maker in whose name it acts. It is shown once, when it is made; the store keeps a digest that can't be turned back.",
		Example: "  keyturn token create pipeline --role operator --life 90d\n  keyturn token list",
	}
	return family(cmd, newTokenCreate(sh), newTokenList(sh), newTokenRevoke(sh))
}

func newTokenCreate(sh *shell) *cobra.Command {
	order := access.Order{Life: 90 * 24 * time.Hour}
	role := access.Viewer.String()
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a token and print it, once",
		Long: "Prints the new token alone on stdout, so that it can go straight to where it is kept. It can't be shown again.\n" +
			"Roles: viewer sees; operator starts, goes on and aborts; approver approves; admin makes tokens.",
		Example: "  keyturn token create pipeline --role operator --life 90d",
		Args:    exactly(1, "a name, such as that of the program that will use it"),
	}
	cmd.Flags().StringVar(&role, "role", role, "viewer, operator, approver or admin")
	cmd.Flags().Var((*span)(&order.Life), "life", "how long it is good, at most 366d")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order.Name = args[0]
		var err error
		if order.Role, err = access.RoleNamed(role); err != nil {
			return usage(err)
		}
		return sh.tokenCreate(cmd.Context(), order)
	}
	return cmd
}

func (sh *shell) tokenCreate(ctx context.Context, order access.Order) error {
	return sh.withKeeper(ctx, func(keeper *access.Keeper) error {
		maker := sh.local()
		maker.Method = access.ByTerminal
		shown, token, err := keeper.NewToken(ctx, order, maker)
		if err != nil {
			return err
		}
		sh.say("token %s, %s until %s; it isn't shown again:", token.ID, token.Role, day(token.Ends))
		sh.tell("%s", shown.Reveal())
		return nil
	})
}

func newTokenList(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the tokens, newest first",
		Example: "  keyturn token list\n  keyturn token list -o json",
		Args:    exactly(0, "no arguments"),
	}
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return sh.withKeeper(cmd.Context(), func(keeper *access.Keeper) error {
			tokens, err := keeper.Tokens(cmd.Context())
			if err != nil {
				return err
			}
			return sh.print(f, tokenListing(tokens))
		})
	}
	return cmd
}

func tokenListing(tokens []access.Token) listing {
	list := listing{head: []string{"TOKEN", "NAME", "ROLE", "MADE BY", "MADE", "ENDS", "REVOKED"}, data: tokens, none: "no token yet: keyturn token create NAME"}
	for _, t := range tokens {
		list.rows = append(list.rows, []screen.Cell{
			{Text: t.ID}, {Text: t.Name}, {Text: t.Role.String()}, {Text: t.Maker}, {Text: day(t.Made)}, {Text: day(t.Ends)}, {Text: day(t.Revoked)},
		})
	}
	return list
}

func newTokenRevoke(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "revoke TOKEN",
		Short:   "End a token at once, for good",
		Long:    "TOKEN is what keyturn token list shows, not the token itself.",
		Example: "  keyturn token revoke k3v9q0x2ab",
		Args:    exactly(1, "one token's id"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return sh.withKeeper(cmd.Context(), func(keeper *access.Keeper) error { return keeper.Revoke(cmd.Context(), args[0]) })
	}
	return cmd
}

// withKeeper opens the store for what is done with passes.
func (sh *shell) withKeeper(ctx context.Context, do func(*access.Keeper) error) error {
	settings, err := sh.settings(true)
	if err != nil {
		return err
	}
	kept, err := openStore(ctx, settings.Store, false)
	if err != nil {
		return err
	}
	defer sh.close(kept)
	return do(keeperOf(kept))
}
