package access

import (
	"context"
	"fmt"
	"strings"
	"time"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/store"
)

// tokenPrefix lets people, and programs that search for lost tokens, see what one is.
const tokenPrefix = "keyturn_"

// Token is an API token as it may be shown: never what proves it.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`  // what people call it
	Role    Role      `json:"role"`  // what it allows
	Maker   string    `json:"maker"` // who had it made; whoever uses it acts in their name
	Made    time.Time `json:"made"`
	Ends    time.Time `json:"ends"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// Order is what a new token is to be.
type Order struct {
	Name string
	Role Role
	Life time.Duration
}

// NewToken gives out a token in maker's name. What it returns can't be told again. A token never allows more than its
// maker's own role.
func (k *Keeper) NewToken(ctx context.Context, order Order, maker Person) (secret.Value, Token, error) {
	switch {
	case order.Name == "" || len(order.Name) > longestName || strings.ContainsFunc(order.Name, func(r rune) bool { return r < ' ' }):
		return secret.Value{}, Token{}, badToken("its name must have 1 to 60 characters", "name it after whoever uses it, such as pipeline")
	case order.Life <= 0 || order.Life > LongestToken:
		return secret.Value{}, Token{}, badToken("it must end within 366d", "give a shorter life, such as 90d")
	case !maker.Role.May(order.Role) || order.Role == Nobody:
		return secret.Value{}, Token{}, problem.NeedsPerson("role.insufficient", maker.Name, "may not give out the role "+order.Role.String(),
			"ask somebody who has it")
	}
	maker.Role = order.Role
	shown, pass, err := k.give(ctx, store.TokenPass, order.Name, maker, order.Life)
	if err != nil {
		return secret.Value{}, Token{}, fmt.Errorf("make a token: %w", err)
	}
	return shown, tokenOf(pass), nil
}

const longestName = 60

func badToken(message, fix string) error {
	return problem.NeedsPerson("token.invalid", "the token", message, fix)
}

// Tokens lists all tokens that are kept, newest first.
func (k *Keeper) Tokens(ctx context.Context) ([]Token, error) {
	passes, err := k.Passes.Passes(ctx, store.TokenPass)
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, 0, len(passes))
	for _, pass := range passes {
		tokens = append(tokens, tokenOf(pass))
	}
	return tokens, nil
}

// Revoke ends the token with that id for good. One that isn't there, or isn't good any more, is a problem "token.unknown".
func (k *Keeper) Revoke(ctx context.Context, id string) error {
	tokens, err := k.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, token := range tokens {
		if token.ID != id {
			continue
		}
		if done, err := k.Passes.Void(ctx, id, k.Now()); err != nil || done {
			return err
		}
	}
	return problem.NeedsPerson("token.unknown", id, "there is no such token, or it was revoked before", "keyturn token list shows them")
}

func tokenOf(pass store.Pass) Token {
	return Token{
		ID: pass.ID, Name: pass.Name, Role: personOf(pass).Role, Maker: pass.Person, Made: pass.Made, Ends: pass.Ends, Revoked: pass.Voided,
	}
}
