//go:build unix

package story_test

import (
	"strings"
	"testing"
)

// The same renewal under the host names of the national clouds: with one of ours anywhere in it, sign-in, Graph, Azure or
// a vault would not be reached. Their reports are absent, so the old secret is left to end by itself.
func TestARenewalInEachNationalCloud(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]string{"usgov": "graph.microsoft.us", "china": "microsoftgraph.chinacloudapi.cn"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle", "--cloud", name)
			m := newMachine(t, cloud, atOnce...)
			before := cloud.state()
			m.want(2, "renew", app, "--yes")
			finish(t, m)
			cloud.advance(14 * day)
			assertRenewed(t, before, cloud.state(), expectation{})
			assertNoSecretLeft(t, m)
			asked := 0
			for _, line := range cloud.log() {
				if line.Host == host {
					asked++
				}
				if strings.HasSuffix(line.Host, ".microsoftonline.com") || strings.HasSuffix(line.Host, "azure.com") || strings.HasSuffix(line.Host, "vault.azure.net") {
					t.Errorf("%s %s%s was asked in %s", line.Method, line.Host, line.Path, name)
				}
			}
			if asked == 0 {
				t.Errorf("%s was never asked", host)
			}
		})
	}
}
