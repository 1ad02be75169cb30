package password

import (
	"context"
	"strings"
	"unicode/utf8"
)

// Policy is what a new password has to fulfil. The zero value asks for eight characters and refuses common ones (NIST SP 800-63B-4 §3.1.1.2).
type Policy struct {
	MinLength int // characters; 8
	// Required are sets of characters, of each of which a password needs one. Default none: such rules make passwords worse.
	Required []string
	// Leaked, when not nil, reports whether a password is one that guessers try first. It is asked of every password, also of one that is signed in with.
	Leaked func(password string) bool
	// LookUp, when not nil, asks others whether a password has leaked. It is asked of new passwords alone.
	LookUp func(ctx context.Context, password string) (bool, error)
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

// Weak gives the reasons why a password is not accepted, as far as they are known here; none when it is.
func (p Policy) Weak(password string) []string {
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
	if p.Leaked != nil && p.Leaked(password) {
		reasons = append(reasons, Pwned)
	}
	return reasons
}

// WeakAsNew is Weak of a password that somebody wants to have: others are asked, too. The error is that of LookUp.
func (p Policy) WeakAsNew(ctx context.Context, password string) ([]string, error) {
	reasons := p.Weak(password)
	if len(reasons) > 0 || p.LookUp == nil {
		return reasons, nil
	}
	leaked, err := p.LookUp(ctx, password)
	if err == nil && leaked {
		reasons = []string{Pwned}
	}
	return reasons, err
}
