package sqlite

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// defaultPath is the search path of a session that names none, as projects of the ecosystem expect it.
var defaultPath = []string{"public", "extensions"}

// newSession makes a session on a connection, for the transaction that runs on it.
func (e *Engine) newSession(c *store.Conn, cat *catalog.Catalog, role string) *exec.Session {
	s := &exec.Session{Conn: c, Cat: cat, Role: role, SessionRole: role, LoginRole: role, Path: defaultPath, Settings: map[string]string{}, Now: e.now(), Sequences: &e.sequences, Memory: &e.memory}
	for _, set := range cat.Settings() {
		// ALTER DATABASE and ALTER ROLE … SET: only what a project reads back, the rest is for a server's sessions.
		if (set.Role == "" || set.Role == role) && strings.Contains(set.Setting.Name, ".") {
			s.Settings[set.Setting.Name] = strings.Join(set.Setting.Values, ", ")
		}
	}
	e.interp.Install(s)
	return s
}

// ownerSession is the session that runs on the connection, or one of the owner's for what happens between sessions.
func (e *Engine) ownerSession(c *store.Conn, cat *catalog.Catalog) *exec.Session {
	if s, _ := c.Owner.(*exec.Session); s != nil {
		return s
	}
	return e.newSession(c, cat, Owner)
}

// setCaller gives a session the settings by which SQL knows of the request.
func setCaller(s *exec.Session, caller query.Caller) error {
	if caller.Role != "" && s.Cat.Role(caller.Role) == nil {
		return fault.New(fault.InvalidParameterValue, "role %q does not exist", caller.Role)
	}
	set := func(name, v string) {
		if v != "" {
			s.Settings[name] = v
		}
	}
	set("request.jwt.claims", string(caller.Claims))
	set("request.method", caller.Method)
	set("request.path", caller.Path)
	set("request.headers", string(caller.Headers))
	set("request.cookies", string(caller.Cookies))
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

var zones sync.Map // name → *time.Location

func setZone(s *exec.Session, name string) error {
	zone, ok := zones.Load(name)
	if !ok {
		loc, err := time.LoadLocation(name)
		if err != nil || strings.EqualFold(name, "local") {
			return fault.New(fault.InvalidParameterValue, "invalid value for parameter \"TimeZone\": %q", name)
		}
		zone, _ = zones.LoadOrStore(name, loc)
	}
	s.Zone = zone.(*time.Location)
	return nil
}

// state is what SET changes and what outlives a transaction of a script.
type state struct {
	role, sessionRole string
	path              []string
	settings          map[string]string
	zone              *time.Location
}

func stateOf(s *eval.Session) state {
	settings := make(map[string]string, len(s.Settings))
	for k, v := range s.Settings {
		settings[k] = v
	}
	return state{s.Role, s.SessionRole, slices.Clone(s.Path), settings, s.Zone}
}

func (st state) restore(s *eval.Session) {
	s.Role, s.SessionRole, s.Path, s.Zone = st.role, st.sessionRole, slices.Clone(st.path), st.zone
	s.Settings = make(map[string]string, len(st.settings))
	for k, v := range st.settings {
		s.Settings[k] = v
	}
}
