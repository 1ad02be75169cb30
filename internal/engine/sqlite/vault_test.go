package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

// values runs a query as a caller and gives the text of its rows' first columns.
func values(t *testing.T, e *sqlite.Engine, role, text string) (got []string, err error) {
	t.Helper()
	err = e.Script(t.Context(), engine.Script{Caller: query.Caller{Role: role}, Text: text}, &firstColumn{out: &got})
	return got, err
}

type firstColumn struct {
	engine.ScriptSink
	out *[]string
}

func (f *firstColumn) Notice(string, string)       {}
func (f *firstColumn) Begin([]engine.Column) error { return nil }
func (f *firstColumn) Done(string) error           { return nil }
func (f *firstColumn) Row(r engine.Row) error {
	*f.out = append(*f.out, string(r.AppendText(nil, 0)))
	return nil
}

// TestVault keeps a secret: it is not in the file, only who may read it does, and without the key it is lost.
func TestVault(t *testing.T) {
	dir := t.TempDir()
	start := func() *sqlite.Engine {
		e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := start()
	check := func(role, text, want string) {
		t.Helper()
		got, err := values(t, e, role, text)
		if err != nil {
			got = []string{err.Error()}
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s as %s: got %q, want %q", text, role, got, want)
		}
	}
	const secret = "the-secret-of-the-vault"
	check("", "select (vault.create_secret('"+secret+"', 'stripe', 'a key') is not null)::text", "true")
	check("", "select decrypted_secret from vault.decrypted_secrets where name = 'stripe'", secret)
	check("service_role", "select decrypted_secret from vault.decrypted_secrets", secret)
	check("service_role", "select vault.create_secret('x', 'stripe')::text", `duplicate key value violates unique constraint "secrets_name_idx" (23505)`)
	for _, role := range []string{"anon", "authenticated"} {
		for _, text := range []string{
			"select decrypted_secret from vault.decrypted_secrets", "select secret from vault.secrets", "select vault.create_secret('x')",
			"select vault._crypto_aead_det_decrypt('', '', 0::bigint, '', '')",
		} {
			check(role, text, "permission denied for schema vault (42501)")
		}
	}
	check("", "select vault.update_secret((select id from vault.secrets), '"+secret+"-2', new_description => 'changed') is null", "f")
	check("", "select decrypted_secret || ' ' || description from vault.decrypted_secrets", secret+"-2 changed")
	// What was sealed for one row does not open in another.
	check("", "select convert_from(vault._crypto_aead_det_decrypt(decode(secret, 'base64'), convert_to(gen_random_uuid()::text, 'UTF8'), 0::bigint, 'vault'::bytea, nonce), 'UTF8') from vault.secrets",
		"crypto_aead_det_decrypt: invalid ciphertext (22000)")

	for _, name := range []string{"data.sqlite", "data.sqlite-wal"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || bytes.Contains(b, []byte(secret)) {
			t.Errorf("%s: %v, or it holds the secret", name, err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "vault.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("vault.key: %v, %v", info, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = start()
	check("", "select decrypted_secret from vault.decrypted_secrets", secret+"-2")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "vault.key")); err != nil {
		t.Fatal(err)
	}
	e = start()
	check("", "select decrypted_secret from vault.decrypted_secrets", "the key of the vault is missing (58P01)")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
