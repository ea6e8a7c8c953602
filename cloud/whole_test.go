package cloud_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

// TestSomebodyInBetweenIsNoRefusedSignIn: a guest network, a proxy or a broken line may answer once in Microsoft's place. It
// passes by itself, nothing of it is remembered, and no write is in doubt for it.
func TestSomebodyInBetweenIsNoRefusedSignIn(t *testing.T) {
	page := func(w http.ResponseWriter) {
		cloudtest.Answer(w, http.StatusOK, "<html>Welcome to the guest network</html>")
	}
	for name, c := range map[string]struct {
		path   string
		answer func(http.ResponseWriter)
		says   string
		code   string
	}{
		"a page in place of a token":      {"/token", page, "can't be read", problem.Between},
		"an object that holds no token":   {"/token", func(w http.ResponseWriter) { cloudtest.Answer(w, http.StatusOK, "{}") }, "can't be read", problem.Between},
		"a page in place of the tenant":   {"/openid-configuration", page, "can't be read", problem.Between},
		"a token that breaks off halfway": {"/token", breakOff, "broke off", problem.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			var inBetween atomic.Bool
			inBetween.Store(true)
			granting := cloudtest.Granting(nil, fine)
			stand := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if inBetween.Load() && strings.HasSuffix(r.URL.Path, c.path) {
					c.answer(w)
					return
				}
				granting(w, r)
			}))
			s := stand.Open(t, nil)
			ctx := policy.WithRetryOptions(t.Context(), policy.RetryOptions{MaxRetries: -1})
			_, err := s.Self(ctx)
			if p := problem.Of(err); p.Class != problem.Retry || p.Code != c.code || p.Doubtful || !strings.Contains(p.Message, c.says) {
				t.Errorf("%v: %+v", err, p)
			}
			inBetween.Store(false)
			if _, err := s.Self(ctx); err != nil {
				t.Errorf("once it is gone: %v", err)
			}
		})
	}
}

func breakOff(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "900")
	_, _ = w.Write([]byte(`{"token_type":"Bearer","access_token":"eyJ`))
}

// TestTheCertificateOfAnotherName isn't taken for one of an unknown authority.
func TestTheCertificateOfAnotherName(t *testing.T) {
	stand := httptest.NewTLSServer(http.NotFoundHandler()) // its certificate is for example.com and 127.0.0.1
	defer stand.Close()
	client := stand.Client()
	_, err := client.Get(strings.Replace(stand.URL, "127.0.0.1", "localhost", 1)) //nolint:bodyclose,noctx // there is no answer
	p := problem.Of(cloud.Classify(err, "x"))
	if p.Class != problem.Retry || !strings.Contains(p.Message, "localhost shows the certificate of another name") || p.Doubtful {
		t.Errorf("%v: %+v", err, p)
	}
}

// TestAWebPageInPlaceOfAnAnswerIsSaid: a proxy or guest network shows one with status 200.
func TestAWebPageInPlaceOfAnAnswerIsSaid(t *testing.T) {
	stand := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html>Welcome</html>")
	}))
	s := stand.Open(t, nil)
	for method, doubtful := range map[string]bool{http.MethodGet: false, http.MethodPost: true} {
		request, err := http.NewRequestWithContext(t.Context(), method, vaultURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Client().Do(request) //nolint:bodyclose // there is no answer
		p := problem.Of(cloud.Classify(err, "vault kv-x"))
		if err == nil || p.Code != problem.Between || p.Doubtful != doubtful || p.Fix == "" ||
			p.Error() != "vault kv-x: a web page came in place of the answer of kv-x.vault.azure.net" {
			t.Errorf("%s: %+v", method, p)
		}
	}
}
