package interp

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// callOp is CALL inside a function.
type callOp struct {
	name sql.Name
	args []callArg
}

// callArg is an argument of a CALL. slot ≥ 0 is a plain variable, which takes what an OUT parameter gives.
type callArg struct {
	name string
	slot int
	expr *expr
}

func (c *compiler) call(sc *scope, s *plpgsql.Call) (op, error) {
	call, ok := s.Call.Query.(*sql.Call)
	if !ok {
		return nil, fault.Unsupported("DO inside a function", "Write the block itself.")
	}
	o := &callOp{name: call.Call.Name}
	for _, a := range call.Call.Args {
		arg := callArg{a.Name, -1, c.alone(sc, a.Value)}
		if ref, ok := a.Value.(*sql.ColumnRef); ok && len(ref.Fields) == 1 && !ref.Star {
			if slot, ok := sc.find(ref.Fields[0]); ok {
				arg.slot = slot
			}
		}
		o.args = append(o.args, arg)
	}
	return o, nil
}

func (o *callOp) run(a *activation) (control, error) {
	s := a.s
	var proc *catalog.Function
	var order []int // the argument of each parameter, -1 for its default
	for _, f := range s.Cat.FindFunctions(s.Path, o.name) {
		if at := o.fit(f); at != nil {
			proc, order = f, at
			break
		}
	}
	switch {
	case proc == nil:
		return goOn, fault.New(fault.UndefinedFunction, "procedure %s does not exist", o.name.Name).
			WithHint("No procedure matches the given name and argument types. You might need to add explicit type casts.")
	case proc.Kind != catalog.Procedure:
		return goOn, fault.New(fault.WrongObjectType, "%s is not a procedure", o.name.Name).WithHint("To call a function, use SELECT.")
	case !s.Cat.CanExecute(s.Role, proc):
		return goOn, fault.New(fault.InsufficientPrivilege, "permission denied for procedure %s", proc.Name)
	}
	var args []value.Datum
	for i, p := range proc.Params {
		if p.Mode == sql.OutArg {
			continue
		}
		e := &statement{sc: &scope{}}
		if order[i] >= 0 {
			e = o.args[order[i]].expr
		} else {
			e.stmt = &sql.Select{Targets: []sql.Target{{Expr: p.Default}}}
		}
		d, err := e.as(a, p.Type)
		if err != nil {
			return goOn, err
		}
		args = append(args, d)
	}
	if err := s.Enter(); err != nil {
		return goOn, err
	}
	out, err := s.CallFunc(s, proc, args)
	s.Leave()
	if err != nil {
		return goOn, err
	}
	return goOn, o.results(a, proc, order, out)
}

// fit gives the argument for each parameter of f; nil when they do not fit.
func (o *callOp) fit(f *catalog.Function) []int {
	order := make([]int, len(f.Params))
	for i := range order {
		order[i] = -1
	}
	for i, arg := range o.args {
		at := i
		if arg.name != "" {
			at = slices.IndexFunc(f.Params, func(p catalog.Param) bool { return p.Name == arg.name })
		}
		if at < 0 || at >= len(f.Params) || order[at] >= 0 {
			return nil
		}
		order[at] = i
	}
	for i, p := range f.Params {
		if order[i] < 0 && p.Default == nil {
			return nil
		}
	}
	return order
}

// results puts the OUT parameters into the variables that stand in their places.
func (o *callOp) results(a *activation, proc *catalog.Function, order []int, out value.Datum) error {
	env := a.s.Env()
	var fields []value.Field
	var places []int
	for i, p := range proc.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.InOutArg {
			fields = append(fields, value.Field{Name: p.Name, Type: p.Type, Ops: env.Ops(p.Type.OID)})
			places = append(places, order[i])
		}
	}
	if fields == nil {
		return nil
	}
	vals := value.RecordOps(catalog.RecordOID, proc.Name, fields).FieldValues(out)
	for i, at := range places {
		if at < 0 {
			continue
		}
		if o.args[at].slot < 0 {
			return fault.New(fault.SyntaxError, `procedure parameter "%s" is an output parameter but corresponding argument is not writable`, fields[i].Name)
		}
		if err := a.assign(o.args[at].slot, vals[i], fields[i].Type); err != nil {
			return err
		}
	}
	return nil
}
