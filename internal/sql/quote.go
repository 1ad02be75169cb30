package sql

import "strings"

// Words that PostgreSQL 17's grammar does not take as a plain name everywhere, by its categories.
var (
	reservedWords = wordSet(`all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
		current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc distinct
		do else end except false fetch for foreign from grant group having in initially intersect into lateral leading limit
		localtime localtimestamp not null offset on only or order placing primary references returning select session_user some
		symmetric system_user table then to trailing true union unique user using variadic when where window with`)
	// typeFuncWords may name types and functions, not columns.
	typeFuncWords = wordSet(`authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like
		natural notnull outer overlaps right similar tablesample verbose`)
	// columnWords may name columns, not types or functions.
	columnWords = wordSet(`between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int integer
		interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize
		json_table json_value least merge_action national nchar none normalize nullif numeric out overlay position precision
		real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists
		xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`)
)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// QuoteIdent is name as an identifier in SQL text, quoted where PostgreSQL's quote_ident would: unless it is lower-case letters, digits
// and underscores and no keyword (other than unreserved ones).
func QuoteIdent(name string) string {
	if plainIdent(name) && !reservedWords[name] && !typeFuncWords[name] && !columnWords[name] {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func plainIdent(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// QuoteLiteral is text as a string constant, as PostgreSQL's quote_literal: E'…' when it has a backslash.
func QuoteLiteral(text string) string {
	q := strings.ReplaceAll(text, "'", "''")
	if strings.Contains(q, `\`) {
		return "E'" + strings.ReplaceAll(q, `\`, `\\`) + "'"
	}
	return "'" + q + "'"
}
