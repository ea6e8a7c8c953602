package signature_test

import (
	"net/http"
	"testing"
	"time"

	"keyturn/secret"
	"keyturn/signature"
)

// A known answer, which the specification's reference libraries publish and check themselves by (read 2026-11-25).
func TestTheSignatureOfAKnownMessage(t *testing.T) {
	t.Parallel()
	read, err := signature.Key(secret.New("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	signature.Put(header, []secret.Value{read}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	got := map[string][]string(header)["webhook-signature"][0] // as it is sent, in small letters
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}
