package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/command"
)

// Wanted is how one renewal shall be done, as the flags of keyturn renew have it.
type Wanted struct {
	Replace     string `json:"replace,omitempty" maxLength:"60" doc:"Secret ID to replace, or none; else found by proof"`
	MakeRoom    string `json:"makeRoom,omitempty" maxLength:"60" doc:"Secret ID to remove first when the app holds as many as it may"`
	AsPerson    bool   `json:"asPerson,omitempty" doc:"With your own rights: sign in at Microsoft first (POST /api/v1/sign-in)"`
	Reuse       bool   `json:"reuse,omitempty" doc:"Make no new secret: spread the Key Vault's"`
	Emergency   bool   `json:"emergency,omitempty" doc:"The secret in use has leaked: the shortest safe overlap, held by no window, freeze or approval"`
	RevokeFirst bool   `json:"revokeFirst,omitempty" doc:"In an emergency: remove the leaked secret before anything else, although consumers fail meanwhile. Takes admin"`
}

func (w Wanted) ask(app, plan string) command.Ask {
	return command.Ask{App: app, Replace: w.Replace, MakeRoom: w.MakeRoom, Reuse: w.Reuse, Emergency: w.Emergency, RevokeFirst: w.RevokeFirst, AsPerson: w.AsPerson, Plan: plan}
}

func (a *API) plan(ctx context.Context, in *struct {
	ApplicationPath
	Body *Wanted
},
) (*answer[command.Plan], error) {
	var wanted Wanted
	if in.Body != nil {
		wanted = *in.Body
	}
	return found(a.Commands.Plan(ctx, wanted.ask(in.App, "")))
}

// actedOn is a renewal as it stands after a command.
type actedOn struct {
	Status int
	ETag   string `header:"ETag" doc:"The run's version, for If-Match"`
	Body   renewal.Run
}

func acted(run renewal.Run, err error) (*actedOn, error) {
	if err != nil {
		return nil, err
	}
	return &actedOn{Status: http.StatusOK, ETag: tagOf(run), Body: run}, nil
}

func (a *API) start(ctx context.Context, in *struct {
	Body struct {
		Wanted
		App  string `json:"app" minLength:"1" maxLength:"200" doc:"Its name in keyturn.yaml"`
		Plan string `json:"plan,omitempty" maxLength:"60" doc:"Digest of the plan that was shown: another one isn't carried out"`
	}
},
) (*actedOn, error) {
	run, begun, err := a.Commands.Start(ctx, in.Body.ask(in.Body.App, in.Body.Plan))
	out, err := acted(run, err)
	if err == nil && begun {
		out.Status = http.StatusCreated
	}
	return out, err
}

// ToRun is a command for a run as somebody saw it.
type ToRun struct {
	RunPath
	IfMatch string `header:"If-Match" maxLength:"60" doc:"The ETag of the run that was seen, or * for whatever it is now"`
}

// version is what If-Match names; 0 for *.
func (t ToRun) version() (int64, error) {
	switch text := strings.TrimPrefix(strings.TrimSpace(t.IfMatch), "W/"); text {
	case "":
		return 0, problem.NeedsPerson("version.missing", "run "+t.Run, "what is commanded must be named", "send If-Match with the ETag of the run that you saw, or *")
	case "*":
		return 0, nil
	default:
		version, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
		if err != nil || version <= 0 {
			return 0, problem.NeedsPerson("run.changed", "run "+t.Run, "never had that ETag", "look at it again, then decide")
		}
		return version, nil
	}
}

func (a *API) tell(ctx context.Context, to ToRun, word command.Word, asPerson bool) (*actedOn, error) {
	version, err := to.version()
	if err != nil {
		return nil, err
	}
	return acted(a.Commands.Tell(ctx, to.Run, version, word, asPerson))
}

func (a *API) resume(ctx context.Context, in *struct {
	ToRun
	Body *struct {
		Overwrite bool `json:"overwrite,omitempty" doc:"Write again those places that somebody else changed since"`
		AsPerson  bool `json:"asPerson,omitempty" doc:"With your own rights: sign in at Microsoft first (POST /api/v1/sign-in)"`
	}
},
) (*actedOn, error) {
	word, asPerson := command.Resume, in.Body != nil && in.Body.AsPerson
	if in.Body != nil && in.Body.Overwrite {
		word = command.Overwrite
	}
	return a.tell(ctx, in.ToRun, word, asPerson)
}

func (a *API) abort(ctx context.Context, in *ToRun) (*actedOn, error) {
	return a.tell(ctx, *in, command.Abort, false)
}

func (a *API) approve(ctx context.Context, in *ToRun) (*actedOn, error) {
	return a.tell(ctx, *in, command.Approve, false)
}
