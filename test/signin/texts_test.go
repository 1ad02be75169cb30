package signin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// phoneCompany is a carrier that writes down what it was asked to send.
type phoneCompany struct {
	*httptest.Server
	t    *testing.T
	sent chan url.Values
}

func company(t *testing.T, answer func(path string, form url.Values) (int, string)) *phoneCompany {
	c := &phoneCompany{t: t, sent: make(chan url.Values, 100)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		status, body := answer(r.URL.Path, r.PostForm)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		if r.PostFormValue("Code") == "" {
			c.sent <- r.PostForm
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *phoneCompany) next() url.Values {
	c.t.Helper()
	select {
	case v := <-c.sent:
		return v
	case <-time.After(20 * time.Second):
		c.t.Fatal("no text message was sent")
		return nil
	}
}

const phoneSettings = `[auth.sms.%s]
enabled = true
account_sid = "AC1"
auth_token = "secret"
message_service_sid = "MG1"
url = %q
[auth.sms.test_otp]
15550009999 = "424242"
[auth.mfa.phone]
enroll_enabled = true
verify_enabled = true
`

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

func TestTextsGoOverTheCarrier(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		c := company(t, func(string, url.Values) (int, string) { return 201, `{"sid":"SM1","status":"queued"}` })
		s := start(open+fmt.Sprintf(phoneSettings, "twilio", c.URL), "")
		if got := s.auth("", "GET /settings", nil); got.text("sms_provider") != "twilio" {
			t.Errorf("settings %s", got.raw)
		}
		s.want("otp", s.auth("", "POST /otp", obj{"phone": "+15550001111"}), 200, "")
		m := c.next()
		code := sixDigits.FindString(m.Get("Body"))
		if m.Get("To") != "+15550001111" || code == "" {
			t.Fatalf("sent %v", m)
		}
		s.want("another code", s.auth("", "POST /verify", obj{"type": "sms", "phone": "+15550001111", "token": "000000"}), 403, "otp_expired")
		s.want("the code", s.auth("", "POST /verify", obj{"type": "sms", "phone": "+15550001111", "token": code}), 200, "")
		s.want("twice", s.auth("", "POST /verify", obj{"type": "sms", "phone": "+15550001111", "token": code}), 403, "otp_expired")

		s.want("a number for tests", s.auth("", "POST /otp", obj{"phone": "+15550009999"}), 200, "")
		s.want("its code", s.auth("", "POST /verify", obj{"type": "sms", "phone": "+15550009999", "token": "424242"}), 200, "")
		s.want("nobody else's", s.auth("", "POST /otp", obj{"phone": "+15550001111"}), 200, "")
		s.want("nobody else's code", s.auth("", "POST /verify", obj{"type": "sms", "phone": "+15550001111", "token": "424242"}), 403, "otp_expired")
		if m := c.next(); m.Get("To") != "+15550001111" {
			t.Errorf("a message to a number for tests: %v", m)
		}
	})
}

func TestCarrierComparesItsOwnCodes(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		asked := make(chan string, 100)
		c := company(t, func(path string, form url.Values) (int, string) {
			switch {
			case path == "/v2/Services/MG1/Verifications":
				return 201, `{"sid":"VE1","status":"pending","valid":false}`
			case path != "/v2/Services/MG1/VerificationCheck":
				return 404, `{}`
			}
			asked <- form.Get("To")
			if form.Get("Code") == "987654" {
				return 200, `{"sid":"VE1","status":"approved","valid":true}`
			}
			return 200, `{"sid":"VE1","status":"pending","valid":false}`
		})
		s := start(open+fmt.Sprintf(phoneSettings, "twilio_verify", c.URL), "")
		code := func(phone, code string) answer {
			return s.auth("", "POST /verify", obj{"type": "sms", "phone": phone, "token": code})
		}
		s.want("nothing was asked for", code("+15550001111", "987654"), 403, "otp_expired")
		if to := <-asked; to != "+15550001111" {
			t.Errorf("asked about %s", to) // also of numbers that nobody has: it takes as long
		}
		s.want("otp", s.auth("", "POST /otp", obj{"phone": "+15550001111"}), 200, "")
		if m := c.next(); m.Get("To") != "+15550001111" || m.Get("Channel") != "sms" || strings.Contains(m.Encode(), "Body") {
			t.Errorf("sent %v", m)
		}
		for range 4 {
			s.want("wrong", code("+15550001111", "111111"), 403, "otp_expired")
		}
		a := s.want("right", code("+15550001111", "987654"), 200, "")
		s.want("twice", code("+15550001111", "987654"), 403, "otp_expired")

		s.want("otp", s.auth("", "POST /otp", obj{"phone": "+15550001111"}), 200, "")
		for range 5 {
			s.want("wrong", code("+15550001111", "111111"), 403, "otp_expired")
		}
		s.want("a sixth try", code("+15550001111", "987654"), 403, "otp_expired")

		token := a.text("access_token")
		added := s.want("a factor", s.auth(token, "POST /factors", obj{"factor_type": "phone", "phone": "+15550002222"}), 200, "")
		challenge := func() string {
			return s.want("challenge", s.auth(token, "POST /factors/"+added.text("id")+"/challenge", obj{}), 200, "").text("id")
		}
		verify := func(code string) answer {
			return s.auth(token, "POST /factors/"+added.text("id")+"/verify", obj{"challenge_id": challenge(), "code": code})
		}
		s.want("another code", verify("111111"), 422, "mfa_verification_failed")
		s.want("the code", verify("987654"), 200, "")
	})
}
