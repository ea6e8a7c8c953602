package api

import (
	"context"

	"keyturn/config"
	"keyturn/server/access"
)

type tokens struct {
	Items []access.Token `json:"items"`
}

func (a *API) tokens(ctx context.Context, _ *struct{}) (*answer[tokens], error) {
	list, err := a.Keeper.Tokens(ctx)
	return found(tokens{list}, err)
}

// newToken is a token with what proves it.
type newToken struct {
	access.Token
	Value string `json:"value" doc:"The token itself, shown this once: send it as Authorization: Bearer"`
}

func (a *API) createToken(ctx context.Context, in *struct {
	Body struct {
		Name string      `json:"name" minLength:"1" maxLength:"60" doc:"What people call it, such as the program that will use it"`
		Role access.Role `json:"role" enum:"viewer,operator,approver,admin" doc:"What it allows; never more than your own role"`
		Life string      `json:"life,omitempty" default:"90d" pattern:"^([0-9]+[smhd])+$" maxLength:"20" doc:"How long it is good, such as 90d; at most 366d"`
	}
},
) (*answer[newToken], error) {
	life, err := config.ParseDuration(in.Body.Life)
	if err != nil {
		return nil, err // the pattern let it through
	}
	shown, token, err := a.Keeper.NewToken(ctx, access.Order{Name: in.Body.Name, Role: in.Body.Role, Life: life}, access.From(ctx))
	return found(newToken{token, shown.Reveal()}, err)
}

func (a *API) revokeToken(ctx context.Context, in *struct {
	Token string `path:"token" maxLength:"60" doc:"The token's id, not the token itself"`
},
) (*struct{}, error) {
	return nil, a.Keeper.Revoke(ctx, in.Token)
}
