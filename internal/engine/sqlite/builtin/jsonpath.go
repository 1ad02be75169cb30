package builtin

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func registerJSONPath(r registry) {
	// What was found before an error is given with it: silent functions tell of that.
	search := func(c *Ctx, a []datum, existence, zoned bool) ([]string, error) {
		p, ok := c.Cache.(*cachedPath)
		if !ok || p.src != a[1].Str() {
			path, err := value.ParsePath(a[1].Str())
			if err != nil {
				return nil, err
			}
			p = &cachedPath{a[1].Str(), path}
			c.Cache = p
		}
		vars := "{}"
		if len(a) > 2 {
			if vars = a[2].Str(); value.JSONKind(vars) != "object" {
				return nil, fault.New(fault.InvalidParameterValue, `"vars" argument is not an object`).WithDetail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.")
			}
		}
		e := &pathEval{ctx: c, root: a[0].Str(), vars: vars, strict: p.path.Strict, zoned: zoned}
		var out []string
		var err error
		if existence {
			out, err = e.some(p.path.Root, e.root)
		} else {
			out, err = e.items(p.path.Root, e.root)
		}
		for i := range out {
			if t, ok := timeOfItem(out[i]); ok {
				out[i] = t.json()
			}
		}
		if err != nil && len(a) > 3 && a[3].IsTrue() && quiet(err) {
			return out, errQuiet
		}
		if u, ok := err.(unreadTime); ok {
			err = u.cause
		}
		return out, err
	}
	exists := func(zoned bool) func(c *Ctx, a []datum) (datum, error) {
		return func(c *Ctx, a []datum) (datum, error) {
			out, err := search(c, a, true, zoned)
			if err == errQuiet {
				return value.Null, nil
			}
			return value.Bool(len(out) > 0), err
		}
	}
	match := func(zoned bool) func(c *Ctx, a []datum) (datum, error) {
		return func(c *Ctx, a []datum) (datum, error) {
			out, err := search(c, a, false, zoned)
			if err != nil && err != errQuiet {
				return value.Null, err
			}
			if len(out) == 1 {
				switch out[0] {
				case "true", "false":
					return value.Bool(out[0] == "true"), nil
				case "null":
					return value.Null, nil
				}
			}
			if len(a) > 3 && a[3].IsTrue() {
				return value.Null, nil
			}
			return value.Null, fault.New("22038", "single boolean result is expected")
		}
	}
	silent := func(f func(*Ctx, []datum) (datum, error)) func(*Ctx, []datum) (datum, error) {
		return func(c *Ctx, a []datum) (datum, error) {
			return f(c, []datum{a[0], a[1], text("{}"), value.Bool(true)})
		}
	}
	r.fn("jsonb_path_exists_opr(jsonb,jsonpath)", silent(exists(false)))
	r.fn("jsonb_path_match_opr(jsonb,jsonpath)", silent(match(false)))
	for _, tz := range []string{"", "_tz"} {
		args, zoned := tz+"(jsonb,jsonpath,jsonb,bool)", tz != ""
		run := func(c *Ctx, a []datum) ([]string, error) { return search(c, a, false, zoned) }
		r.fn("jsonb_path_exists"+args, exists(zoned))
		r.fn("jsonb_path_match"+args, match(zoned))
		r.set("jsonb_path_query"+args, func(c *Ctx, a []datum, yield func([]datum) bool) error {
			out, err := run(c, a)
			if err == errQuiet {
				err = nil
			}
			for _, v := range out {
				if !yield([]datum{text(v)}) {
					break
				}
			}
			return err
		})
		r.fn("jsonb_path_query_array"+args, func(c *Ctx, a []datum) (datum, error) {
			out, err := run(c, a)
			if err == errQuiet {
				err = nil
			}
			return text(string(value.AppendArray(nil, out))), err
		})
		r.fn("jsonb_path_query_first"+args, func(c *Ctx, a []datum) (datum, error) {
			out, err := run(c, a)
			if err == errQuiet {
				err = nil
			}
			if err != nil || len(out) == 0 {
				return value.Null, err
			}
			return text(out[0]), nil
		})
	}
}

type cachedPath struct {
	src  string
	path *value.Path
}

var errQuiet = fault.New(fault.InvalidJSON, "suppressed")

// quiet reports whether a silent call swallows an error: those about the shape of the data.
func quiet(err error) bool {
	if _, ok := err.(unreadTime); ok {
		return true
	}
	f, ok := err.(*fault.Error)
	return ok && (strings.HasPrefix(f.Code, "2203") || f.Code == fault.DivisionByZero || f.Code == fault.NumericOutOfRange)
}

// pathEval evaluates one JSON path on one value. Its items are JSON, or what a pathTime is as an item.
type pathEval struct {
	ctx    *Ctx
	root   string
	vars   string
	strict bool
	zoned  bool // the session's time zone may be used
	last   int  // of the innermost array subscript
}

// some is items where it matters only whether there are any. In lax mode the first one is enough, whatever comes after it, and a sign before
// what is no number makes nothing of it.
func (e *pathEval) some(n *value.PathNode, cur string) ([]string, error) {
	if e.strict {
		return e.items(n, cur)
	}
	if n.Op == "neg" || n.Op == "pos" {
		list, err := e.unwrapped(n.Left, cur)
		return slices.DeleteFunc(list, func(v string) bool { return kindOfItem(v) != "number" }), err
	}
	out, err := e.items(n, cur)
	if len(out) > 0 {
		return out, nil
	}
	return nil, err
}

// truth is three-valued.
type truth uint8

const (
	no truth = iota
	yes
	unknown
)

// items evaluates an expression to a sequence.
func (e *pathEval) items(n *value.PathNode, cur string) ([]string, error) {
	switch n.Op {
	case "$":
		return []string{e.root}, nil
	case "@":
		return []string{cur}, nil
	case "last":
		return []string{strconv.Itoa(e.last)}, nil
	case "var":
		v, ok := value.JSONField(e.vars, n.Str)
		if !ok {
			return nil, fault.New(fault.UndefinedObject, `could not find jsonpath variable "%s"`, n.Str)
		}
		return []string{v}, nil
	case "str":
		return []string{value.QuoteJSON(n.Str)}, nil
	case "num", "bool", "null":
		return []string{n.Str}, nil
	case "+", "-", "*", "/", "%":
		return e.arithmetic(n, cur)
	case "neg", "pos":
		list, err := e.unwrapped(n.Left, cur)
		if err != nil {
			return nil, err
		}
		out := make([]string, 0, len(list))
		for _, v := range list {
			if kindOfItem(v) != "number" {
				return out, fault.New("2203B", "operand of unary jsonpath operator %s is not a numeric value", map[string]string{"neg": "-", "pos": "+"}[n.Op])
			}
			if n.Op == "neg" {
				v = value.DecOf(text(v)).Neg().String()
			}
			out = append(out, v)
		}
		return out, nil
	case "==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", "starts", "like", "exists", "unknown":
		t, err := e.test(n, cur)
		if err != nil {
			return nil, err
		}
		return []string{[]string{"false", "true", "null"}[t]}, nil
	}
	base, failed := e.items(n.Left, cur)
	var out []string
	for _, v := range base {
		more, err := e.step(n, v, cur)
		out = append(out, more...)
		if err != nil {
			return out, err
		}
	}
	return out, failed
}

// unwrapped is items with arrays opened in lax mode.
func (e *pathEval) unwrapped(n *value.PathNode, cur string) ([]string, error) {
	list, err := e.items(n, cur)
	if err != nil || e.strict {
		return list, err
	}
	var out []string
	for _, v := range list {
		if v[0] == '[' {
			out = append(out, value.ElemsOf(v)...)
		} else {
			out = append(out, v)
		}
	}
	return out, nil
}

// each applies f to v, or in lax mode to the elements of v if it is an array.
func (e *pathEval) each(v string, f func(v string) ([]string, error)) ([]string, error) {
	if e.strict || v[0] != '[' {
		return f(v)
	}
	var out []string
	for el := range value.Elems(v) {
		more, err := f(el)
		out = append(out, more...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func (e *pathEval) step(n *value.PathNode, v, cur string) ([]string, error) {
	kind := kindOfItem(v)
	switch n.Op {
	case ".key":
		return e.each(v, func(v string) ([]string, error) {
			if kindOfItem(v) != "object" {
				if e.strict {
					return nil, fault.New("2203A", "jsonpath member accessor can only be applied to an object")
				}
				return nil, nil
			}
			m, ok := value.JSONField(v, n.Str)
			switch {
			case ok:
				return []string{m}, nil
			case e.strict:
				return nil, fault.New("2203A", `JSON object does not contain key "%s"`, n.Str)
			}
			return nil, nil
		})
	case ".*":
		return e.each(v, func(v string) ([]string, error) {
			if kindOfItem(v) != "object" && e.strict {
				return nil, fault.New("2203C", "jsonpath wildcard member accessor can only be applied to an object")
			}
			var out []string
			for _, m := range value.Pairs(v) {
				out = append(out, m)
			}
			return out, nil
		})
	case "[*]":
		switch {
		case kind == "array":
			return value.ElemsOf(v), nil
		case e.strict:
			return nil, fault.New("22039", "jsonpath wildcard array accessor can only be applied to an array")
		}
		return []string{v}, nil
	case ".**":
		var out []string
		var walk func(v string, level int)
		walk = func(v string, level int) {
			k := kindOfItem(v)
			leaf := k != "array" && k != "object"
			if from, to := n.From, n.To; (from >= 0 && level >= from || from < 0 && leaf) && (to < 0 || level <= to) {
				out = append(out, v)
			}
			if n.To >= 0 && level >= n.To {
				return
			}
			for _, m := range value.Pairs(v) {
				walk(m, level+1)
			}
			for m := range value.Elems(v) {
				walk(m, level+1)
			}
		}
		walk(v, 0)
		return out, nil
	case "[]":
		return e.subscript(n, v, cur)
	case "?":
		return e.each(v, func(v string) ([]string, error) {
			t, err := e.test(n.Right, v)
			if err != nil || t != yes {
				return nil, err
			}
			return []string{v}, nil
		})
	}
	return e.method(n, v)
}

func (e *pathEval) subscript(n *value.PathNode, v, cur string) ([]string, error) {
	var list []string
	switch {
	case kindOfItem(v) == "array":
		list = value.ElemsOf(v)
	case e.strict:
		return nil, fault.New("22039", "jsonpath array accessor can only be applied to an array")
	default:
		list = []string{v}
	}
	outer := e.last
	defer func() { e.last = outer }()
	e.last = len(list) - 1
	index := func(m *value.PathNode) (int, error) {
		r, err := e.items(m, cur)
		if err != nil {
			return 0, err
		}
		if len(r) != 1 || kindOfItem(r[0]) != "number" {
			return 0, fault.New("22033", "jsonpath array subscript is not a single numeric value")
		}
		i, ok := value.DecOf(text(r[0])).Trunc(0).Int64()
		if !ok || i != int64(int32(i)) {
			return 0, fault.New("22033", "jsonpath array subscript is out of integer range")
		}
		return int(i), nil
	}
	var out []string
	for _, s := range n.Subs {
		from, err := index(s[0])
		if err != nil {
			return nil, err
		}
		to := from
		if s[1] != nil {
			if to, err = index(s[1]); err != nil {
				return nil, err
			}
		}
		if e.strict && (from < 0 || from > to || to >= len(list)) {
			return nil, fault.New("22033", "jsonpath array subscript is out of bounds")
		}
		for i := max(from, 0); i <= to && i < len(list); i++ {
			out = append(out, list[i])
		}
	}
	return out, nil
}

func (e *pathEval) method(n *value.PathNode, v string) ([]string, error) {
	kind := kindOfItem(v)
	switch n.Str {
	case "type":
		if t, ok := timeOfItem(v); ok {
			kind = pathTimeNames[t.kind]
		}
		return []string{value.QuoteJSON(kind)}, nil
	case "size":
		if kind != "array" {
			if e.strict {
				return nil, fault.New("22039", "jsonpath item method .size() can only be applied to an array")
			}
			return []string{"1"}, nil
		}
		return []string{strconv.Itoa(len(value.ElemsOf(v)))}, nil
	}
	return e.each(v, func(v string) ([]string, error) {
		kind := kindOfItem(v)
		switch n.Str {
		case "datetime":
			return readPathTime(n, v)
		case "keyvalue":
			if kind != "object" {
				return nil, fault.New("2203C", "jsonpath item method .keyvalue() can only be applied to an object")
			}
			var out []string
			for k, m := range value.Pairs(v) {
				out = append(out, string(value.AppendObject(nil, []value.Pair{{Key: "key", Value: value.QuoteJSON(k)}, {Key: "value", Value: m}, {Key: "id", Value: "0"}})))
			}
			return out, nil
		case "double":
			switch kind {
			case "number", "string":
				f, err := strconv.ParseFloat(strings.TrimSpace(value.UnquoteJSON(v)), 64)
				switch {
				case kind == "number" && (err != nil || math.IsInf(f, 0)):
					return nil, fault.New("22036", "numeric argument of jsonpath item method .double() is out of range for type double precision")
				case err != nil:
					return nil, fault.New("22036", "string argument of jsonpath item method .double() is not a valid representation of a double precision number")
				case math.IsInf(f, 0) || math.IsNaN(f):
					return nil, fault.New("22036", "string argument of jsonpath item method .double() is not a valid representation of a double precision number")
				}
				if kind == "number" {
					return []string{v}, nil // as it is written
				}
				return []string{value.DecFloat(f, 64).String()}, nil
			}
			return nil, fault.New("22036", "jsonpath item method .double() can only be applied to a string or numeric value")
		}
		if kind != "number" {
			return nil, fault.New("22036", "jsonpath item method .%s() can only be applied to a numeric value", n.Str)
		}
		d := value.DecOf(text(v))
		switch n.Str {
		case "ceiling":
			d = d.Ceil()
		case "floor":
			d = d.Floor()
		case "abs":
			d = d.Abs()
		}
		return []string{d.String()}, nil
	})
}

func (e *pathEval) arithmetic(n *value.PathNode, cur string) ([]string, error) {
	operand := func(m *value.PathNode, side string) (value.Dec, error) {
		list, err := e.unwrapped(m, cur)
		if err != nil {
			return value.Dec{}, err
		}
		if len(list) != 1 || kindOfItem(list[0]) != "number" {
			return value.Dec{}, fault.New("22038", "%s operand of jsonpath operator %s is not a single numeric value", side, n.Op)
		}
		return value.DecOf(text(list[0])), nil
	}
	l, err := operand(n.Left, "left")
	if err != nil {
		return nil, err
	}
	r, err := operand(n.Right, "right")
	if err != nil {
		return nil, err
	}
	switch n.Op {
	case "+":
		l = l.Add(r)
	case "-":
		l = l.Sub(r)
	case "*":
		l = l.Mul(r)
	case "/":
		l, err = l.Div(r)
	case "%":
		l, err = l.Mod(r)
	}
	if err != nil {
		return nil, err
	}
	return []string{l.String()}, nil
}

// test evaluates a predicate. Errors about the data make it unknown.
func (e *pathEval) test(n *value.PathNode, cur string) (truth, error) {
	switch n.Op {
	case "&&", "||":
		l, err := e.test(n.Left, cur)
		if err != nil {
			return unknown, err
		}
		stop := no
		if n.Op == "||" {
			stop = yes
		}
		if l == stop {
			return l, nil
		}
		r, err := e.test(n.Right, cur)
		if err != nil || r == stop || l == yes && n.Op == "&&" || l == no && n.Op == "||" {
			return r, err
		}
		return unknown, nil
	case "!":
		t, err := e.test(n.Left, cur)
		return []truth{yes, no, unknown}[t], err
	case "unknown":
		t, err := e.test(n.Left, cur)
		if t == unknown {
			return yes, err
		}
		return no, err
	case "exists":
		list, err := e.some(n.Left, cur)
		switch {
		case err != nil && quiet(err):
			return unknown, nil
		case err != nil:
			return unknown, err
		case len(list) > 0:
			return yes, nil
		}
		return no, nil
	case "bool":
		if n.Str == "true" {
			return yes, nil
		}
		return no, nil
	case "==", "!=", "<", "<=", ">", ">=", "starts", "like":
	default:
		return unknown, fault.New(fault.SyntaxError, "syntax error in jsonpath: a predicate is expected")
	}
	l, err := e.unwrapped(n.Left, cur)
	if err != nil {
		return e.hide(err)
	}
	r := []string{"null"}
	if n.Right != nil {
		if r, err = e.unwrapped(n.Right, cur); err != nil {
			return e.hide(err)
		}
	}
	found, wrong := false, false
	for _, x := range l {
		for _, y := range r {
			t, err := e.compare(n, x, y)
			switch {
			case err != nil:
				return unknown, err
			case t == unknown && e.strict:
				return unknown, nil
			case t == unknown:
				wrong = true
			case t == yes && !e.strict:
				return yes, nil
			case t == yes:
				found = true
			}
		}
	}
	switch {
	case found:
		return yes, nil
	case wrong:
		return unknown, nil
	}
	return no, nil
}

func (e *pathEval) hide(err error) (truth, error) {
	if quiet(err) {
		return unknown, nil
	}
	return unknown, err
}

func (e *pathEval) compare(n *value.PathNode, x, y string) (truth, error) {
	of := func(b bool) (truth, error) {
		if b {
			return yes, nil
		}
		return no, nil
	}
	kx, ky := kindOfItem(x), kindOfItem(y)
	switch n.Op {
	case "starts":
		if kx != "string" || ky != "string" {
			return unknown, nil
		}
		return of(strings.HasPrefix(value.UnquoteJSON(x), value.UnquoteJSON(y)))
	case "like":
		if kx != "string" {
			return unknown, nil
		}
		flags := ""
		for _, f := range n.Flags {
			switch f {
			case 'i', 'q':
				flags += string(f)
			}
		}
		// XQuery's dot does not match a newline, but for flag s.
		switch lines, dot := strings.Contains(n.Flags, "m"), strings.Contains(n.Flags, "s"); {
		case lines && dot:
			flags += "w"
		case lines:
			flags += "n"
		case !dot:
			flags += "p"
		}
		re, err := compileRegex(n.Str, flags)
		if err != nil {
			return unknown, err
		}
		return of(re.match(value.UnquoteJSON(x)))
	}
	if kx != ky {
		// null compares with anything: unequal.
		if kx == "null" || ky == "null" {
			return of(n.Op == "!=")
		}
		return unknown, nil
	}
	if kx == "object" || kx == "array" {
		return unknown, nil
	}
	var c int
	if kx == "datetime" {
		var comparable bool
		var err error
		if c, comparable, err = e.compareTimes(x, y); err != nil || !comparable {
			return unknown, err
		}
	} else {
		c = value.CompareJSONB(x, y)
	}
	switch n.Op {
	case "==":
		return of(c == 0)
	case "!=":
		return of(c != 0)
	case "<":
		return of(c < 0)
	case "<=":
		return of(c <= 0)
	case ">":
		return of(c > 0)
	}
	return of(c >= 0)
}
