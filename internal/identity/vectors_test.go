package identity

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectorsVariable names the environment variable with a checkout of the Wycheproof project, whose vectors are no part of this one.
const vectorsVariable = "MAINSTAY_WYCHEPROOF"

// vectorGroup is a key, or a set, and signatures that it is to accept or refuse.
type vectorGroup struct {
	Comment         string
	Private, Public json.RawMessage
	Tests           []struct {
		ID      int    `json:"tcId"`
		Comment string `json:"comment"`
		JWS     string `json:"jws"`
		Result  string `json:"result"`
	}
}

// oddities are the vectors whose verdict is another here, with the reason.
var oddities = map[string]map[int]string{
	"json_web_signature_test.json": {
		367: "its text is the valid one, without the padding that its name tells of",
		370: "likewise",
		372: "called valid, with a character that base64url does not have: a token has one spelling",
		373: "likewise",
	},
	"json_web_key_test.json": {1: "keys of several kinds beside each other are wanted here: each is bound to its algorithm"},
}

// TestVectors is attacks D1 to D3: every vector of Wycheproof for signatures (JWS) and keys (JWK). What is invalid is refused; what is valid is accepted, where the key is
// one that a project may have.
func TestVectors(t *testing.T) {
	dir := os.Getenv(vectorsVariable)
	if dir == "" {
		t.Skip(vectorsVariable + " names no checkout of the Wycheproof project: its vectors for signatures and keys are not run")
	}
	for _, name := range []string{"json_web_signature_test.json", "json_web_key_test.json"} {
		b, err := os.ReadFile(filepath.Join(dir, "testvectors_v1", name))
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			NumberOfTests int
			TestGroups    []vectorGroup
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		run, accepted, unsupported := 0, 0, 0
		for _, g := range doc.TestGroups {
			set, why := vectorKeys(g)
			for _, v := range g.Tests {
				run++
				parts := strings.Split(v.JWS, ".")
				ok := set != nil && len(parts) == 3 && set.checkSignature(parts) == nil
				_, odd := oddities[name][v.ID]
				switch {
				case odd:
					if ok == (v.Result == "valid") {
						t.Errorf("%s %d is no oddity any more", name, v.ID)
					}
				case ok && v.Result != "valid":
					t.Errorf("%s %d (%s: %s) is accepted: %s", name, v.ID, g.Comment, v.Comment, v.JWS)
				case ok:
					accepted++
				case v.Result == "valid" && set != nil:
					t.Errorf("%s %d (%s: %s) is refused: %s", name, v.ID, g.Comment, v.Comment, v.JWS)
				case v.Result == "valid":
					unsupported++
					t.Logf("%s %d (%s): a key that no project may have: %v", name, v.ID, g.Comment, why)
				}
			}
		}
		if run != doc.NumberOfTests {
			t.Errorf("%s: %d of %d were run", name, run, doc.NumberOfTests)
		}
		t.Logf("%s: %d vectors, %d accepted, %d valid ones of keys that no project may have", name, run, accepted, unsupported)
	}
}

// vectorKeys makes the keys of a group; nil where one of them is none that a project may have.
func vectorKeys(g vectorGroup) (*keySet, error) {
	text := g.Public
	if text == nil {
		text = g.Private
	}
	var list struct{ Keys []json.RawMessage }
	if json.Unmarshal(text, &list) != nil || list.Keys == nil {
		list.Keys = []json.RawMessage{text}
	}
	set := &keySet{byID: map[string]*Signer{}}
	for _, one := range list.Keys {
		var k jwk
		if err := json.Unmarshal(one, &k); err != nil {
			return nil, err
		}
		s, err := k.signer()
		if err != nil {
			return nil, err
		}
		set.signers = append(set.signers, s)
		if s.ID != "" {
			set.byID[s.ID] = s
		}
	}
	return set, nil
}
