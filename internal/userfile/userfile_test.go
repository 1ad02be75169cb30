package userfile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// consoleHash is hash_config as Firebase's console shows it.
const consoleHash = `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}`

// read gives one line for each user of a file: LINE JSON, or LINE error: WORDS.
func read(t *testing.T, from, text string, o Options) string {
	t.Helper()
	o.From, o.Now = from, now
	var out strings.Builder
	err := Read(strings.NewReader(text), o, func(u User) error {
		switch {
		case u.Err != nil:
			fmt.Fprintf(&out, "%d error: %v\n", u.Line, u.Err)
		case u.Left:
			fmt.Fprintf(&out, "%d left\n", u.Line)
		default:
			b, err := json.Marshal(u.Record)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%d %s\n", u.Line, b)
		}
		return nil
	})
	if err != nil {
		fmt.Fprintf(&out, "ends: %v\n", err)
	}
	return out.String()
}

func check(t *testing.T, from, text string, o Options, want string) {
	t.Helper()
	if got := read(t, from, text, o); got != want {
		t.Errorf("%s:\n%s\ngot\n%s\nwant\n%s", from, text, got, want)
	}
}

const someID = "aaaaaaaa-0000-4000-8000-00000000000"

func TestSupabase(t *testing.T) {
	check(t, "supabase", "id,email,encrypted_password,email_confirmed_at,raw_app_meta_data,raw_user_meta_data,banned_until,is_anonymous\n"+
		someID+`1,Ada@Example.com,$2a$10$x,2024-05-06 07:08:09.12+00,"{""provider"":""email""}","{""name"":""Ada\nL.""}",,f`+"\n"+
		someID+`2,bob@example.com,,,"{""provider"":""github""}","{""provider_id"":""77""}",2099-01-01 00:00:00+02,t`+"\n"+
		someID+`3,short`+"\n"+
		someID+`4,x@example.com,,yesterday,,,,`+"\n"+
		someID+`5,x@example.com,,,{bad,,,`+"\n", Options{},
		`2 {"id":"aaaaaaaa-0000-4000-8000-000000000001","email":"Ada@Example.com","email_confirmed_at":"2024-05-06T07:08:09.12Z","encrypted_password":"$2a$10$x","raw_app_meta_data":{"provider":"email"},"raw_user_meta_data":{"name":"Ada\nL."},"identities":null}
3 {"id":"aaaaaaaa-0000-4000-8000-000000000002","email":"bob@example.com","raw_app_meta_data":{"provider":"github"},"raw_user_meta_data":{"provider_id":"77"},"banned_until":"2098-12-31T22:00:00Z","is_anonymous":true,"identities":[{"provider":"github","provider_id":"77","identity_data":{"provider_id":"77"}}]}
4 error: 2 fields, where the first line names 8 columns
5 error: email_confirmed_at: "yesterday" is no point in time
6 error: raw_app_meta_data is no JSON object: invalid character 'b' looking for beginning of object key string
`)
	// As the administration API shows users.
	check(t, "supabase", `{"users": [
  {"id": "`+someID+`1", "email": "ada@example.com", "created_at": "2024-05-06T07:08:09Z", "app_metadata": {"provider": "google"}, "user_metadata": {},
   "identities": [{"id": "g1", "identity_id": "`+someID+`9", "provider": "google", "identity_data": {"sub": "g1"}}]},
  {"id": "`+someID+`2", "email": "gone", "deleted_at": "2024-05-06T07:08:09Z"},
  17
]}`, Options{},
		`2 {"id":"aaaaaaaa-0000-4000-8000-000000000001","email":"ada@example.com","raw_app_meta_data":{"provider":"google"},"raw_user_meta_data":{},"created_at":"2024-05-06T07:08:09Z","identities":[{"provider":"google","provider_id":"g1","identity_data":{"sub":"g1"}}]}
4 left
5 error: no JSON object: json: cannot unmarshal number into Go value of type userfile.object
`)
	// One a line, the second broken.
	check(t, "supabase", `{"id":"`+someID+`1","email":"a@example.com"}`+"\n"+`{"id":`+"\n\n"+`{"id":"`+someID+`2","phone":"15551234567","phone_confirmed_at":"2024-01-01T00:00:00+00:00"}`, Options{},
		`1 {"id":"aaaaaaaa-0000-4000-8000-000000000001","email":"a@example.com","raw_app_meta_data":{},"raw_user_meta_data":{},"identities":null}
2 error: no JSON object: unexpected end of JSON input
4 {"id":"aaaaaaaa-0000-4000-8000-000000000002","phone":"15551234567","phone_confirmed_at":"2024-01-01T00:00:00Z","raw_app_meta_data":{},"raw_user_meta_data":{},"identities":null}
`)
	check(t, "supabase", "[\n{\"id\":\""+someID+"1\"},\n{\"id\"\n", Options{},
		`2 {"id":"aaaaaaaa-0000-4000-8000-000000000001","raw_app_meta_data":{},"raw_user_meta_data":{},"identities":null}
ends: line 2: the list of users is broken: unexpected EOF
`)
	check(t, "supabase", "", Options{}, "ends: the file is empty\n")
	check(t, "supabase", "a,b\n1,2\n", Options{}, "ends: the first line names no column email, id or user_id: a,b\n")
	check(t, "okta", "[]", Options{}, "ends: users come from supabase, firebase or auth0, not \"okta\"\n")
}

func TestFirebase(t *testing.T) {
	hash, err := ParseFirebaseHash(consoleHash)
	if err != nil {
		t.Fatal(err)
	}
	const jsonFile = `{"users": [
{"localId": "UVAoJhCf6mMTZKCEjlwVD3c8a2W2", "email": "ada@example.com", "emailVerified": true, "passwordHash": "lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==", "salt": "42xEC-ixf3L2lw==",
 "displayName": "Ada L.", "createdAt": "1714979289000", "lastSignedInAt": "1714979290000", "disabled": true, "customAttributes": "{\"admin\":true}",
 "providerUserInfo": [{"providerId": "google.com", "rawId": "g1", "email": "ada@gmail.example"}, {"providerId": "password", "rawId": "ada@example.com"}]},
{"email": "nobody@example.com"}
]}`
	const ada = `{"id":"feba9b8a-ecea-59ff-b63a-a85e6a7cfc40","email":"ada@example.com","email_confirmed_at":"2024-05-06T07:08:09Z",` +
		`"encrypted_password":"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",`
	got := read(t, "firebase", jsonFile, Options{Firebase: hash})
	lines := strings.Split(got, "\n")
	id := strings.Index(lines[0], `"email"`)
	if !strings.HasPrefix(lines[0][id:], ada[strings.Index(ada, `"email"`):]) || !strings.Contains(lines[0], `"raw_app_meta_data":{"claims":{"admin":true},"firebase_uid":"UVAoJhCf6mMTZKCEjlwVD3c8a2W2"}`) ||
		!strings.Contains(lines[0], `"raw_user_meta_data":{"full_name":"Ada L.","name":"Ada L."}`) || !strings.Contains(lines[0], `"last_sign_in_at":"2024-05-06T07:08:10Z","banned_until":"2126-01-02T03:04:05Z"`) ||
		!strings.Contains(lines[0], `"identities":[{"provider":"google","provider_id":"g1","identity_data":{"email":"ada@gmail.example","provider_id":"g1","sub":"g1"}}]`) {
		t.Errorf("got %s", lines[0])
	}
	if lines[1] != "5 error: the user has no localId" {
		t.Errorf("got %s", lines[1])
	}
	if again := read(t, "firebase", jsonFile, Options{Firebase: hash}); again != got {
		t.Error("the same file gives other users")
	}
	if got := read(t, "firebase", jsonFile, Options{}); !strings.Contains(got, "2 error: the user has a password, which needs") {
		t.Errorf("without parameters: %s", got)
	}
	// Its table has no names.
	got = read(t, "firebase", "uid1,ada@example.com,false,,,Ada,http://p/1,g1,a@g,Ada G,,,,,,,,,,,,,,1714979289000,,+15551234567,true\n", Options{})
	for _, want := range []string{`"phone":"+15551234567","phone_confirmed_at":"2024-05-06T07:08:09Z"`, `"provider":"google","provider_id":"g1"`, `"banned_until"`, `"avatar_url":"http://p/1"`} {
		if !strings.Contains(got, want) || strings.Contains(got, "email_confirmed_at") {
			t.Errorf("the table lacks %s: %s", want, got)
		}
	}
	for _, bad := range []string{"", "hash_config { algorithm: BCRYPT, rounds: 8 }", strings.Replace(consoleHash, "rounds", "round", 1)} {
		if _, err := ParseFirebaseHash(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestAuth0(t *testing.T) {
	got := read(t, "auth0", `{"_id":{"$oid":"5f0f"},"email":"ada@example.com","email_verified":true,"passwordHash":"$2b$10$x","created_at":{"$date":"2024-05-06T07:08:09.000Z"}}
{"user_id":"google-oauth2|99","email":"bob@example.com","email_verified":true,"name":"Bob","identities":[{"provider":"google-oauth2","user_id":"99","isSocial":true}],"blocked":true,"app_metadata":{"plan":"pro","provider":"evil"},"user_metadata":{"theme":"dark"}}
{"email":"eve@example.com","custom_password_hash":{"algorithm":"md5","hash":{"value":"x"}}}
{"email":"dan@example.com","custom_password_hash":{"algorithm":"bcrypt","hash":{"value":"$2a$05$y"}}}
{"name":"nobody"}`, Options{})
	lines := strings.Split(got, "\n")
	for i, wants := range [][]string{
		{`1 {"id":"`, `"email_confirmed_at":"2024-05-06T07:08:09Z"`, `"encrypted_password":"$2b$10$x"`, `"raw_app_meta_data":{"auth0_user_id":"auth0|5f0f"}`},
		{`2 {"id":"`, `{"provider":"google","provider_id":"99","identity_data":{"email":"bob@example.com"`, `"banned_until":"2126`, `"raw_app_meta_data":{"auth0_user_id":"google-oauth2|99","plan":"pro"}`, `"theme":"dark"`},
		{`3 error: the password is hashed with "md5"`},
		{`4 {"id":"`, `"encrypted_password":"$2a$05$y"`},
		{`5 error: the user has neither user_id nor email`},
	} {
		for _, want := range wants {
			if !strings.Contains(lines[i], want) {
				t.Errorf("line %d lacks %s: %s", i+1, want, lines[i])
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("supabase", "id,email\n1,a@b.c\n")
	f.Add("firebase", consoleHash)
	f.Add("auth0", `[{"email":"a@b.c","identities":[{}]}]`)
	f.Fuzz(func(t *testing.T, from, text string) {
		_ = Read(strings.NewReader(text), Options{From: from, Now: now}, func(u User) error { // any outcome but a panic
			if u.Line < 1 {
				t.Errorf("a user of line %d", u.Line)
			}
			return nil
		})
	})
}
