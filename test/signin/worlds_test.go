package signin

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What differs between two answers to one request whoever asks, and tells nothing.
var (
	ids     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
)

// seen is all that a sender sees of an answer.
func (a answer) seen(s *server) string {
	var head []string
	for name, values := range a.head {
		switch name {
		case "Date", "X-Request-Id", "Content-Length": // the length is the body's, times included
			continue
		}
		head = append(head, fmt.Sprint(name, ": ", values))
	}
	slices.Sort(head)
	text := fmt.Sprintf("%d\n%s\n%s", a.status, strings.Join(head, "\n"), a.raw)
	text = strings.ReplaceAll(text, s.URL, "SERVER")
	return moments.ReplaceAllString(ids.ReplaceAllString(text, "ID"), "TIME")
}

// TestTwoWorlds is attack E12: of two servers one has a user of an address (and one of a telephone number) and the other has not. Whoever has no right to know gets the
// same answers from both, byte for byte, to the same requests.
func TestTwoWorlds(t *testing.T) {
	const ada, phone = "ada@example.com", "491701234567"
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		worlds := []*server{start(open, ""), start(open, "")}
		yes := true
		worlds[0].want("ada", worlds[0].auth(worlds[0].ServiceKey, "POST /admin/users", obj{"email": ada, "password": good, "email_confirm": yes}), 200, "")
		worlds[0].want("a telephone", worlds[0].auth(worlds[0].ServiceKey, "POST /admin/users", obj{"phone": phone, "password": good, "phone_confirm": yes}), 200, "")
		tokens := make([]string, 2)
		for i, s := range worlds {
			tokens[i] = s.signUp("eve@example.com").text("access_token")
		}
		flow := obj{"email": ada, "password": good, "code_challenge": s256, "code_challenge_method": "s256"}
		for _, ask := range []struct {
			as      bool // eve
			request string
			body    any
		}{
			{false, "POST /signup", obj{"email": ada, "password": good, "data": obj{"name": "Ada"}}},
			{false, "POST /signup", obj{"email": ada, "password": good}},
			{false, "POST /signup", flow},
			{false, "POST /signup", obj{"email": ada, "password": "short"}},
			{false, "POST /signup", obj{"email": "ADA@example.com ", "password": good}},
			{false, "POST /signup", obj{"phone": phone, "password": good, "data": obj{"name": "Ada"}}},
			{false, "POST /token?grant_type=password", obj{"email": ada, "password": "wrong"}},
			{false, "POST /token?grant_type=password", obj{"email": ada, "password": strings.Repeat("x", 2000)}},
			{false, "POST /token?grant_type=password", obj{"email": ada, "password": ""}},
			{false, "POST /token?grant_type=password", obj{"phone": phone, "password": "wrong"}},
			{false, "POST /otp", obj{"email": ada, "create_user": false}},
			{false, "POST /otp", obj{"email": ada}},
			{false, "POST /otp", flow},
			{false, "POST /otp", obj{"phone": phone, "create_user": false}},
			{false, "POST /otp", obj{"phone": phone}},
			{false, "POST /magiclink", obj{"email": ada}},
			{false, "POST /recover", obj{"email": ada}},
			{false, "POST /recover?redirect_to=https://evil.example", flow},
			{false, "POST /resend", obj{"type": "signup", "email": ada}},
			{false, "POST /resend", obj{"type": "email_change", "email": ada}},
			{false, "POST /resend", obj{"type": "sms", "phone": phone}},
			{false, "POST /resend", obj{"type": "phone_change", "phone": phone}},
			{false, "POST /verify", obj{"type": "email", "email": ada, "token": "x"}},
			{false, "POST /verify", obj{"type": "signup", "email": ada, "token": "x"}},
			{false, "POST /verify", obj{"type": "recovery", "email": ada, "token": "x"}},
			{false, "POST /verify", obj{"type": "invite", "email": ada, "token": "x"}},
			{false, "POST /verify", obj{"type": "email_change", "email": ada, "token": "x"}},
			{false, "POST /verify", obj{"type": "sms", "phone": phone, "token": "x"}},
			{false, "POST /verify", obj{"type": "phone_change", "phone": phone, "token": "x"}},
			{false, "POST /invite", obj{"email": ada}},
			{true, "POST /invite", obj{"email": ada}},
			{true, "POST /admin/users", obj{"email": ada}},
			{true, "POST /admin/generate_link", obj{"type": "magiclink", "email": ada}},
			{false, "POST /sso", obj{"domain": "example.com"}},
			{true, "PUT /user", obj{"email": ada}},
			{true, "GET /user", nil},
			{true, "PUT /user", obj{"phone": phone}},
			{true, "GET /user", nil},
			{true, "POST /factors", obj{"factor_type": "phone", "phone": phone}},
		} {
			var said [2]string
			for i, s := range worlds {
				bearer := ""
				if ask.as {
					bearer = tokens[i]
				}
				a := s.auth(bearer, ask.request, ask.body)
				if a.status == http.StatusInternalServerError {
					t.Errorf("%s %v: %s", ask.request, ask.body, a.raw)
				}
				said[i] = a.seen(s)
			}
			if said[0] != said[1] {
				t.Errorf("%s %v tells who is known:\n%s\nand where nobody is\n%s", ask.request, ask.body, said[0], said[1])
			}
		}
		// Of the change nothing is sent to whoever has the address, and so it is never made.
		if got := worlds[0].inbox(ada); slices.ContainsFunc(got, func(m message) bool { return m.Kind == "email_change" }) {
			t.Errorf("ada is asked to give her address to eve: %+v", got)
		}
	})
}
