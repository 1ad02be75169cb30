package password

import (
	"strings"
	"unicode/utf8"
)

// Policy is what a new password has to fulfil. The zero value asks for eight characters and refuses common ones (NIST SP 800-63B-4 §3.1.1.2).
type Policy struct {
	MinLength int // characters; 8
	// Required are sets of characters, of each of which a password needs one. Default none: such rules make passwords worse.
	Required []string
	// Breached, when not nil, reports whether a password is on a list of leaked ones.
	Breached func(password string) (bool, error)
}

// Reasons why a password is weak, in the protocol's words.
const (
	TooShort   = "length"
	Characters = "characters"
	Pwned      = "pwned"
)

// Length is the shortest length that is accepted.
func (p Policy) Length() int {
	if p.MinLength == 0 {
		return 8
	}
	return p.MinLength
}

// Weak gives the reasons why a password is not accepted; none when it is. The error is that of Breached.
func (p Policy) Weak(password string) ([]string, error) {
	var reasons []string
	if utf8.RuneCountInString(password) < p.Length() {
		reasons = append(reasons, TooShort)
	}
	for _, set := range p.Required {
		if !strings.ContainsAny(password, set) {
			reasons = append(reasons, Characters)
			break
		}
	}
	if p.Breached != nil {
		bad, err := p.Breached(password)
		if err != nil {
			return nil, err
		}
		if bad {
			reasons = append(reasons, Pwned)
		}
	}
	return reasons, nil
}
