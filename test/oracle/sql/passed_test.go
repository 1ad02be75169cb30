package sql_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// skippedFiles are the files of the suite that are not run, and why.
var skippedFiles = spread(map[string]string{
	"what the other files need; it runs before each of them": "test_setup",
	"geometric types": "box circle geometry line lseg path point polygon",
	"physical storage, access methods and their internals": "amutils brin brin_bloom brin_multi btree_index cluster combocid compression create_am create_index_spgist fast_default gin gist hash_func hash_index " +
		"index_including_gist indirect_toast largeobject lock mvcc reloptions spgist tablespace tid tidrangescan tidscan tuplesort vacuum vacuum_parallel dbsize reindex_catalog",
	"partitions, inheritance and typed tables": "hash_part indexing inherit partition_aggregate partition_info partition_join partition_prune typed_table",
	"the planner":                            "bitmapops equivclass explain functional_deps incremental_sort join_hash memoize select_parallel stats stats_ext write_parallel",
	"PostgreSQL's own catalogs and settings": "misc_sanity oidjoins opr_sanity sanity_check type_sanity init_privs sysviews guc",
	"things outside of a database":           "async event_trigger foreign_data object_address password pg_lsn prepared_xacts publication replica_identity security_label subscription txid xid advisory_lock",
	"collations and encodings":               "collate collate.icu.utf8 collate.linux.utf8 collate.windows.win1252 conversion json_encoding jsonpath_encoding unicode",
	"project-defined operators, casts in C, aggregates and languages": "alter_generic alter_operator create_aggregate create_function_c create_operator create_type drop_operator infinite_recurse",
	"rules":                 "rules",
	"psql itself and COPY":  "psql psql_crosstab copy copy2 copydml copyselect",
	"XML":                   "xml xmlmap",
	"SQL/JSON constructors": "sqljson",
	"TABLESAMPLE":           "tablesample",
	"macaddr8":              "macaddr8",
	"multiranges":           "multirangetypes",
})

// spread gives each of the files its reason.
func spread(files map[string]string) map[string]string {
	all := map[string]string{}
	for why, names := range files {
		for _, f := range strings.Fields(names) {
			all[f] = why
		}
	}
	return all
}

var (
	reconnect  = regexp.MustCompile(`^\\c(?:onnect)?\s+-\s*(\S*)\s*$`)
	setVar     = regexp.MustCompile(`^\\(?:set|getenv)\s+(\w+)`)
	variable   = regexp.MustCompile(`(?:^|[^:\w\[])(:['"]?\w+)`)
	outside    = regexp.MustCompile(`(?is)^(create|alter|drop)\s+(database|tablespace|subscription|system)\b|^alter\s+system\b|^checkpoint|^load\b`)
	isExplain  = regexp.MustCompile(`(?is)^explain\b`)
	isQuery    = regexp.MustCompile(`(?is)^(\(|(select|with|values|table)\b)`)
	copyStream = regexp.MustCompile(`(?is)^copy\b`)
	dateStyle  = regexp.MustCompile(`(?is)^set\s+(?:local\s+|session\s+)?(datestyle|intervalstyle)\b`)
)

// passedOver says why a step does not run; "" when it does. vars collects the variables of psql.
func passedOver(s *step, vars map[string]bool) string {
	switch {
	case s.psql:
		if m := setVar.FindStringSubmatch(s.text); m != nil && vars != nil {
			vars[m[1]] = true
		}
		for _, end := range []string{` \g`, ` \gx`} {
			if text, ok := strings.CutSuffix(strings.TrimSpace(s.text), end); ok {
				s.text, s.psql = text, false
				return ""
			}
		}
		return "a command of psql"
	case isExplain.MatchString(s.text):
		return "EXPLAIN"
	case s.data == nil && copyStream.MatchString(s.text):
		return "COPY with a file or with the client"
	case outside.MatchString(s.text):
		return "what is outside of the database"
	case dateStyle.MatchString(s.text):
		return "DateStyle and IntervalStyle"
	}
	for _, m := range variable.FindAllStringSubmatch(s.text, -1) {
		if vars == nil || vars[strings.Trim(m[1], `:'"`)] || strings.ContainsAny(m[1], `'"`) {
			return "a variable of psql"
		}
	}
	return ""
}

// report is docs/reference/regress.md.
func report(done []*fileResult) string {
	var b strings.Builder
	b.WriteString("# PostgreSQL's own regression suite\n\n" +
		"Made by `make regress` from a checkout of PostgreSQL 15's `src/test/regress/sql`, which is not part of this repository: each statement was run on a PostgreSQL 15 and on the\n" +
		"embedded engine, and columns, types, rows, tags, notices and errors (code, message, detail, hint) compared. Tables that the suite loads from files have rows of our own.\n\n" +
		"| column | |\n|---|---|\n| same | the same answer |\n| fails alike | the same error |\n| other order | the same rows in another order, in a statement with an ORDER BY somewhere |\n" +
		"| by decision | differs as [limits.md](limits.md) says |\n| refused | `0A000`, see below |\n| follows | needs an object that was refused, or comes after a refusal in its transaction |\n" +
		"| different | another answer |\n| after | needs what a statement with another answer has made |\n\n## Files\n\n| file | statements |")
	shown := outcomes[:len(outcomes)-1]
	for _, o := range shown {
		b.WriteString(" " + o + " |")
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(shown)+2) + "\n")
	line := func(name string, count map[string]int) {
		n := 0
		for _, o := range shown {
			n += count[o]
		}
		fmt.Fprintf(&b, "| %s | %d |", name, n)
		for _, o := range shown {
			fmt.Fprintf(&b, " %d |", count[o])
		}
		b.WriteString("\n")
	}
	total, refused, passed, decided := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, r := range done {
		line(r.name, r.count)
		add(total, r.count)
		add(refused, r.refused)
		add(passed, r.passed)
		add(decided, r.decided)
	}
	line("all", total)
	list := func(title string, count map[string]int) {
		b.WriteString("\n## " + title + "\n\n| | statements |\n|---|---|\n")
		for _, k := range slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) }) {
			fmt.Fprintf(&b, "| %s | %d |\n", strings.ReplaceAll(k, "|", "\\|"), count[k])
		}
	}
	list("What differs by decision", decided)
	list("What is refused", refused)
	list("Statements that are passed over on both", passed)
	b.WriteString("\n## Files that are passed over\n\n| files | because they are about |\n|---|---|\n")
	why := map[string][]string{}
	for f, w := range skippedFiles {
		why[w] = append(why[w], f)
	}
	for _, w := range slices.Sorted(maps.Keys(why)) {
		slices.Sort(why[w])
		fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(why[w], ", "), w)
	}
	return b.String()
}

func add(to, from map[string]int) {
	for k, n := range from {
		to[k] += n
	}
}
