package sqlite

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// knownSettings are PostgreSQL's settings that may be set and shown, with what they are until set. Most have no effect here.
var knownSettings = withTuning(map[string]string{
	"application_name": "", "bytea_output": "hex", "check_function_bodies": "on", "client_encoding": "UTF8", "client_min_messages": "notice",
	"constraint_exclusion": "partition", "datestyle": "ISO, MDY", "deadlock_timeout": "1s", "default_statistics_target": "100", "default_table_access_method": "heap",
	"default_tablespace": "", "default_text_search_config": "pg_catalog.english", "default_transaction_deferrable": "off", "default_transaction_isolation": "read committed",
	"default_transaction_read_only": "off", "enable_seqscan": "on", "enable_indexscan": "on", "enable_bitmapscan": "on", "enable_hashjoin": "on", "enable_mergejoin": "on",
	"enable_nestloop": "on", "escape_string_warning": "on", "extra_float_digits": "1", "idle_in_transaction_session_timeout": "0", "idle_session_timeout": "0",
	"integer_datetimes": "on", "intervalstyle": "postgres", "jit": "off", "lc_collate": "C", "lc_ctype": "C", "lc_messages": "C", "lc_monetary": "C", "lc_numeric": "C",
	"lc_time": "C", "lock_timeout": "0", "log_statement": "none", "maintenance_work_mem": "64MB", "max_connections": "100", "max_parallel_workers": "8",
	"max_parallel_workers_per_gather": "2", "password_encryption": "scram-sha-256", "plpgsql.check_asserts": "on", "random_page_cost": "4", "role": "none", "row_security": "on",
	"search_path": "", "seq_page_cost": "1", "server_encoding": "UTF8", "server_version": "15.0", "server_version_num": "150000", "session_authorization": "",
	"session_replication_role": "origin", "standard_conforming_strings": "on", "statement_timeout": "0", "synchronous_commit": "on", "temp_buffers": "8MB",
	"timezone": "UTC", "transaction_deferrable": "off", "transaction_isolation": "read committed", "transaction_read_only": "off", "transaction_timeout": "0",
	"wal_level": "logical", "work_mem": "4MB", "xmloption": "content",
})

// tuning are the settings of PostgreSQL's planner and storage, which may be set and shown and mean nothing here.
const tuning = "allow_in_place_tablespaces=off array_nulls=on backslash_quote=safe_encoding commit_delay=0 commit_siblings=5 cpu_index_tuple_cost=0.005 cpu_operator_cost=0.0025 cpu_tuple_cost=0.01 " +
	"cursor_tuple_fraction=0.1 default_toast_compression=pglz effective_cache_size=4GB effective_io_concurrency=1 enable_async_append=on enable_gathermerge=on enable_hashagg=on " +
	"enable_incremental_sort=on enable_indexonlyscan=on enable_material=on enable_memoize=on enable_parallel_append=on enable_parallel_hash=on enable_partition_pruning=on " +
	"enable_partitionwise_aggregate=off enable_partitionwise_join=off enable_sort=on enable_tidscan=on exit_on_error=off force_parallel_mode=off from_collapse_limit=8 geqo=on geqo_effort=5 " +
	"geqo_generations=0 geqo_pool_size=0 geqo_seed=0 geqo_selection_bias=2 geqo_threshold=12 gin_fuzzy_search_limit=0 gin_pending_list_limit=4MB hash_mem_multiplier=2 " +
	"jit_above_cost=100000 jit_inline_above_cost=500000 jit_optimize_above_cost=500000 join_collapse_limit=8 lo_compat_privileges=off logical_decoding_work_mem=64MB " +
	"maintenance_io_concurrency=10 max_parallel_maintenance_workers=2 max_stack_depth=2MB min_parallel_index_scan_size=512kB min_parallel_table_scan_size=8MB parallel_leader_participation=on " +
	"parallel_setup_cost=1000 parallel_tuple_cost=0.1 plan_cache_mode=auto quote_all_identifiers=off recursive_worktable_factor=10 session_preload_libraries= synchronize_seqscans=on " +
	"temp_file_limit=-1 temp_tablespaces= track_activities=on track_counts=on track_functions=none track_io_timing=off transform_null_equals=off vacuum_cost_delay=0 vacuum_cost_limit=200 " +
	"vacuum_freeze_min_age=50000000 vacuum_freeze_table_age=150000000 xmlbinary=base64 log_min_messages=warning log_min_duration_statement=-1 log_duration=off debug_print_plan=off"

func withTuning(settings map[string]string) map[string]string {
	for _, f := range strings.Fields(tuning) {
		name, v, _ := strings.Cut(f, "=")
		settings[name] = v
	}
	return settings
}

// locals are the settings of a transaction that end with it.
type locals struct {
	s     *exec.Session
	fresh func() bool       // whether nothing has been asked in the transaction yet, so that its modes may be chosen; nil: they may not
	saved map[string]func() // gives the setting its former value; nil until the first
}

// inFields are the settings that the session keeps in fields of its own.
var inFields = map[string]bool{"role": true, "session_authorization": true, "search_path": true, "timezone": true}

// apply makes a setting take effect.
func (l *locals) apply(name, v string, local bool) error {
	name = settingName(name)
	if _, ok := knownSettings[name]; !ok && !strings.Contains(name, ".") {
		return fault.New(fault.UndefinedObject, "unrecognized configuration parameter %q", name)
	}
	before := l.snapshot(name)
	if err := l.effect(name, v); err != nil {
		return err
	}
	if !inFields[name] {
		l.s.Set(name, v)
	}
	if _, ok := l.saved[name]; local && !ok {
		if l.saved == nil {
			l.saved = map[string]func(){}
		}
		l.saved[name] = before
	} else if !local {
		delete(l.saved, name)
	}
	return nil
}

// snapshot gives what sets a setting back to its present value.
func (l *locals) snapshot(name string) func() {
	s := l.s
	role, sessionRole, path, zone, readOnly := s.Role, s.SessionRole, s.Path, s.Zone, s.ReadOnly
	v, had := s.Custom(name)
	return func() {
		switch name {
		case "role":
			s.Role = role
		case "session_authorization":
			s.Role, s.SessionRole = role, sessionRole
		case "search_path":
			s.Path = path
		case "timezone":
			s.Zone = zone
		case "transaction_read_only":
			s.ReadOnly = readOnly
		}
		if had {
			s.Set(name, v)
		} else if strings.Contains(name, ".") {
			s.Set(name, "") // as in PostgreSQL, where a name that was once set stays known
		} else {
			delete(s.Settings, name)
		}
	}
}

func (l *locals) effect(name, v string) error {
	s := l.s
	switch name {
	case "role":
		if s.Definers > 0 {
			return fault.New(fault.InsufficientPrivilege, "cannot set parameter %q within security-definer function", name)
		}
		if v == "none" || v == "" {
			s.Role = s.SessionRole
			return nil
		}
		if s.Cat.Role(v) == nil {
			return fault.New(fault.InvalidParameterValue, "role %q does not exist", v)
		}
		if !s.Cat.MemberOf(s.SessionRole, v) {
			return fault.New(fault.InsufficientPrivilege, "permission denied to set role %q", v)
		}
		s.Role = v
	case "session_authorization":
		if s.Definers > 0 {
			return fault.New(fault.InsufficientPrivilege, "cannot set parameter %q within security-definer function", name)
		}
		// Only a superuser may become another; everybody may go back to who they are. A session of a request is its caller's and nobody else's.
		if v == "default" || v == "" {
			v = s.LoginRole
		}
		if s.Cat.Role(v) == nil {
			return fault.New(fault.InvalidParameterValue, "role %q does not exist", v)
		}
		if login := s.Cat.Role(s.LoginRole); v != s.LoginRole && (login == nil || !login.Super) {
			return fault.New(fault.InsufficientPrivilege, "permission denied to set session authorization %q", v)
		}
		s.Role, s.SessionRole = v, v
	case "search_path":
		s.Path = pathOf(v)
	case "timezone":
		return setZone(s, v)
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
		return l.mode(name, v)
	}
	return nil
}

// reset gives a setting the value that a new session has.
func (l *locals) reset(name string) error {
	name = settingName(name)
	v, ok := knownSettings[name]
	switch {
	case name == "search_path":
		l.s.Path = defaultPath
		return nil
	case strings.Contains(name, ".") && !ok:
		l.s.Set(name, "")
		return nil
	case !ok:
		return fault.New(fault.UndefinedObject, "unrecognized configuration parameter %q", name)
	}
	if err := l.effect(name, v); err != nil {
		return err
	}
	delete(l.s.Settings, name)
	return nil
}

// end gives what was set for the transaction its former value.
func (l *locals) end() {
	for _, restore := range l.saved {
		restore()
	}
	clear(l.saved)
}

func settingName(name string) string {
	switch name = strings.ToLower(name); name {
	case "time zone":
		return "timezone"
	case "session authorization":
		return "session_authorization"
	case "names":
		return "client_encoding"
	}
	return name
}

// pathOf reads a search path.
func pathOf(v string) []string {
	path := []string{}
	for _, name := range strings.Split(v, ",") {
		name = strings.TrimSpace(name)
		if quoted, ok := strings.CutPrefix(name, `"`); ok {
			name = strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `""`, `"`)
		} else {
			name = strings.ToLower(name)
		}
		if name != "" && name != "$user" {
			path = append(path, name)
		}
	}
	return path
}

// set runs SET and RESET.
func (t *txn) set(s *sql.Set) error {
	if s.Local && !t.block {
		t.sink.Notice("WARNING", "SET LOCAL can only be used in transaction blocks")
	}
	switch {
	case s.All:
		for name := range t.s.Settings {
			if !strings.HasPrefix(name, "request.") {
				if err := t.locals.reset(name); err != nil {
					return err
				}
			}
		}
		return t.sink.Done("RESET")
	case strings.EqualFold(s.Setting.Name, "transaction"):
		if !t.block {
			t.sink.Notice("WARNING", "SET TRANSACTION can only be used in transaction blocks")
			return t.sink.Done("SET")
		}
		return t.setTransaction(s.Setting.Values, true)
	case strings.EqualFold(s.Setting.Name, "session characteristics"):
		return t.setTransaction(s.Setting.Values, false)
	case s.Reset:
		if err := t.locals.reset(s.Setting.Name); err != nil {
			return err
		}
		return t.sink.Done("RESET")
	}
	if s.Setting.FromCurrent {
		return t.sink.Done("SET")
	}
	if s.Setting.Default {
		if err := t.locals.reset(s.Setting.Name); err != nil {
			return err
		}
		return t.sink.Done("SET")
	}
	values := s.Setting.Values
	if settingName(s.Setting.Name) == "search_path" {
		values = nil
		for _, v := range s.Setting.Values {
			values = append(values, sql.QuoteIdent(v))
		}
	}
	if err := t.locals.apply(s.Setting.Name, strings.Join(values, ", "), s.Local); err != nil {
		return err
	}
	return t.sink.Done("SET")
}

// shownName is a setting's name as PostgreSQL writes it.
func shownName(name string) string {
	switch name {
	case "timezone":
		return "TimeZone"
	case "datestyle":
		return "DateStyle"
	case "intervalstyle":
		return "IntervalStyle"
	}
	return name
}

// show runs SHOW.
func (t *txn) show(s *sql.Show) error {
	name := settingName(s.Name)
	v, ok := t.s.Setting(name)
	if !ok {
		if v, ok = knownSettings[name]; !ok {
			return fault.New(fault.UndefinedObject, "unrecognized configuration parameter %q", s.Name)
		}
	}
	if name == "search_path" {
		quoted := make([]string, len(t.s.Path))
		for i, p := range t.s.Path {
			quoted[i] = sql.QuoteIdent(p)
		}
		v = strings.Join(quoted, ", ")
	}
	if err := t.sink.Begin([]engine.Column{{Name: shownName(name), Type: catalog.TypeRef{OID: catalog.TextOID, Mod: -1}, TypeName: "text"}}); err != nil {
		return err
	}
	if err := t.sink.Row(textRow(v)); err != nil {
		return err
	}
	return t.sink.Done("SHOW")
}
