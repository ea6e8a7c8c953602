package api

import (
	"context"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server/guest"
)

func (a *API) visit(ctx context.Context, _ *struct{}) (*answer[guest.Visit], error) {
	return found(a.Room.See(ctx), nil)
}

func (a *API) beginVisit(ctx context.Context, in *struct {
	Body struct {
		How      string `json:"how" enum:"browser,device,password" doc:"How to sign in at Microsoft"`
		Login    string `json:"login,omitempty" maxLength:"200" doc:"Who signs in, such as admin@contoso.onmicrosoft.com; password needs it"`
		Password string `json:"password,omitempty" maxLength:"4096" doc:"With how: password alone, and only where the configuration allows it; it is sent to Microsoft once, and forgotten"`
	}
},
) (*answer[guest.Visit], error) {
	return found(a.Room.Begin(ctx, guest.Ask{How: problem.Way(in.Body.How), Login: in.Body.Login, Password: secret.New(in.Body.Password)}))
}

func (a *API) endVisit(ctx context.Context, _ *struct{}) (*struct{}, error) {
	a.Room.End(ctx)
	return nil, nil
}
