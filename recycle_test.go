package mainstay_test

import (
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// TestNothingOutlivesARequest lets one request leave everything behind that a session can hold, and asks the next ones for it: the parts of an ended request are
// used again.
func TestNothingOutlivesARequest(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "migrations/1_a.sql", `
		create sequence n;
		create function leave() returns text language plpgsql volatile as $$ begin
			perform set_config('app.secret', 'left', false), set_config('search_path', 'auth', false), set_config('timezone', 'Asia/Tokyo', false),
				set_config('request.jwt.claims', '{"sub":"aaaaaaaa-0000-4000-8000-000000000001","role":"service_role"}', false), set_config('response.status', '203', true), nextval('n');
			return current_setting('app.secret');
		end $$;
		create function fail() returns text language plpgsql volatile as $$ begin perform leave(); raise exception 'after it'; end $$;
		create function find() returns json language sql stable as $$
			select json_build_object('secret', current_setting('app.secret', true), 'path', current_setting('search_path'), 'zone', current_setting('timezone'), 'sub', auth.uid(), 'role', current_user,
				'headers', current_setting('request.headers', true)::json ->> 'x-of')
		$$;
		create function last() returns bigint language sql volatile as 'select lastval()';`)})
	rpc := s.URL + "/rest/v1/rpc/"
	user := "Bearer " + s.Token("bbbbbbbb-0000-4000-8000-000000000002")
	const anon = `{"secret" : null, "path" : "public, extensions", "zone" : "UTC", "sub" : null, "role" : "anon", "headers" : "b"}`
	const own = `{"secret" : null, "path" : "public, extensions", "zone" : "UTC", "sub" : "bbbbbbbb-0000-4000-8000-000000000002", "role" : "authenticated", "headers" : "b"}`
	for range 20 {
		if got := call(t, "POST", rpc+"leave", "{}", "X-Of", "a", "Authorization", user); got.status != 203 || got.body != `"left"` {
			t.Fatalf("leave: %d %s", got.status, got.body)
		}
		if got := call(t, "POST", rpc+"fail", "{}", "X-Of", "a", "Authorization", user); got.code != "P0001" {
			t.Fatalf("fail: %d %s", got.status, got.body)
		}
		for _, method := range []string{"GET", "POST"} { // on a snapshot, and with the writer
			if got := call(t, method, rpc+"find", "", "X-Of", "b"); got.status != 200 || got.body != anon {
				t.Errorf("%s as a visitor: %d %s", method, got.status, got.body)
			}
			if got := call(t, method, rpc+"find", "", "X-Of", "b", "Authorization", user); got.status != 200 || got.body != own {
				t.Errorf("%s as a user: %d %s", method, got.status, got.body)
			}
		}
		if got := call(t, "POST", rpc+"last", "{}"); got.code != "55000" {
			t.Errorf("last: %d %s", got.status, got.body)
		}
	}
}
