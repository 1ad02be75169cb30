package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// do runs a DO block.
func (t *txn) do(s *sql.Do) error {
	if s.Language != "" && s.Language != "plpgsql" {
		return fault.Unsupported("DO in language "+s.Language, "Use LANGUAGE plpgsql.").At(int(s.Pos))
	}
	body, err := plpgsql.ParseDo(s.Body)
	if err != nil {
		return err
	}
	if err := t.e.interp.Do(t.s, body); err != nil {
		return err
	}
	return t.sink.Done("DO")
}

// call runs CALL.
func (t *txn) call(s *sql.Call) error {
	signature := func() string {
		var types []string
		for _, a := range s.Call.Args {
			x, err := analyze.ExprAs(t.s.Cat, &analyze.Env{Path: t.s.Path}, a.Value, analyze.InArgument)
			if err != nil {
				types = append(types, "unknown")
				continue
			}
			types = append(types, t.s.Cat.TypeString(x.Type()))
		}
		return written(s.Call.Name) + "(" + strings.Join(types, ", ") + ")"
	}
	var proc *catalog.Function
	for _, f := range t.s.Cat.FindFunctions(t.s.Path, s.Call.Name) {
		if accepts(f, s.Call.Args) {
			if f.Kind != catalog.Procedure {
				return fault.New(fault.WrongObjectType, "%s is not a procedure", signature()).WithHint("To call a function, use SELECT.").At(int(s.Pos))
			}
			if proc != nil {
				return fault.New(fault.AmbiguousFunction, "procedure %s is not unique", signature()).At(int(s.Pos))
			}
			proc = f
		}
	}
	if proc == nil {
		return fault.New(fault.UndefinedFunction, "procedure %s does not exist", signature()).
			WithHint("No procedure matches the given name and argument types. You might need to add explicit type casts.").At(int(s.Pos))
	}
	if !t.s.Cat.CanExecute(t.s.Role, proc) {
		return fault.New(fault.InsufficientPrivilege, "permission denied for procedure %s", proc.Name)
	}
	args, err := t.callArgs(proc, s.Call.Args)
	if err != nil {
		return err
	}
	result, err := t.s.CallFunc(t.s, proc, args)
	if err != nil {
		return err
	}
	if err := t.callResult(proc, result); err != nil {
		return err
	}
	return t.sink.Done("CALL")
}

// accepts reports whether a call's arguments fit a routine's parameters in number and name.
func accepts(f *catalog.Function, args []sql.Arg) bool {
	given := make([]bool, len(f.Params))
	for i, a := range args {
		at := i
		if a.Name != "" {
			at = slices.IndexFunc(f.Params, func(p catalog.Param) bool { return p.Name == a.Name })
		}
		if at < 0 || at >= len(f.Params) || given[at] {
			return false
		}
		given[at] = true
	}
	for i, p := range f.Params {
		if !given[i] && p.Default == nil {
			return false
		}
	}
	return true
}

// callArgs computes the input arguments of a CALL; what stands in the place of an OUT parameter is not looked at.
func (t *txn) callArgs(f *catalog.Function, given []sql.Arg) ([]value.Datum, error) {
	exprs := make([]sql.Expr, len(f.Params))
	for i, a := range given {
		at := i
		if a.Name != "" {
			at = slices.IndexFunc(f.Params, func(p catalog.Param) bool { return p.Name == a.Name })
		}
		exprs[at] = a.Value
	}
	var args []value.Datum
	for i, p := range f.Params {
		if p.Mode == sql.OutArg {
			continue
		}
		e := exprs[i]
		if e == nil {
			e = p.Default
		}
		x, err := analyze.ExprAs(t.s.Cat, &analyze.Env{Path: t.s.Path}, e, analyze.InArgument)
		if err != nil {
			return nil, err
		}
		if x, err = analyze.Coerce(t.s.Cat, x, p.Type, 'i'); err != nil {
			return nil, err
		}
		attached, err := rights.AttachExpr(t.s.Cat, t.s.Role, x)
		if err != nil {
			return nil, err
		}
		compute, err := eval.Compile(t.s.Cat, attached.Tree(), eval.Options{})
		if err != nil {
			return nil, err
		}
		v, err := compute(&eval.Frame{S: t.s})
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return args, nil
}

// callResult gives the row of a procedure's OUT parameters.
func (t *txn) callResult(f *catalog.Function, result value.Datum) error {
	var cols []engine.Column
	var fields []value.Field
	env := t.s.Env()
	for _, p := range f.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.InOutArg {
			cols = append(cols, engine.Column{Name: p.Name, Type: p.Type, TypeName: t.s.Cat.TypeString(p.Type)})
			fields = append(fields, value.Field{Name: p.Name, Type: p.Type, Ops: env.Ops(p.Type.OID)})
		}
	}
	if len(cols) == 0 {
		return nil
	}
	if err := t.sink.Begin(cols); err != nil {
		return err
	}
	row := &datumRow{env: env, fields: fields, values: []value.Datum{result}}
	if len(fields) > 1 || f.Returns.OID == catalog.RecordOID {
		row.values = value.RecordOps(catalog.RecordOID, f.Name, fields).FieldValues(result)
	}
	return t.sink.Row(row)
}

// datumRow is a row of values at hand.
type datumRow struct {
	env    *value.Env
	fields []value.Field
	values []value.Datum
}

func (r *datumRow) IsNull(i int) bool { return r.values[i].IsNull() }
func (r *datumRow) AppendText(dst []byte, i int) []byte {
	if r.IsNull(i) {
		return dst
	}
	return r.fields[i].Ops.AppendText(r.env, dst, r.values[i])
}
func (r *datumRow) AppendJSON(dst []byte, i int) []byte {
	if r.IsNull(i) {
		return append(dst, "null"...)
	}
	return r.fields[i].Ops.AppendJSON(r.env, dst, r.values[i])
}

// isOff reads a setting's boolean value.
func isOff(v string) bool {
	switch strings.ToLower(v) {
	case "off", "false", "no", "0":
		return true
	}
	return false
}

// refusedFunctions are the errors of the project's functions whose bodies cannot run here.
func (t *txn) refusedFunctions() (all []error) {
	for f := range t.s.Cat.AllFunctions() {
		err := t.e.interp.Check(t.s.Cat, f)
		if fault.Code(err) != fault.FeatureNotSupported {
			continue // PostgreSQL, too, finds a name that does not exist only when it runs the body
		}
		if e := fault.As(err); e != nil {
			named := *e
			named.Message = fmt.Sprintf("function %s.%s: %s", f.Schema, f.Name, e.Message)
			err = named.At(int(f.SourcePos))
		}
		all = append(all, err)
	}
	return all
}

// checkBody resolves the body of a function in LANGUAGE sql, as PostgreSQL does when it is declared. What only this engine lacks is no reason to
// refuse the declaration: the call will say it.
func (t *txn) checkBody(cat *catalog.Catalog, f *catalog.Function) error {
	if v, _ := t.s.Setting("check_function_bodies"); isOff(v) || f.Language != "sql" || f.Refused != "" {
		return nil
	}
	var names []string
	var types []catalog.TypeRef
	for _, p := range f.Params {
		if ty := cat.Type(p.Type.OID); ty == nil || ty.Kind == catalog.PseudoType {
			return nil // known only at the call
		}
		if p.Mode != sql.OutArg && p.Mode != sql.TableArg {
			names = append(names, p.Name)
			types = append(types, p.Type)
		}
	}
	env := analyze.Env{Path: functionPath(f, t.s.Path), FixedParams: true, Names: rights.ArgumentNames(f.Name, names, types)}
	var last *tree.Query
	for _, s := range f.SQL {
		last = nil
		q, ok := s.(sql.Query)
		if !ok {
			continue
		}
		env.Params = slices.Clone(types)
		var err error
		if last, err = analyze.Query(cat, &env, q); fault.Code(err) == fault.FeatureNotSupported {
			return nil
		}
		if err != nil {
			if e := fault.As(err); e != nil {
				in := *e
				in.Where = fmt.Sprintf("SQL function %q", f.Name)
				err = &in
			}
			return err
		}
	}
	if f.Kind != catalog.PlainFunction || f.Returns.OID == catalog.VoidOID {
		return nil
	}
	return checkResult(cat, f, last)
}

// checkResult says where the last statement of a function in LANGUAGE sql does not give what the function is declared to return; nil is none.
func checkResult(cat *catalog.Catalog, f *catalog.Function, last *tree.Query) error {
	wrong := fault.New("42P13", "return type mismatch in function declared to return %s", cat.TypeString(f.Returns))
	var have []catalog.TypeRef
	if last != nil {
		for _, target := range last.Targets {
			if target.Junk {
				continue
			}
			if target.Expr != nil {
				have = append(have, target.Expr.Type())
			} else {
				have = append(have, columnType(last, len(have)))
			}
		}
	}
	if have == nil && (last == nil || last.Command != tree.Select) {
		return wrong.WithDetail("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.")
	}
	fits := func(from, to catalog.TypeRef) bool {
		if from.OID == catalog.UnknownOID || from.OID == to.OID {
			return true
		}
		_, err := analyze.Coerce(cat, &tree.Param{Number: 1, Typ: from}, to, 'a')
		return err == nil
	}
	var want []catalog.TypeRef
	for _, p := range f.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.InOutArg || p.Mode == sql.TableArg {
			want = append(want, p.Type)
		}
	}
	env := &value.Env{Types: cat}
	if ops := env.Ops(f.Returns.OID); len(want) < 2 && ops != nil && len(ops.Fields) > 0 {
		want = nil
		for _, field := range ops.Fields {
			want = append(want, field.Type)
		}
	} else if len(want) < 2 && f.Returns.OID != catalog.RecordOID {
		switch {
		case len(have) != 1:
			return wrong.WithDetail("Final statement must return exactly one column.")
		case !fits(have[0], f.Returns):
			return wrong.WithDetail("Actual return type is %s.", cat.TypeString(have[0]))
		}
		return nil
	}
	if want == nil || len(have) == 1 && (have[0].OID == f.Returns.OID || have[0].OID == catalog.RecordOID) {
		return nil // a record, or the row as one value
	}
	for i := range min(len(have), len(want)) {
		if !fits(have[i], want[i]) {
			return wrong.WithDetail("Final statement returns %s instead of %s at column %d.", cat.TypeString(have[i]), cat.TypeString(want[i]), i+1)
		}
	}
	switch {
	case len(have) < len(want):
		return wrong.WithDetail("Final statement returns too few columns.")
	case len(have) > len(want):
		return wrong.WithDetail("Final statement returns too many columns.")
	}
	return nil
}

// functionPath is the search path under which a function's body is resolved.
func functionPath(f *catalog.Function, path []string) []string {
	for _, set := range f.Settings {
		if set.Name == "search_path" && !set.FromCurrent && !set.Default {
			return slices.DeleteFunc(slices.Clone(set.Values), func(v string) bool { return v == "" || v == "$user" })
		}
	}
	return path
}
