package catalog

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// ShownTable is the table whose rows a view shows, each at most once, be it through other views; of what is no view it is t itself. Nil when that is not known.
// That a view can be written does not say it: triggers and rules write joins.
func (c *Catalog) ShownTable(t *Table) *Table {
	for range 64 { // deeper than views are nested
		if t == nil || t.Kind != View {
			return t
		}
		if t.Query != nil {
			t = c.shownByForm(t.Query)
		} else {
			t = c.TableByOID(t.Shows)
		}
	}
	return nil
}

// shownByForm is the relation whose rows a view's query gives. A function that returns a set would give them more than once.
func (c *Catalog) shownByForm(q *sql.Select) *Table {
	from := onlyTable(q)
	if from == nil {
		return nil
	}
	base := c.FindTable(nil, from.Name)
	if base == nil || base.Kind != OrdinaryTable && base.Kind != View {
		return nil
	}
	sets := false
	for _, x := range q.Targets {
		sql.Walk(x.Expr, func(n sql.Node) bool {
			switch n := n.(type) {
			case *sql.FuncCall:
				sets = sets || c.mayReturnSet(n.Name)
			case *sql.ColumnRef: // one that is no column is a function of the row
				sets = sets || n.Star || base.Column(n.Fields[len(n.Fields)-1]) == nil
			}
			return !sets
		})
	}
	if sets {
		return nil
	}
	return base
}

// setNames are the functions of PostgreSQL and its extensions that return sets, but for those that begin with pg_.
var setNames = map[string]bool{"aclexplode": true, "generate_series": true, "generate_subscripts": true, "json_array_elements": true, "json_array_elements_text": true, "json_each": true,
	"json_each_text": true, "json_object_keys": true, "json_populate_recordset": true, "json_to_recordset": true, "jsonb_array_elements": true, "jsonb_array_elements_text": true,
	"jsonb_each": true, "jsonb_each_text": true, "jsonb_object_keys": true, "jsonb_path_query": true, "jsonb_path_query_tz": true, "jsonb_populate_recordset": true,
	"jsonb_to_recordset": true, "regexp_matches": true, "regexp_split_to_table": true, "string_to_table": true, "ts_debug": true, "ts_parse": true, "ts_stat": true,
	"ts_token_type": true, "txid_snapshot_xip": true, "unnest": true, "each": true, "skeys": true, "svals": true}

func (c *Catalog) mayReturnSet(n sql.Name) bool {
	if setNames[n.Name] || strings.HasPrefix(n.Name, "pg_") {
		return true
	}
	for f := range c.AllFunctions() {
		if f.Name == n.Name && f.ReturnsSet {
			return true
		}
	}
	return false
}
