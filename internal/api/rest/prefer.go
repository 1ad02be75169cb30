package rest

import (
	"strconv"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// preferences are the Prefer header (RFC 7240). Of several tokens of a kind the first wins.
type preferences struct {
	ret, countWord, resolution, missing, handling, tx, timezone string
	nested                                                      string // write: a payload may hold the rows that belong to its own
	count                                                       query.CountKind
	strict                                                      bool
	cursor                                                      bool   // pages by cursor
	cursorToken                                                 string // where the page begins; "" for the first one
	maxAffected                                                 int64  // -1 none
}

func parsePrefer(headers []string) (preferences, error) {
	p := preferences{maxAffected: -1}
	if len(headers) == 0 {
		return p, nil
	}
	var unknown []string
	set := func(dst *string, v string, allowed ...string) bool {
		for _, a := range allowed {
			if v == a {
				if *dst == "" {
					*dst = v
				}
				return true
			}
		}
		return false
	}
	for _, h := range headers {
		for token := range strings.SplitSeq(h, ",") {
			token = strings.TrimSpace(token)
			if token == "" {
				continue
			}
			k, v, _ := strings.Cut(token, "=")
			ok := false
			switch k {
			case "return":
				ok = set(&p.ret, v, "minimal", "headers-only", "representation")
			case "count":
				ok = set(&p.countWord, v, "exact", "planned", "estimated")
			case "resolution":
				ok = set(&p.resolution, v, "merge-duplicates", "ignore-duplicates")
			case "missing":
				ok = set(&p.missing, v, "default", "null")
			case "nested":
				ok = set(&p.nested, v, "write")
			case "handling":
				ok = set(&p.handling, v, "strict", "lenient")
			case "tx":
				ok = set(&p.tx, v, "commit", "rollback")
			case "timezone":
				if ok = zoneKnown(v); ok && p.timezone == "" {
					p.timezone = v
				}
			case "cursor":
				if ok = true; !p.cursor {
					p.cursor, p.cursorToken = true, strings.Trim(v, `"`)
				}
			case "max-affected":
				n, err := strconv.ParseInt(v, 10, 64)
				if ok = err == nil && n >= 0; ok && p.maxAffected < 0 {
					p.maxAffected = n
				}
			}
			if !ok {
				unknown = append(unknown, token)
			}
		}
	}
	p.strict = p.handling == "strict"
	if p.strict && len(unknown) > 0 {
		return p, fault.New("PGRST122", "Invalid preferences given with handling=strict").WithDetail("Invalid preferences: %s", strings.Join(unknown, ", "))
	}
	switch p.countWord {
	case "exact":
		p.count = query.ExactCount
	case "planned":
		p.count = query.PlannedCount
	case "estimated":
		p.count = query.EstimatedCount
	}
	return p, nil
}

// zoneKnown says whether a time zone is a name of the tz database or an offset.
func zoneKnown(s string) bool {
	if s == "" || s == "Local" {
		return false
	}
	if c := s[0]; c == '+' || c == '-' {
		h, m, _ := strings.Cut(s[1:], ":")
		n, err := strconv.Atoi(h)
		if m != "" {
			if k, err := strconv.Atoi(m); err != nil || k > 59 || k < 0 {
				return false
			}
		}
		return err == nil && n <= 15
	}
	_, err := time.LoadLocation(s)
	return err == nil
}

// applied is the Preference-Applied header: what was honoured, in the dialect's order.
func (q *request) applied(resolution bool) string {
	p := &q.prefer
	var b []byte
	add := func(k, v string) {
		if v == "" {
			return
		}
		if b != nil {
			b = append(b, ", "...)
		}
		b = append(append(append(b, k...), '='), v...)
	}
	w := q.statement.Write
	if resolution {
		add("resolution", p.resolution)
	}
	if w != nil && w.Action != query.Delete {
		add("missing", p.missing)
	}
	if q.nested {
		add("nested", p.nested)
	}
	if w != nil {
		add("return", p.ret)
	}
	add("count", p.countWord)
	if q.ends {
		add("tx", p.tx)
	}
	add("handling", p.handling)
	add("timezone", p.timezone)
	if q.paged != nil && p.cursor {
		if b != nil {
			b = append(b, ", "...)
		}
		b = append(b, "cursor"...)
	}
	if p.strict && p.maxAffected >= 0 && (w != nil || q.call) {
		add("max-affected", strconv.FormatInt(p.maxAffected, 10))
	}
	return string(b)
}
