package postgrestest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"keyturn/store/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Suite(m).Run()) }

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	one, other := postgrestest.Database(t), postgrestest.Database(t)
	postgrestest.Run(t, one, "CREATE TABLE mine (a text)")
	postgrestest.Run(t, other, "CREATE TABLE mine (a text)") // fails if it is the same
}

func TestADatabaseGoesWithItsTest(t *testing.T) {
	t.Parallel()
	var address string
	t.Run("inner", func(t *testing.T) {
		address = postgrestest.Database(t)
		conn, err := pgx.Connect(context.Background(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
	})
	if address == "" {
		t.SkipNow() // the inner test said why
	}
	if conn, err := pgx.Connect(t.Context(), address); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database is still there")
	}
}
