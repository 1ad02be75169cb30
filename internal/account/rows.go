package account

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// store reads and writes the tables of sign-in as their owner: with the statements that every door makes, planned once and kept, so that
// triggers, constraints and foreign keys of the project hold here as well, on both engines.
type store struct {
	engine engine.Engine
	plans  *plan.Cache
	limit  time.Duration
}

// The schemas: the ecosystem's own, and what only Mainstay keeps.
const (
	schemaAuth = "auth"
	schemaOwn  = "mainstay"
)

func newStore(e engine.Engine) *store {
	return &store{engine: e, plans: plan.NewCache(512), limit: 30 * time.Second}
}

// owner is the role that the tables belong to. It steps over their row-level security and reads no data of the project's.
func (s *store) owner() query.Caller {
	c := query.Caller{Claims: []byte(`{}`)}
	if t := s.engine.Catalog().Table(schemaAuth, "users"); t != nil {
		c.Role = t.Owner
	}
	return c
}

// transact runs f in one transaction and gives the one that has committed. f may be called again from the start.
func (s *store) transact(ctx context.Context, readOnly bool, f func(*tx) error) (*tx, error) {
	caller := s.owner()
	var x *tx
	err := s.engine.Transact(ctx, engine.TxOptions{Caller: caller, Timeout: s.limit, ReadOnly: readOnly, Aside: true}, func(t engine.Tx) error {
		x = &tx{store: s, tx: t, ctx: ctx, caller: caller}
		return f(x)
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// tx is a transaction under way.
type tx struct {
	*store
	tx     engine.Tx
	ctx    context.Context
	caller query.Caller
	// What happens when the transaction commits.
	ended    []string  // these sessions end
	issued   []*issued // these get access tokens
	creation *creation // the user that it makes
	answer   bool      // what it has written down is answered at once
}

// A condition compares a column with a value: op is one of the REST door's words.
type condition struct {
	column, op string
	value      any
}

func eq(column string, v any) condition  { return condition{column, "eq", v} }
func neq(column string, v any) condition { return condition{column, "neq", v} }
func lt(column string, v any) condition  { return condition{column, "lt", v} }
func lte(column string, v any) condition { return condition{column, "lte", v} }
func null(column string) condition       { return condition{column, "is", "null"} }
func notNull(column string) condition    { return condition{column, "is", "not_null"} }

// page is the order and the part of a list. The zero value is all rows in any order.
type page struct {
	order         []query.Order
	limit, offset int // 0 for none
}

func (s *statement) node(where []condition, p page) query.Node {
	n := query.Node{Limit: -1, Offset: -1, MaxRows: -1, Order: p.order}
	if p.limit > 0 {
		n.Limit = s.value(p.limit)
	}
	if p.offset > 0 {
		n.Offset = s.value(p.offset)
	}
	if len(where) > 0 {
		n.Where = &query.Logic{Op: query.And}
		for _, c := range where {
			f := &query.Filter{Name: c.column, Op: c.op, Value: -1}
			if c.op == "is" {
				f.Is = c.value.(string)
			} else {
				f.Value = s.value(c.value)
			}
			n.Where.Args = append(n.Where.Args, &query.Logic{Leaf: f})
		}
	}
	return n
}

// statement is a query.Statement in the making.
type statement struct{ query.Statement }

func newStatement(schema string) *statement {
	return &statement{query.Statement{Schema: schema, MaxAffected: -1}}
}

func (s *statement) value(v any) query.ValueRef {
	s.Values = append(s.Values, text(v))
	return query.ValueRef(len(s.Values) - 1)
}

// text is a value in PostgreSQL's text form.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	panic(fmt.Sprintf("account: no text form of %T", v))
}

// values are columns to write, by name. A nil value is NULL.
type values map[string]any

func (s *statement) write(action query.Action, relation string, v values, where []condition) {
	w := &query.Write{Action: action, Relation: relation, Returning: true, Node: s.node(where, page{})}
	for name := range v {
		w.Columns = append(w.Columns, name)
	}
	slices.Sort(w.Columns) // one shape for one set of columns
	s.Fields = make([][]byte, len(w.Columns))
	for i, name := range w.Columns {
		s.Fields[i] = rawJSON(v[name])
	}
	if action == query.Delete {
		s.Fields = nil
	}
	s.Write = w
}

func rawJSON(v any) []byte {
	switch x := v.(type) {
	case json.RawMessage:
		if x == nil {
			return []byte("null")
		}
		return x
	case time.Time:
		v = text(x)
	case *time.Time:
		if x == nil {
			return []byte("null")
		}
		v = text(*x)
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("account: a value of a column: " + err.Error())
	}
	return b
}

// find gives the rows that fulfil the conditions.
func find[T any](x *tx, schema, relation string, where ...condition) ([]T, error) {
	return list[T](x, schema, relation, page{}, where...)
}

func list[T any](x *tx, schema, relation string, p page, where ...condition) ([]T, error) {
	s := newStatement(schema)
	s.Read = &query.Read{Relation: relation, Node: s.node(where, p)}
	return run[T](x, s)
}

// one gives the row that fulfils the conditions; nil when there is none.
func one[T any](x *tx, schema, relation string, where ...condition) (*T, error) {
	rows, err := list[T](x, schema, relation, page{limit: 1}, where...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// count gives the number of rows that fulfil the conditions.
func count(x *tx, schema, relation string, where ...condition) (int64, error) {
	s := newStatement(schema)
	s.Read = &query.Read{Relation: relation, Node: s.node(where, page{limit: 1})}
	s.Count = query.ExactCount
	c := &collector[json.RawMessage]{}
	err := do(x, s, c)
	return c.total, err
}

func insert[T any](x *tx, schema, relation string, v values) (*T, error) {
	s := newStatement(schema)
	s.write(query.Insert, relation, v, nil)
	rows, err := run[T](x, s)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fmt.Errorf("insert into %s.%s gave %d rows", schema, relation, len(rows)) // a trigger of the project's swallowed it
	}
	return &rows[0], nil
}

// update changes rows and gives them as they are then.
func update[T any](x *tx, schema, relation string, v values, where ...condition) ([]T, error) {
	s := newStatement(schema)
	s.write(query.Update, relation, v, where)
	return run[T](x, s)
}

// remove deletes rows and gives them. It is how single-use things are used: of two that delete one row, one gets it.
func remove[T any](x *tx, schema, relation string, where ...condition) ([]T, error) {
	s := newStatement(schema)
	s.write(query.Delete, relation, nil, where)
	return run[T](x, s)
}

func run[T any](x *tx, s *statement) ([]T, error) {
	c := &collector[T]{}
	err := do(x, s, c)
	return c.rows, err
}

func do[T any](x *tx, s *statement, c *collector[T]) error {
	p, err := x.plans.Plan(x.engine.Catalog(), &s.Statement, x.caller.Role, plan.Options{})
	if err != nil {
		return err
	}
	c.columns = p.Columns()
	return x.tx.Do(x.ctx, p, plan.Args{Caller: x.caller, Values: s.Values, Body: s.Body, Fields: s.Fields}, c)
}

// collector reads rows into values of T.
type collector[T any] struct {
	columns []plan.Column
	buf     []byte
	rows    []T
	total   int64
}

func (c *collector[T]) Row(r engine.Row) error {
	c.buf = append(c.buf[:0], '{')
	for i, col := range c.columns {
		if col.Hidden || r.IsNull(i) {
			continue
		}
		if len(c.buf) > 1 {
			c.buf = append(c.buf, ',')
		}
		c.buf = r.AppendJSON(append(c.buf, col.Key...), i)
	}
	c.buf = append(c.buf, '}')
	var v T
	if err := json.Unmarshal(c.buf, &v); err != nil {
		return fmt.Errorf("read a row: %w", err)
	}
	c.rows = append(c.rows, v)
	return nil
}

func (c *collector[T]) End(o engine.Outcome) error {
	c.total = o.Total
	return nil
}

func ascending(columns ...string) []query.Order {
	list := make([]query.Order, len(columns))
	for i, c := range columns {
		list[i] = query.Order{Name: c}
	}
	return list
}
