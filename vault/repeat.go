package vault

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/cloud"
	"keyturn/problem"
)

// repeats is how often and how patiently reads are repeated; a service that asks for a longer wait than the longest is
// left to the caller. Writes set their own (see once).
func repeats() policy.RetryOptions {
	return policy.RetryOptions{
		MaxRetries: 3, RetryDelay: 800 * time.Millisecond, MaxRetryDelay: 15 * time.Second, ShouldRetry: mayPass,
	}
}

// mayPass reports whether asking again within seconds may help: a busy vault or a connection that broke. A proxy that
// knows no such vault, an authority not trusted or a refused sign-in won't mend itself.
func mayPass(answer *http.Response, err error) bool {
	if err != nil {
		var broken *net.OpError
		lost := errors.As(err, &broken) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		return lost && problem.Of(cloud.Classify(err, "")).Class == problem.Retry
	}
	return answer.StatusCode == http.StatusRequestTimeout || answer.StatusCode == http.StatusTooManyRequests ||
		(answer.StatusCode >= http.StatusInternalServerError && answer.StatusCode != http.StatusNotImplemented)
}
