package cloud

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"keyturn/problem"
)

// Redirect lets a person sign in by a browser that isn't on this computer: Microsoft sends it back to a page of ours.
// Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow (read 2026-11-25).
type Redirect struct {
	Address string // of that page, as the public client has it registered
	// Answer shows a person where to sign in and returns what their browser came back with.
	Answer func(ctx context.Context, signIn string) (url.Values, error)
}

// byRedirect lets a person sign in at Microsoft and takes the code with which their browser comes back, once.
func (b *browserSignIn) byRedirect(ctx context.Context, want policy.TokenRequestOptions) (public.AuthResult, error) {
	var none public.AuthResult
	verifier, state := rand.Text()+rand.Text(), rand.Text()
	address, err := b.client.AuthCodeURL(ctx, b.clientID, b.redirect.Address, want.Scopes, public.WithLoginHint(b.login))
	if err != nil {
		return none, err
	}
	asked, err := url.Parse(address)
	if err != nil {
		return none, err
	}
	sum := sha256.Sum256([]byte(verifier))
	query := asked.Query()
	query.Set("state", state)
	query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
	query.Set("code_challenge_method", "S256")
	asked.RawQuery = query.Encode()
	answer, err := b.redirect.Answer(ctx, asked.String())
	if err != nil {
		return none, err
	}
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(state)) != 1 {
		return none, problem.NeedsPerson("signin.foreign", "the sign-in", "isn't the one that was begun here", "sign in again")
	}
	if answer.Get("error") != "" {
		return none, shownRefusal(refusedBy(answer))
	}
	return b.client.AcquireTokenByAuthCode(ctx, answer.Get("code"), b.redirect.Address, want.Scopes, public.WithChallenge(verifier))
}

// refusedBy is what Microsoft's page said no with.
type refusedBy url.Values

// Error is Microsoft's sentence.
func (r refusedBy) Error() string {
	return url.Values(r).Get("error") + ": " + url.Values(r).Get("error_description")
}
