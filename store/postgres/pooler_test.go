package postgres

import (
	"testing"

	"keyturn/store/postgrestest"
)

// TestAPoolersConnectionsAreLeftAsTheyWere: others get them after us, so no lock of ours may last and no setting.
func TestAPoolersConnectionsAreLeftAsTheyWere(t *testing.T) {
	t.Parallel()
	direct := postgrestest.Database(t)
	postgrestest.Run(t, direct, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''77s''', current_database()); END $$`)
	through := open(t, postgrestest.Pooler(t, direct))
	if !through.pooler {
		t.Error("the pooler wasn't noticed")
	}
	server := open(t, direct)
	if server.pooler {
		t.Error("a pooler was seen where there is none")
	}
	if n := count(t, server, "pg_locks WHERE locktype = 'advisory'"); n > 0 {
		t.Errorf("%d locks of ours last", n)
	}
	for range 20 {
		var limit string
		if err := through.pool.QueryRow(t.Context(), "SHOW statement_timeout").Scan(&limit); err != nil || limit != "77s" {
			t.Fatalf("the limit of a statement is %q, %v", limit, err)
		}
	}
}
