package simulator_test

import (
	"net/http"
	"net/url"
	"testing"

	"keyturn/simulator/world"
)

// BenchmarkTokens asks for distinct tokens through proxy and TLS, client and server on the same machine.
func BenchmarkTokens(b *testing.B) {
	r := start(b, world.Settings{Gentle: true})
	sample := r.Sample()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {sample.AdminClientID}, "client_secret": {sample.AdminSecret}, "scope": {graphScope},
	}
	address := loginHost + sample.Tenant + "/oauth2/v2.0/token"
	r.send(b, http.MethodPost, address, form, nil)
	b.ResetTimer()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if got, err := r.try(b.Context(), http.MethodPost, address, form, nil); err != nil || got.status != http.StatusOK {
				b.Errorf("token: %d %v", got.status, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// BenchmarkGraphReads gets one application with all its properties, over and over.
func BenchmarkGraphReads(b *testing.B) {
	r := start(b, world.Settings{Gentle: true})
	token := r.token(b, graphScope)
	list := r.do(b, http.MethodGet, v1+"/applications?$top=1", token, nil)
	address := v1 + "/applications/" + list.body["value"].([]any)[0].(map[string]any)["id"].(string)
	header := func(h http.Header) { h.Set("Authorization", "Bearer "+token) }
	b.ResetTimer()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if got, err := r.try(b.Context(), http.MethodGet, address, nil, header); err != nil || got.status != http.StatusOK {
				b.Errorf("read: %d %v", got.status, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
