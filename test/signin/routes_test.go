package signin

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// routePatterns are how the door of sign-in registers its endpoints.
var routePatterns = regexp.MustCompile(`d\.(get|post|put|del|patch|raw|handle)\("([^"]+)"`)

// endpoints are those that the door's own source registers: one that is added is in every test that goes over them.
func endpoints(t *testing.T) []string {
	files, err := filepath.Glob("../../internal/api/auth/*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]string{"get": "GET ", "post": "POST ", "put": "PUT ", "del": "DELETE ", "patch": "PATCH ", "raw": ""}
	var out []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range routePatterns.FindAllStringSubmatch(string(text), -1) {
			if strings.HasSuffix(m[2], " ") {
				continue // the helpers themselves
			}
			out = append(out, methods[m[1]]+m[2])
		}
	}
	if len(out) < 70 {
		t.Fatalf("%d endpoints are found, want 70 at least: has the way of registering them changed?", len(out))
	}
	slices.Sort(out)
	return out
}

// The door of sign-in shows users themselves and nobody else, in each of its endpoints (O4): asked by a visitor and by another user, with a user's id wherever there is room for
// one, none tells that user's address, number or data, and those of administrators are refused.
func TestTheDoorOfSignInShowsOneself(t *testing.T) {
	room := regexp.MustCompile(`\{\w+\}`)
	both(t, open, func(t *testing.T, s *server) {
		made := s.want("a user", s.auth(s.ServiceKey, "POST /admin/users", obj{"email": "ada.hidden@example.com", "phone": "4915112345678", "password": good, "email_confirm": true,
			"user_metadata": obj{"name": "Ada the hidden"}, "app_metadata": obj{"plan": "hidden plan"}}), 200, "")
		ada := made.text("id")
		s.want("another", s.auth(s.ServiceKey, "POST /admin/users", obj{"email": "ben@example.com", "password": good, "email_confirm": true}), 200, "")
		signIn := func(mail string) string {
			return s.want("sign in", s.auth("", "POST /token?grant_type=password", obj{"email": mail, "password": good}), 200, "").text("access_token")
		}
		self := signIn("ada.hidden@example.com")
		secrets := []string{"ada.hidden", "4915112345678", "the hidden", "hidden plan"}
		tells := func(a answer) bool {
			return slices.ContainsFunc(secrets, func(x string) bool { return strings.Contains(a.raw, x) })
		}
		if own := s.auth(self, "GET /user", nil); own.status != 200 || !tells(own) {
			t.Fatalf("the user does not see themselves: %d %s", own.status, own.raw)
		}
		for _, endpoint := range endpoints(t) {
			method, path, _ := strings.Cut(endpoint, " ")
			administers := strings.HasPrefix(path, "/admin/") || path == "/invite"
			for who, bearer := range map[string]string{"a visitor": s.AnonKey, "another user": signIn("ben@example.com")} {
				var body any
				if method != "GET" && method != "DELETE" {
					body = obj{"user_id": ada, "id": ada}
				}
				a := s.auth(bearer, method+" "+room.ReplaceAllString(path, ada), body)
				if tells(a) {
					t.Errorf("%s as %s tells of another user: %d %s", endpoint, who, a.status, a.raw)
				}
				if administers && a.status != 401 && a.status != 403 {
					t.Errorf("%s as %s is not refused: %d %s", endpoint, who, a.status, a.raw)
				}
			}
		}
		if still := s.auth(self, "GET /user", nil); still.status != 200 || still.text("id") != ada || still.text("app_metadata.plan") != "hidden plan" {
			t.Errorf("afterwards the user is %d %s", still.status, still.raw)
		}
	})
}
