package sms

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Receivers that answer in the shapes of the carriers' own documents.

type got struct {
	path, user, password, authorization string
	form                                url.Values
}

func receive(t *testing.T, status int, body string) (string, *got) {
	t.Helper()
	g := &got{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		g.path, g.form, g.authorization = r.URL.Path, r.PostForm, r.Header.Get("Authorization")
		g.user, g.password, _ = r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL, g
}

var settings = map[string]Settings{
	"twilio":        {Carrier: "twilio", Account: "AC1", Secret: "tok-secret", From: "+15550001"},
	"twilio_verify": {Carrier: "twilio_verify", Account: "AC1", Secret: "tok-secret", From: "VA1"},
	"messagebird":   {Carrier: "messagebird", Key: "live-secret", From: "Shop"},
	"vonage":        {Carrier: "vonage", Key: "k", Secret: "s-secret", From: "Shop"},
	"textlocal":     {Carrier: "textlocal", Key: "k-secret", From: "SHOP"},
}

var message = Message{Channel: "sms", To: "491701234567", Text: "Dein Code: 123456 ✓", Code: "123456"}

func carrier(t *testing.T, s Settings, address string) Carrier {
	t.Helper()
	s.URL = address
	c, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCarriersTakeMessages(t *testing.T) {
	for _, c := range []struct {
		name, channel string
		status        int
		answer        string
		path          string
		form          url.Values
	}{
		{"twilio", "sms", 201, `{"sid":"SM1","status":"queued","error_code":null,"error_message":null,"to":"+491701234567"}`, "/2010-04-01/Accounts/AC1/Messages.json",
			url.Values{"To": {"+491701234567"}, "From": {"+15550001"}, "Channel": {"sms"}, "Body": {message.Text}}},
		{"twilio", "whatsapp", 201, `{"sid":"SM1","status":"accepted"}`, "/2010-04-01/Accounts/AC1/Messages.json",
			url.Values{"To": {"whatsapp:+491701234567"}, "From": {"whatsapp:+15550001"}, "Channel": {"whatsapp"}, "Body": {message.Text}}},
		{"twilio_verify", "sms", 201, `{"sid":"VE1","status":"pending","valid":false,"channel":"sms"}`, "/v2/Services/VA1/Verifications", url.Values{"To": {"+491701234567"}, "Channel": {"sms"}}},
		{"messagebird", "sms", 201, `{"id":"e8","recipients":{"totalCount":1,"totalSentCount":1,"items":[]}}`, "/messages",
			url.Values{"originator": {"Shop"}, "body": {message.Text}, "recipients": {"491701234567"}, "type": {"sms"}, "datacoding": {"unicode"}}},
		{"vonage", "sms", 200, `{"message-count":"1","messages":[{"to":"491701234567","message-id":"0A","status":"0"}]}`, "/sms/json",
			url.Values{"from": {"Shop"}, "to": {"491701234567"}, "text": {message.Text}, "api_key": {"k"}, "api_secret": {"s-secret"}, "type": {"unicode"}}},
		{"textlocal", "sms", 200, `{"balance":10,"status":"success","messages":[{"id":"1"}]}`, "/send",
			url.Values{"sender": {"SHOP"}, "apikey": {"k-secret"}, "message": {message.Text}, "numbers": {"491701234567"}}},
	} {
		address, g := receive(t, c.status, c.answer)
		m := message
		m.Channel = c.channel
		if err := carrier(t, settings[c.name], address).Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if g.path != c.path || g.form.Encode() != c.form.Encode() {
			t.Errorf("%s: got %s %v, want %s %v", c.name, g.path, g.form, c.path, c.form)
		}
		if strings.HasPrefix(c.name, "twilio") && (g.user != "AC1" || g.password != "tok-secret") || c.name == "messagebird" && g.authorization != "AccessKey live-secret" {
			t.Errorf("%s: authorised as %q", c.name, g.authorization)
		}
	}
}

func TestTwilioTemplate(t *testing.T) {
	address, g := receive(t, 201, `{"sid":"SM1","status":"accepted"}`)
	s := settings["twilio"]
	s.From, s.ContentSID = "MG1", "HX1"
	m := message
	m.Channel = "whatsapp"
	if err := carrier(t, s, address).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := url.Values{"To": {"whatsapp:+491701234567"}, "MessagingServiceSid": {"MG1"}, "Channel": {"whatsapp"}, "ContentSid": {"HX1"}, "ContentVariables": {`{"1":"123456"}`}}
	if g.form.Encode() != want.Encode() {
		t.Errorf("got %v, want %v", g.form, want)
	}
}

func TestCarriersRefuse(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		final  bool
		want   string
	}{
		{"twilio", 400, `{"code":21211,"message":"Invalid 'To' Phone Number","more_info":"https://www.twilio.com/docs/errors/21211","status":400}`, true, "Invalid 'To' Phone Number"},
		{"twilio", 429, `{"code":20429,"message":"Too Many Requests","status":429}`, false, "Too Many Requests"},
		{"twilio", 503, `<html>`, false, "no JSON"},
		{"twilio", 201, `{"sid":"SM1","status":"failed","error_message":"carrier violation"}`, false, "carrier violation"},
		{"twilio_verify", 403, `{"code":60410,"message":"The destination phone number has been blocked","status":403}`, true, "blocked"},
		{"messagebird", 422, `{"errors":[{"code":9,"description":"no (correct) recipients found","parameter":"recipients"}]}`, true, "recipients found"},
		{"messagebird", 201, `{"id":"e8","recipients":{"totalCount":1,"totalSentCount":0}}`, false, "to nobody"},
		{"vonage", 200, `{"messages":[{"status":"1","error-text":"Throttled"}]}`, false, "Throttled"},
		{"vonage", 200, `{"messages":[{"status":"4","error-text":"Bad Credentials"}]}`, true, "Bad Credentials"},
		{"vonage", 200, `{"messages":[]}`, false, "200"},
		{"textlocal", 200, `{"status":"failure","errors":[{"code":3,"message":"Invalid login details"}]}`, false, "Invalid login"},
	} {
		address, _ := receive(t, c.status, c.answer)
		err := carrier(t, settings[c.name], address).Send(t.Context(), message)
		if err == nil || errors.Is(err, ErrRefused) != c.final || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v", c.name, c.answer, err)
			continue
		}
		for _, secret := range []string{"secret", "123456"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error tells a secret: %v", c.name, err)
			}
		}
	}
	for _, name := range []string{"messagebird", "vonage", "textlocal"} {
		m := message
		m.Channel = "whatsapp"
		if err := carrier(t, settings[name], "http://127.0.0.1:1").Send(t.Context(), m); !errors.Is(err, ErrRefused) {
			t.Errorf("%s has no WhatsApp: %v", name, err)
		}
	}
}

func TestTwilioChecksCodes(t *testing.T) {
	for _, c := range []struct {
		status int
		answer string
		ok     bool
		fails  bool
	}{
		{200, `{"sid":"VE1","status":"approved","valid":true}`, true, false},
		{200, `{"sid":"VE1","status":"pending","valid":false}`, false, false},
		{404, `{"code":20404,"message":"The requested resource was not found","status":404}`, false, false},
		{500, `{"code":20500,"message":"Internal","status":500}`, false, true},
	} {
		address, g := receive(t, c.status, c.answer)
		ok, err := carrier(t, settings["twilio_verify"], address).(Checker).Check(t.Context(), "491701234567", "123456")
		if ok != c.ok || (err != nil) != c.fails {
			t.Errorf("%s: got %v, %v", c.answer, ok, err)
		}
		if g.path != "/v2/Services/VA1/VerificationCheck" || g.form.Get("Code") != "123456" || g.form.Get("To") != "+491701234567" {
			t.Errorf("asked %s %v", g.path, g.form)
		}
	}
}

func TestSettingsAreComplete(t *testing.T) {
	for name, s := range settings {
		s.From = ""
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), "is missing") {
			t.Errorf("%s without a sender: %v", name, err)
		}
	}
	if _, err := New(Settings{Carrier: "pigeon"}); err == nil {
		t.Error("there is no such carrier")
	}
}
