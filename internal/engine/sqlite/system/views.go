package system

import (
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// The views of pg_catalog.

func tableViews(x *reader) error {
	row := func(schema, name, owner string, indexes, rules, triggers, rls bool) {
		x.row("schemaname", schema, "tablename", name, "tableowner", owner, "hasindexes", indexes, "hasrules", rules, "hastriggers", triggers, "rowsecurity", rls)
	}
	for t := range x.tables() {
		if t.Kind == catalog.OrdinaryTable || t.Kind == catalog.PartitionedTable {
			row(t.Schema, t.Name, t.Owner, len(t.Indexes) > 0, false, len(t.Triggers) > 0 || x.referenced(t), t.RLS)
		}
	}
	for _, r := range sorted() {
		if r.kind == 'r' {
			row(r.schema, r.name, systemOwner, true, false, false, false)
		}
	}
	return nil
}

func viewViews(x *reader) error {
	for t := range x.tables() {
		if t.Kind == catalog.View {
			x.row("schemaname", t.Schema, "viewname", t.Name, "viewowner", t.Owner, "definition", x.viewText(t))
		}
	}
	for _, r := range sorted() {
		if r.kind == 'v' {
			x.row("schemaname", r.schema, "viewname", r.name, "viewowner", systemOwner)
		}
	}
	return nil
}

func matViews(x *reader) error {
	for t := range x.tables() {
		if t.Kind == catalog.MatView {
			x.row("schemaname", t.Schema, "matviewname", t.Name, "matviewowner", t.Owner, "hasindexes", len(t.Indexes) > 0, "ispopulated", true, "definition", x.viewText(t))
		}
	}
	return nil
}

func indexViews(x *reader) error {
	for t := range x.tables() {
		for _, i := range t.Indexes {
			x.row("schemaname", t.Schema, "tablename", t.Name, "indexname", i.Name, "indexdef", x.indexText(t, i))
		}
	}
	return nil
}

var policyCommands = map[string]string{"all": "ALL", "select": "SELECT", "insert": "INSERT", "update": "UPDATE", "delete": "DELETE"}

func policyViews(x *reader) error {
	for t := range x.tables() {
		for _, p := range t.Policies {
			roles := sortedCopy(p.Roles)
			if len(roles) == 0 {
				roles = []string{"public"}
			}
			permissive := "PERMISSIVE"
			if !p.Permissive {
				permissive = "RESTRICTIVE"
			}
			x.row("schemaname", t.Schema, "tablename", t.Name, "policyname", p.Name, "permissive", permissive, "roles", list(roles, catalog.NameOID, value.Text),
				"cmd", policyCommands[p.Command], "qual", policyText(p.Using, p.UsingText), "with_check", policyText(p.Check, p.CheckText))
		}
	}
	return nil
}

func sequenceViews(x *reader) error {
	for q := range x.cat.Sequences() {
		last := value.Null
		if x.SeqState != nil {
			n, called, ok, err := x.SeqState(q.OID, catalog.PrivSelect, catalog.PrivUsage)
			if err != nil {
				return err
			}
			if ok && called {
				last = value.Int(n)
			}
		}
		x.row("schemaname", q.Schema, "sequencename", q.Name, "sequenceowner", q.Owner, "data_type", q.Type, "start_value", q.Start, "min_value", q.Min, "max_value", q.Max,
			"increment_by", q.Increment, "cycle", q.Cycle, "cache_size", q.Cache, "last_value", last)
	}
	return nil
}

func settings(x *reader) error {
	for name, v := range knownSettings {
		if x.Setting != nil {
			if now, ok := x.Setting(name); ok {
				v = now
			}
		}
		x.row("name", name, "setting", v, "category", "Preset Options", "context", "user", "vartype", "string", "source", "default", "boot_val", v, "reset_val", v)
	}
	return nil
}

// knownSettings are the settings that programs look up in pg_settings; the session has their values.
var knownSettings = map[string]string{"server_version": "15.0", "server_version_num": "150000", "server_encoding": "UTF8", "client_encoding": "UTF8", "DateStyle": "ISO, MDY",
	"TimeZone": "UTC", "search_path": "public", "statement_timeout": "0", "lock_timeout": "0", "row_security": "on", "work_mem": "4096", "max_connections": "100",
	"default_transaction_isolation": "read committed", "standard_conforming_strings": "on", "max_identifier_length": "63", "wal_level": "logical",
	"session_replication_role": "origin", "application_name": "", "shared_preload_libraries": "", "log_statement": "none"}

func statUserTables(x *reader) error {
	zero := 0
	for t := range x.tables() {
		if t.Kind == catalog.View {
			continue
		}
		x.row("relid", t.OID, "schemaname", t.Schema, "relname", t.Name, "seq_scan", zero, "seq_tup_read", zero, "n_tup_ins", zero, "n_tup_upd", zero, "n_tup_del", zero,
			"n_tup_hot_upd", zero, "n_live_tup", zero, "n_dead_tup", zero, "n_mod_since_analyze", zero, "n_ins_since_vacuum", zero, "vacuum_count", zero,
			"autovacuum_count", zero, "analyze_count", zero, "autoanalyze_count", zero)
	}
	return nil
}

func statUserIndexes(x *reader) error {
	for t := range x.tables() {
		for _, i := range t.Indexes {
			x.row("relid", t.OID, "indexrelid", i.OID, "schemaname", t.Schema, "relname", t.Name, "indexrelname", i.Name, "idx_scan", 0, "idx_tup_read", 0, "idx_tup_fetch", 0)
		}
	}
	return nil
}

func statActivity(x *reader) error {
	user := x.roleOID(x.User)
	x.row("datid", databaseOID, "datname", x.Database, "pid", 1, "usesysid", user, "usename", x.User, "application_name", "", "state", "active", "backend_type", "client backend")
	return nil
}

func statDatabase(x *reader) error {
	x.row("datid", databaseOID, "datname", x.Database, "numbackends", 1)
	return nil
}

func timezones(x *reader) error {
	x.row("name", "UTC", "abbrev", "UTC", "utc_offset", "00:00:00", "is_dst", false)
	return nil
}

// sources are the rows of the relations; nil for one that is empty here. What is not listed is refused: only a server has it.
var sources map[string]func(*reader) error

func init() {
	sources = map[string]func(*reader) error{}
	for name, f := range map[string]func(*reader) error{
		"pg_namespace": namespaces, "pg_class": classes, "pg_attribute": attributes, "pg_attrdef": attributeDefaults, "pg_type": types, "pg_enum": enums, "pg_range": ranges,
		"pg_constraint": constraints, "pg_index": indexes, "pg_proc": functions, "pg_trigger": triggers, "pg_policy": policies, "pg_sequence": sequenceFacts,
		"pg_roles": roles, "pg_authid": authIDs, "pg_shadow": users, "pg_user": users, "pg_group": groups, "pg_auth_members": memberships, "pg_extension": extensions,
		"pg_available_extensions": availableExtensions, "pg_publication": publications, "pg_publication_rel": publicationMembers,
		"pg_publication_namespace": publicationSchemas, "pg_publication_tables": publishedTables, "pg_default_acl": defaultPrivileges, "pg_description": descriptions,
		"pg_depend": dependencies, "pg_language": languagesRows, "pg_am": accessMethodRows, "pg_operator": operators, "pg_cast": casts, "pg_collation": collations,
		"pg_database": databases, "pg_tablespace": tablespaces, "pg_db_role_setting": roleSettings, "pg_rewrite": rewrites,
		"pg_tables": tableViews, "pg_views": viewViews, "pg_matviews": matViews, "pg_indexes": indexViews, "pg_policies": policyViews, "pg_sequences": sequenceViews,
		"pg_settings": settings, "pg_stat_user_tables": statUserTables, "pg_stat_all_tables": statUserTables,
		"pg_stat_user_indexes": statUserIndexes, "pg_stat_activity": statActivity, "pg_stat_database": statDatabase, "pg_timezone_names": timezones,
	} {
		sources[pgCatalog+"."+name] = f
	}
	for _, name := range []string{"pg_locks", "pg_inherits", "pg_event_trigger", "pg_foreign_data_wrapper", "pg_foreign_server", "pg_foreign_table", "pg_partitioned_table",
		"pg_rules", "pg_shdescription", "pg_seclabel", "pg_seclabels", "pg_shseclabel", "pg_statistic_ext", "pg_subscription", "pg_subscription_rel", "pg_user_mapping",
		"pg_user_mappings", "pg_transform", "pg_cursors", "pg_prepared_statements", "pg_prepared_xacts", "pg_largeobject", "pg_largeobject_metadata", "pg_replication_slots",
		"pg_stat_replication", "pg_stat_user_functions", "pg_stats", "pg_stats_ext", "pg_statistic", "pg_shdepend", "pg_init_privs", "pg_parameter_acl", "pg_aggregate"} {
		sources[pgCatalog+"."+name] = nil
	}
	for name, f := range standardViews {
		sources[informationSchema+"."+name] = f
	}
}
