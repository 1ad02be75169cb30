// Package interp runs the functions of a project: PL/pgSQL and LANGUAGE sql, called from SQL, from policies, as triggers and by DO.
//
// Install fills the hooks of a session. A function is compiled once for each catalog into a routine: a closed tree of operations whose variables
// are slots and whose SQL is prepared on first use. Main types in order of meeting them: Interpreter, routine, activation, slot, prepared.
//
// Invariants: every SQL statement and every expression that reads data is compiled by exec, and so passes rights, as the role that the function runs
// as; a definer function's role, settings and search path are undone however it ends; an EXCEPTION block undoes what its body did
// (savepoint); loops notice the end of their context.
package interp

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// Interpreter keeps the routines of one engine. The zero value is ready. Safe for concurrent use.
type Interpreter struct {
	cache atomic.Pointer[routines]
}

// routines are those of one catalog.
type routines struct {
	version uint64
	m       sync.Map // *catalog.Function → *routine
}

// Install lets s call functions and fire triggers.
func (in *Interpreter) Install(s *exec.Session) {
	s.CallFunc = in.callFunc
	s.CallSet = in.callSet
	s.FireTrigger = in.fireTrigger
}

// Forget drops every compiled routine, after a change of the catalog within a transaction.
func (in *Interpreter) Forget() { in.cache.Store(nil) }

// routine finds or compiles fn. The same function compiled twice at once is harmless.
func (in *Interpreter) routine(cat *catalog.Catalog, fn *catalog.Function, trigger *catalog.Table) (*routine, error) {
	all := in.cache.Load()
	if all == nil || all.version != cat.Version() {
		all = &routines{version: cat.Version()}
		in.cache.Store(all)
	}
	key := routineKey{fn, trigger, ""}
	declared := cat.FunctionByOID(fn.OID)
	if declared == nil {
		declared = fn
	}
	if declared != fn {
		// An instance of a polymorphic function, or of one that returns record; see eval.Instance.
		key.fn = declared
		for _, p := range fn.Params {
			key.types += cat.TypeString(p.Type) + "," + p.Name + ","
		}
	}
	if r, ok := all.m.Load(key); ok {
		return r.(*routine), nil
	}
	if fn.Refused != "" {
		return nil, fault.New(fault.FeatureNotSupported, "%s", fn.Refused).WithHint("%s", fn.RefusedHint)
	}
	r, err := compile(cat, fn, fn.Params[len(declared.Params):], trigger)
	if err != nil {
		return nil, err
	}
	all.m.Store(key, r)
	return r, nil
}

// routineKey tells the routines of a trigger function apart by table: NEW and OLD have its columns.
type routineKey struct {
	fn      *catalog.Function
	trigger *catalog.Table
	types   string // of an instance
}

func (in *Interpreter) callFunc(s *exec.Session, fn *catalog.Function, args []value.Datum) (value.Datum, error) {
	if fn.ReturnsSet {
		// A set where one value is wanted: its first row, as PostgreSQL does for an SQL function.
		out := value.Null
		err := in.callSet(s, fn, args, func(row []value.Datum) error {
			out = in.datumOf(s, fn, row)
			return errEnough
		})
		if err == errEnough {
			err = nil
		}
		return out, err
	}
	if fn.Returns.OID == catalog.TriggerOID {
		return value.Null, fault.New(fault.FeatureNotSupported, "trigger functions can only be called as triggers")
	}
	r, err := in.routine(s.Cat, fn, nil)
	if err != nil {
		return value.Null, err
	}
	var out value.Datum
	err = r.within(s, func() error {
		var err error
		if fn.Language == "sql" {
			out, err = r.runSQL(s, args, nil)
			return err
		}
		a := r.activate(s, args)
		out, err = a.call()
		return err
	})
	return out, err
}

// errEnough ends a set early.
var errEnough = fmt.Errorf("enough rows")

func (in *Interpreter) callSet(s *exec.Session, fn *catalog.Function, args []value.Datum, yield func([]value.Datum) error) error {
	r, err := in.routine(s.Cat, fn, nil)
	if err != nil {
		return err
	}
	if !fn.ReturnsSet {
		d, err := in.callFunc(s, fn, args)
		if err != nil {
			return err
		}
		if r.result.fields != nil {
			if d.IsNull() {
				return yield(make([]value.Datum, len(r.result.fields)))
			}
			return yield(value.RecordOps(r.ret.OID, fn.Name, r.result.fields).FieldValues(d))
		}
		return yield([]value.Datum{d})
	}
	return r.within(s, func() error {
		if fn.Language == "sql" {
			_, err := r.runSQL(s, args, yield)
			return err
		}
		a := r.activate(s, args)
		a.yield = yield
		_, err := a.call()
		return err
	})
}

// datumOf joins the columns of a set's row to one value.
func (in *Interpreter) datumOf(s *exec.Session, fn *catalog.Function, row []value.Datum) value.Datum {
	r, err := in.routine(s.Cat, fn, nil)
	if err != nil || r.result.fields == nil {
		return row[0]
	}
	return value.MakeRecord(s.Env(), r.result.fields, row)
}

func (in *Interpreter) fireTrigger(s *exec.Session, fn *catalog.Function, d *eval.TriggerData) ([]value.Datum, error) {
	r, err := in.routine(s.Cat, fn, d.Table)
	if err != nil {
		return nil, err
	}
	var out []value.Datum
	s.Triggers++
	defer func() { s.Triggers-- }()
	err = r.within(s, func() error {
		a := r.activate(s, nil)
		rows := map[string][][]value.Datum{}
		if d.Trigger.OldTable != "" {
			rows[d.Trigger.OldTable] = d.OldRows
		}
		if d.Trigger.NewTable != "" {
			rows[d.Trigger.NewTable] = d.NewRows
		}
		a.trigger = d
		a.bindTrigger(d)
		if len(rows) == 0 {
			out, err = a.callTrigger()
			return err
		}
		return exec.WithRows(s, rows, func() error {
			out, err = a.callTrigger()
			return err
		})
	})
	return out, err
}

// Do runs the body of a DO block.
func (in *Interpreter) Do(s *exec.Session, body *plpgsql.Function) error {
	fn := &catalog.Function{Name: "inline_code_block", Language: "plpgsql", PL: body, Returns: tree.Type{OID: catalog.VoidOID, Mod: -1}, Volatility: 'v'}
	r, err := compile(s.Cat, fn, nil, nil)
	if err != nil {
		return err
	}
	return r.within(s, func() error {
		_, err := r.activate(s, nil).call()
		return err
	})
}

// within runs f as the function's role and with its settings, and undoes both.
func (r *routine) within(s *exec.Session, f func() error) (err error) {
	fn, outer := r.fn, s.Running
	defer func() { s.Running = outer }()
	if fn.Definer {
		if s.Definers == 0 {
			s.SetRole = s.Role
		}
		s.Definers++
		defer func() { s.Definers-- }()
	}
	if fn.Definer && s.Role != fn.Owner {
		defer func(role string) { s.Role = role }(s.Role)
		s.Role = fn.Owner
	}
	for _, set := range fn.Settings {
		undo, err := applySetting(s, strings.ToLower(set.Name), strings.Join(set.Values, ", "), set.Values)
		if err != nil {
			return err
		}
		defer undo()
	}
	return f()
}

// applySetting makes a function's SET take effect and gives what undoes it.
func applySetting(s *exec.Session, name, text string, list []string) (func(), error) {
	if name == "search_path" {
		saved := s.Path
		s.Path = nonEmpty(list)
		return func() { s.Path = saved }, nil
	}
	saved, had := s.Custom(name)
	if err := s.SetSetting(name, text, true); err != nil {
		return nil, err
	}
	return func() {
		if had {
			_ = s.SetSetting(name, saved, true) // it was in force before
			return
		}
		delete(s.Settings, name)
	}, nil
}

// nonEmpty drops empty names: SET search_path = ” means no schema at all. The result is never nil.
func nonEmpty(list []string) []string {
	out := make([]string, 0, len(list))
	for _, name := range list {
		if name != "" {
			out = append(out, name)
		}
	}
	return out
}
