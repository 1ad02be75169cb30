package authui

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestThemeHoldsValuesAlone(t *testing.T) {
	for _, ok := range []Theme{nil, {"accent": "#0b5d3b"}, {"font": `"Inter", 'Noto Sans', sans-serif`}, {"radius": "0"}, {"surface": "hsl(210 40% 98%)"}} {
		if err := ok.Check(); err != nil {
			t.Errorf("%v: %v", ok, err)
		}
	}
	for _, bad := range []Theme{
		{"accents": "red"}, {"accent": ""}, {"accent": "red; } body { display: none"}, {"accent": "url(https://evil.example/x)"}, {"accent": "UrL(//x)"}, {"font": "a</style>"}, {"accent": "red /* "},
		{"accent": "\\75rl(x)"}, {"accent": strings.Repeat("a", 201)},
	} {
		if bad.Check() == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}

// TestColoursOfALightPageAreNoneOfADarkOne: shapes are for both.
func TestColoursOfALightPageAreNoneOfADarkOne(t *testing.T) {
	h := New(Options{Light: Theme{"accent": "#010203", "radius": "3px"}, Dark: Theme{"text": "#fafafa"}, Home: func() string { return "" }})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/style.css", nil))
	for _, want := range []string{
		":root {\n  --ms-radius: 3px;\n}", "(prefers-color-scheme: light) { :root {\n  --ms-accent: #010203;\n} }", "(prefers-color-scheme: dark) { :root {\n  --ms-text: #fafafa;\n} }",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the style sheet lacks %s:\n%s", want, w.Body)
		}
	}
}

// TestTokensAreInNoAddressWhereTheProjectSaysSo: a site without a challenge is not served.
func TestTokensAreInNoAddressWhereTheProjectSaysSo(t *testing.T) {
	h := New(Options{RequirePKCE: true, Home: func() string { return "" }, Redirect: func(to string) string { return to }})
	for query, want := range map[string]int{
		"": 200, "?redirect_to=x": 400, "?redirect_to=x&code_challenge=" + strings.Repeat("a", 43) + "&code_challenge_method=S256": 200,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/"+query, nil))
		if w.Code != want {
			t.Errorf("%q: %d, want %d", query, w.Code, want)
		}
	}
}
