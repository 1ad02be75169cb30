package sqlite

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// defaultPath is the search path of a session that names none, as projects of the ecosystem expect it.
var defaultPath = []string{"public", "extensions"}

// newSession makes a session on a connection, for the transaction that runs on it.
func (e *Engine) newSession(c *store.Conn, cat *catalog.Catalog, role string) *exec.Session {
	s := &exec.Session{}
	e.interp.Install(s)
	e.fill(s, c, cat, role)
	return s
}

// fill makes s a new session, with the hooks that it has.
func (e *Engine) fill(s *exec.Session, c *store.Conn, cat *catalog.Catalog, role string) {
	*s = exec.Session{
		Conn: c, Cat: cat, Role: role, SessionRole: role, LoginRole: role, Path: defaultPath, Now: e.now(), Sequences: &e.sequences, Memory: &e.memory, Sealer: &e.vault, Hooks: s.Hooks,
	}
	for name, v := range e.settings {
		s.Set(name, v)
	}
	for _, set := range cat.Settings() {
		// ALTER DATABASE and ALTER ROLE … SET: only what a project reads back, the rest is for a server's sessions.
		if (set.Role == "" || set.Role == role) && strings.Contains(set.Setting.Name, ".") {
			s.Set(set.Setting.Name, strings.Join(set.Setting.Values, ", "))
		}
	}
}

// ownerSession is the session that runs on the connection, or one of the owner's for what happens between sessions.
func (e *Engine) ownerSession(c *store.Conn, cat *catalog.Catalog) *exec.Session {
	if s, _ := c.Owner.(*exec.Session); s != nil {
		return s
	}
	return e.newSession(c, cat, Owner)
}

// setCaller gives a session the settings by which SQL knows of the request.
func setCaller(s *exec.Session, caller *query.Caller) error {
	if caller.Role != "" && s.Cat.Role(caller.Role) == nil {
		return fault.New(fault.InvalidParameterValue, "role %q does not exist", caller.Role)
	}
	var headers, cookies string // a policy may ask for each row
	made := func(kept *string, l query.Lazy) string {
		if *kept == "" {
			*kept = string(l.Text())
		}
		return *kept
	}
	s.Request = func(name string) string {
		rest, ok := strings.CutPrefix(name, "request.")
		if !ok {
			return ""
		}
		switch rest {
		case "jwt.claims":
			return string(caller.Claims)
		case "method":
			return caller.Method
		case "path":
			return caller.Path
		case "headers":
			return made(&headers, caller.Headers)
		case "cookies":
			return made(&cookies, caller.Cookies)
		}
		return ""
	}
	return nil
}

// responseSettings are the settings by which SQL speaks to the door; nil for none.
func responseSettings(s *exec.Session) map[string]string {
	var out map[string]string
	for _, name := range []string{"response.status", "response.headers"} {
		if v := s.Settings[name]; v != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = v
		}
	}
	return out
}

func setZone(s *exec.Session, name string) error {
	if loc := offsetZone(name); loc != nil { // not kept: there are more of them than names
		s.Zone = loc
		return nil
	}
	loc := value.NamedZone(name)
	if loc == nil {
		return fault.New(fault.InvalidParameterValue, "invalid value for parameter \"TimeZone\": %q", name)
	}
	s.Zone = loc
	return nil
}

// offsetZone is a zone that is given as an offset: hours east of Greenwich as a number, or hours and minutes in the form of POSIX, which counts them west.
// Nil for a name.
func offsetZone(s string) *time.Location {
	if hours, err := strconv.ParseFloat(s, 64); err == nil {
		if !(hours >= -15.99 && hours <= 15.99) {
			return nil
		}
		return value.OffsetZone(int(hours * 3600))
	}
	var h, m int
	if n, err := fmt.Sscanf(s, "%3d:%2d", &h, &m); err != nil || n != 2 || len(s) > len("+00:00") || (s[0] != '+' && s[0] != '-') || h < -15 || h > 15 || m < 0 || m > 59 {
		return nil
	}
	seconds := h*3600 + m*60
	if s[0] == '-' {
		seconds = h*3600 - m*60
	}
	return time.FixedZone(s, -seconds)
}

// state is what SET changes and what outlives a transaction of a script.
type state struct {
	role, sessionRole string
	path              []string
	settings          map[string]string
	zone              *time.Location
	readOnly          bool
}

func stateOf(s *eval.Session) state {
	return state{s.Role, s.SessionRole, slices.Clone(s.Path), maps.Clone(s.Settings), s.Zone, s.ReadOnly}
}

func (st state) restore(s *eval.Session) {
	s.Role, s.SessionRole, s.Path, s.Zone = st.role, st.sessionRole, slices.Clone(st.path), st.zone
	s.Settings = maps.Clone(st.settings)
	s.ReadOnly = st.readOnly
}
