package signin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/userfile"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// files are users of each system, with hashes that those systems' own programs made: pgcrypto's bcrypt, crypt(3)'s, the example that Firebase publishes with its variant of
// scrypt, and one of the reference implementation of argon2.
var files = []struct{ from, text, mail, password string }{
	{"supabase", "id,email,encrypted_password,email_confirmed_at\naaaaaaaa-0000-4000-8000-000000000001,supabase@example.com,$2a$10$ugjFF2UFevLrxJUi0.WULOko6.H1b1ois2yKmCmUwJi6vGnk4Tjc2,2024-05-06 07:08:09+00\n",
		"supabase@example.com", "correct horse battery"},
	{"auth0", `{"_id":{"$oid":"5f0f"},"email":"auth0@example.com","email_verified":true,"passwordHash":"$2b$10$abcdefghijklmnopqrstuubi0QF7M0d1/21qxih/Ph7i9d0DHV6eq"}`, "auth0@example.com", "auth0 users passphrase"},
	{"firebase", `{"users":[{"localId":"UV","email":"firebase@example.com","emailVerified":true,"passwordHash":"lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==","salt":"42xEC-ixf3L2lw=="}]}`,
		"firebase@example.com", "user1password"},
	{"supabase", `[{"email":"argon@example.com","email_confirmed_at":"2024-05-06T07:08:09Z","encrypted_password":"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"}]`,
		"argon@example.com", "password"},
}

// TestImportedUsersSignInWithTheirPasswords: each form of hash is checked at the first sign-in and then is one of ours.
func TestImportedUsersSignInWithTheirPasswords(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "mainstay.toml"), []byte(open), 0o644); err != nil {
				t.Fatal(err)
			}
			at := mainstay.Server{Dir: dir, DataDir: filepath.Join(dir, "data")}
			if engine == "postgres" {
				at.Database = clustertest.Database(t)
			}
			administrate(t, at, func(users *account.Service) {
				for _, f := range files {
					o := userfile.Options{From: f.from, Now: time.Now(), Firebase: &userfile.FirebaseHash{
						SignerKey: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==", SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
					}}
					err := userfile.Read(strings.NewReader(f.text), o, func(u userfile.User) error {
						if u.Err != nil {
							return u.Err
						}
						moved, err := users.Import(t.Context(), []account.Record{u.Record})
						if err == nil && (moved[0].Err != nil || moved[0].There) {
							t.Errorf("%s: %+v", f.mail, moved[0])
						}
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
				}
			})
			t.Run("sign in", func(t *testing.T) {
				s := &server{mainstaytest.Run(t, at), t}
				for _, f := range files {
					s.want(f.mail+", wrong", s.auth("", "POST /token?grant_type=password", obj{"email": f.mail, "password": f.password + "x"}), 400, "invalid_credentials")
					in := s.want(f.mail, s.auth("", "POST /token?grant_type=password", obj{"email": f.mail, "password": f.password}), 200, "")
					if in.text("user.app_metadata.provider") != "email" {
						t.Errorf("%s is %s", f.mail, in.raw)
					}
					s.want(f.mail+", again", s.auth("", "POST /token?grant_type=password", obj{"email": f.mail, "password": f.password}), 200, "")
				}
			})
			administrate(t, at, func(users *account.Service) {
				n := 0
				err := users.Export(t.Context(), true, func(r account.Record) error {
					n++
					if !strings.HasPrefix(r.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
						t.Errorf("%s still has the hash %.40s", r.Email, r.Password)
					}
					return nil
				})
				if err != nil || n != len(files) {
					t.Errorf("%d users, %v", n, err)
				}
			})
		})
	}
}

// administrate works on the users of a project whose server does not run.
func administrate(t *testing.T, at mainstay.Server, f func(*account.Service)) {
	t.Helper()
	db, err := at.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	users, err := db.Accounts()
	if err != nil {
		t.Fatal(err)
	}
	f(users)
}

// TestRolesAreNotImported: a file makes nobody an administrator.
func TestRolesAreNotImported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mainstay.toml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	administrate(t, mainstay.Server{Dir: dir}, func(users *account.Service) {
		moved, err := users.Import(t.Context(), []account.Record{{Email: "a@example.com", Role: "service_role"}, {Email: "b@example.com", Password: "plain text"}, {}, {Email: "c@example.com"}})
		if err != nil || moved[0].Err == nil || moved[1].Err == nil || moved[2].Err == nil || moved[3] != (account.Moved{}) {
			t.Errorf("got %+v, %v", moved, err)
		}
	})
}
