package exec

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// recordset is json_to_recordset and its kin in FROM: JSON objects read as rows whose columns the Rel gives. It is how the bodies of REST
// requests come in, so it reads the text once, without building anything between.
type recordset struct {
	name   string
	many   bool // a set: the argument is an array
	base   bool // the first argument is a row that gives the values of missing keys
	fields []value.Field
	record *value.Ops // of the base row
}

// recordsetOf is nil for other functions.
func recordsetOf(cat *catalog.Catalog, c *tree.Call, f tree.FuncCallRel, r *tree.Rel) (*recordset, error) {
	rs := &recordset{name: c.Fn.Name}
	kind, ok := strings.CutPrefix(strings.TrimPrefix(c.Fn.Name, "json"), "_")
	if !ok {
		kind, ok = strings.CutPrefix(c.Fn.Name, "jsonb_")
	}
	if !ok {
		return nil, nil
	}
	switch kind {
	case "to_record":
	case "to_recordset":
		rs.many = true
	case "populate_record":
		rs.base = true
	case "populate_recordset":
		rs.base, rs.many = true, true
	default:
		return nil, nil
	}
	if r == nil || f.Scalar {
		return nil, nil
	}
	env := &value.Env{Types: cat}
	for _, col := range r.Columns[f.First : f.First+f.Count] {
		o := env.Ops(col.Type.OID)
		if o == nil {
			return nil, fault.Unsupported("a column of type "+cat.TypeString(col.Type), "")
		}
		rs.fields = append(rs.fields, value.Field{Name: col.Name, Type: col.Type, Ops: o})
	}
	if rs.base {
		// An alias may have renamed the Rel's columns.
		if o := env.Ops(c.Args[0].Type().OID); o != nil && len(o.Fields) == len(rs.fields) {
			for i := range rs.fields {
				rs.fields[i].Name = o.Fields[i].Name
			}
		}
	}
	rs.record = value.RecordOps(catalog.RecordOID, "record", rs.fields)
	return rs, nil
}

func (rs *recordset) rows(x *execution, f *eval.Frame, args []value.Datum) ([][]value.Datum, error) {
	doc := args[0]
	base := make([]value.Datum, len(rs.fields))
	if rs.base {
		doc = args[1]
		if !args[0].IsNull() {
			base = rs.record.FieldValues(args[0])
		}
	}
	if doc.IsNull() {
		if rs.many || !rs.base {
			return nil, nil
		}
		return [][]value.Datum{base}, nil
	}
	raw := strings.TrimSpace(doc.Str())
	kind := value.JSONKind(raw)
	if !rs.many {
		if kind != "object" {
			if kind == "null" {
				return [][]value.Datum{base}, nil
			}
			what := "a scalar"
			if kind == "array" {
				what = "an array"
			}
			return nil, fault.New(fault.InvalidParameterValue, "cannot call %s on %s", rs.name, what)
		}
		row, err := rs.row(f, raw, base)
		return [][]value.Datum{row}, err
	}
	switch kind {
	case "array":
	case "object":
		return nil, fault.New(fault.InvalidParameterValue, "cannot call %s on an object", rs.name)
	default:
		return nil, fault.New(fault.InvalidParameterValue, "cannot call %s on a scalar", rs.name)
	}
	var out [][]value.Datum
	for elem := range value.Elems(raw) {
		if elem[0] != '{' {
			return nil, fault.New(fault.InvalidParameterValue, "argument of %s must be an array of objects", rs.name)
		}
		if len(out) >= x.maxRows() {
			return nil, tooManyRows()
		}
		row, err := rs.row(f, elem, base)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

func (rs *recordset) row(f *eval.Frame, raw string, base []value.Datum) ([]value.Datum, error) {
	row := append([]value.Datum(nil), base...)
	return row, value.PopulateRow(f.Env(), rs.fields, row, raw)
}
