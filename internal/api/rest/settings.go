package rest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// settings are the door's options as one version of the catalog has them: ALTER ROLE authenticator SET pgrst.… outranks the project's file, as in PostgREST.
// Immutable.
type settings struct {
	Options
	version  uint64
	handlers bool     // the project has handlers of media types
	untaken  []string // settings of the database that change nothing here
}

func (h *Handler) settings(cat *catalog.Catalog) *settings {
	s := h.latest.Load()
	if s == nil || s.version != cat.Version() {
		before := s
		s = newSettings(h.o, cat)
		h.latest.Store(s)
		if len(s.untaken) > 0 && (before == nil || !slices.Equal(before.untaken, s.untaken)) {
			h.o.Log.Warn("settings of the database that are not taken: the project's own file says them", "settings", s.untaken)
		}
	}
	return s
}

// configured is the role whose settings are the door's.
const configured = "authenticator"

func newSettings(o Options, cat *catalog.Catalog) *settings {
	s := &settings{Options: o, version: cat.Version(), handlers: plan.HasHandlers(cat)}
	if role := cat.Role(configured); role != nil {
		for _, set := range role.Settings {
			s.take(set)
		}
	}
	for _, set := range cat.Settings() {
		if set.Role == configured {
			s.take(set.Setting)
		}
	}
	return s
}

func (s *settings) take(set sql.Setting) {
	if name, ok := strings.CutPrefix(set.Name, "pgrst."); ok {
		s.set(name, strings.Join(set.Values, ","))
	}
}

// set takes a setting from the database. What it does not know, or what is not well formed, changes nothing: a mistake must not stop the server.
func (s *settings) set(name, v string) {
	on, isBool := map[string]bool{"true": true, "t": true, "on": true, "1": true, "yes": true, "false": false, "f": false, "off": false, "0": false, "no": false}[strings.ToLower(v)]
	switch name {
	case "db_aggregates_enabled":
		if isBool {
			s.Plan.Aggregates = on
		}
	case "db_plan_enabled":
		if isBool {
			s.Plans = on
		}
	case "server_timing_enabled":
		if isBool {
			s.ServerTiming = func(query.Caller) bool { return on }
		}
	case "db_max_rows":
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 0 {
			s.MaxRows = n
		}
	case "db_pre_request":
		s.Plan.PreRequest = v
	case "url_use_legacy_target_names":
		if isBool {
			s.AliasesOnly = !on
		}
	case "client_error_verbosity":
		s.Brief = v == "minimal"
	case "db_tx_end":
		s.RollbackAll, s.AllowRollback = strings.HasPrefix(v, "rollback"), strings.HasSuffix(v, "-allow-override")
	default:
		s.untaken = append(s.untaken, "pgrst."+name)
	}
}
