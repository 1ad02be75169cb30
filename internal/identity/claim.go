package identity

import (
	"fmt"
	"strconv"
	"strings"
)

// ClaimPath leads to the claim that names the role: $.role, .realm."my roles"[0], $.roles[?(@ ^== "db_")] ($ may be left out). The zero value is $.role.
type ClaimPath []claimStep

type claimStep struct {
	key   string
	index int    // of a list, when key is ""; -1 for a search
	op    string // of a search: == != ^== (begins with) ==^ (ends with) *== (contains)
	value string
}

const maxClaimPath = 1 << 10 // bytes

// ParseClaimPath reads a path.
func ParseClaimPath(text string) (ClaimPath, error) {
	bad := func(at int) (ClaimPath, error) {
		return nil, fmt.Errorf("%q is no path to a claim, such as $.role or .realm.roles[0] (at character %d)", text, at+1)
	}
	if len(text) > maxClaimPath {
		return nil, fmt.Errorf("a path to a claim has at most %d bytes", maxClaimPath)
	}
	var p ClaimPath
	rest := strings.TrimPrefix(text, "$")
	for rest != "" {
		at := len(text) - len(rest)
		switch {
		case strings.HasPrefix(rest, `."`):
			key, after, ok := strings.Cut(rest[2:], `"`)
			if !ok || key == "" {
				return bad(at)
			}
			p, rest = append(p, claimStep{key: key}), after
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], `.["`)
			if end < 0 {
				end = len(rest) - 1
			}
			if end == 0 {
				return bad(at)
			}
			p, rest = append(p, claimStep{key: rest[1 : end+1]}), rest[end+1:]
		case strings.HasPrefix(rest, "[?(@"):
			inner, after, ok := strings.Cut(rest[len("[?(@"):], ")]")
			fields := strings.SplitN(strings.TrimSpace(inner), " ", 2)
			if !ok || len(fields) != 2 || after != "" {
				return bad(at)
			}
			s := claimStep{index: -1, op: fields[0], value: strings.Trim(fields[1], ` "`)}
			if compareClaim(s.op, "", "") == nil {
				return bad(at)
			}
			p, rest = append(p, s), after
		case rest[0] == '[':
			inner, after, ok := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(inner)
			if !ok || err != nil || n < 0 {
				return bad(at)
			}
			p, rest = append(p, claimStep{index: n}), after
		default:
			return bad(at)
		}
	}
	if len(p) == 0 {
		return bad(0)
	}
	return p, nil
}

// find gives the role that claims name; "" when they name none.
func (p ClaimPath) find(v any) string {
	if p == nil {
		p = ClaimPath{{key: "role"}}
	}
	for _, s := range p {
		if s.key != "" {
			m, ok := v.(map[string]any)
			if !ok {
				return ""
			}
			v = m[s.key]
			continue
		}
		list, ok := v.([]any)
		if !ok {
			return ""
		}
		v = nil
		if s.index >= 0 {
			if s.index < len(list) {
				v = list[s.index]
			}
			continue
		}
		for _, x := range list {
			if text, ok := x.(string); ok && *compareClaim(s.op, text, s.value) {
				v = x
				break
			}
		}
	}
	role, _ := v.(string)
	return role
}

// compareClaim is the result of an operator of a search; nil when there is no such operator.
func compareClaim(op, text, value string) *bool {
	var ok bool
	switch op {
	case "==":
		ok = text == value
	case "!=":
		ok = text != value
	case "^==":
		ok = strings.HasPrefix(text, value)
	case "==^":
		ok = strings.HasSuffix(text, value)
	case "*==":
		ok = strings.Contains(text, value)
	default:
		return nil
	}
	return &ok
}
