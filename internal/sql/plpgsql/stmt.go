package plpgsql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// stmts reads statements up to one of stops.
func (p *parser) stmts(stops string) []Stmt {
	var out []Stmt
	for !p.is(stops) {
		if p.tok.kind == atEnd {
			p.unexpected()
		}
		out = append(out, p.stmt())
	}
	return out
}

func (p *parser) stmt() Stmt {
	p.enter()
	defer p.leave()
	line := p.line(p.tok.start)
	label := p.label()
	if label != "" && !p.is("declare begin loop while for foreach") {
		p.unexpected()
	}
	if p.tok.kind == quoted || p.tok.kind == word && p.assignable() {
		if s := p.assign(line); s != nil {
			return s
		}
	}
	if p.tok.kind != word {
		if p.tok.kind == punct && p.tok.text == "(" {
			return p.sqlStmt(line)
		}
		if p.tok.kind == punct && strings.HasPrefix(p.tok.text, "$") && matches(p.peek(), ":= = [ .") {
			return p.assignParam(line)
		}
		p.unexpected()
	}
	switch p.tok.text {
	case "declare", "begin":
		b := p.block(label)
		p.expect(";")
		return b
	case "if":
		return p.ifStmt(line)
	case "case":
		return p.caseStmt(line)
	case "loop":
		p.advance()
		return &Loop{Label: label, Body: p.loopBody(label), Line: line}
	case "while":
		p.advance()
		cond := p.expr("loop")
		p.advance()
		return &Loop{Label: label, While: cond, Body: p.loopBody(label), Line: line}
	case "for":
		return p.forStmt(label, line)
	case "foreach":
		return p.forEach(label, line)
	case "exit", "continue":
		return p.exit(line)
	case "return":
		return p.returnStmt(line)
	case "raise":
		return p.raise(line)
	case "assert":
		p.advance()
		a := &Assert{Cond: p.expr("; ,"), Line: line}
		if p.accept(",") {
			a.Message = p.expr(";")
		}
		p.expect(";")
		return a
	case "perform":
		p.advance()
		start, end := p.until(";")
		s := &Perform{Query: p.later("SELECT ", p.src[start:end], "", start, true), Line: line}
		p.expect(";")
		return s
	case "execute":
		return p.execute(line)
	case "get":
		if matches(p.peek(), "diagnostics current stacked") {
			return p.diagnostics(line)
		}
	case "open":
		return p.openStmt(line)
	case "fetch", "move":
		return p.fetch(line)
	case "close":
		p.advance()
		c := &Close{Cursor: p.cursorVar(), Line: line}
		p.expect(";")
		return c
	case "null":
		if matches(p.peek(), ";") {
			p.advance()
			p.advance()
			return &Null{Line: line}
		}
	case "commit", "rollback":
		c := &Commit{Rollback: p.tok.text == "rollback", Line: line}
		p.advance()
		if p.accept("and") {
			p.accept("no")
			p.expect("chain")
		}
		p.expect(";")
		return c
	case "call", "do":
		start, end := p.until(";")
		c := &Call{Call: p.later("", p.src[start:end], "", start, false), Var: -1, Line: line}
		p.expect(";")
		return c
	case "elsif", "elseif", "else", "end", "when", "then", "exception", "using", "into", "strict":
		p.unexpected()
	}
	return p.sqlStmt(line)
}

// assignable tells if the statement may be an assignment: a name that is followed by what follows a target.
func (p *parser) assignable() bool { return matches(p.peek(), ":= = [ .") && !p.reserved() }

// assign reads target := expr; nil (with nothing read) when the name is no variable and SQL may begin so.
func (p *parser) assign(line int) Stmt {
	at := p.tok.start
	// The parts of the name, without reading them: the lexer is cheap.
	ahead := lexer{src: p.src, pos: at}
	var parts []string
	for {
		t := ahead.next()
		parts = append(parts, t.text)
		pos := ahead.pos
		if dot := ahead.next(); !matches(dot, ".") {
			ahead.pos = pos
			break
		}
	}
	v, used := p.find(parts)
	if v < 0 {
		if next := ahead.next(); matches(next, ":= = [") {
			p.fail(at, fault.SyntaxError, `"%s" is not a known variable`, strings.Join(parts, "."))
		}
		return nil
	}
	p.advance()
	for range used - 1 {
		p.advance()
		p.advance()
	}
	return p.assignTo(v, at, line)
}

// assignParam is assign for $n.
func (p *parser) assignParam(line int) Stmt {
	v := p.param(p.tok.text)
	if v < 0 {
		p.unexpected()
	}
	at := p.tok.start
	p.advance()
	return p.assignTo(v, at, line)
}

func (p *parser) assignTo(v, at, line int) Stmt {
	a := &Assign{Var: v, Line: line}
	if p.fn.Vars[v].Const {
		p.fail(at, "22005", `variable "%s" is declared CONSTANT`, p.fn.Vars[v].Name)
	}
	for p.is("[ .") {
		if p.accept(".") {
			if p.tok.kind != word && p.tok.kind != quoted {
				p.unexpected()
			}
			a.Steps = append(a.Steps, sql.Step{Field: p.tok.text})
			p.advance()
			continue
		}
		p.advance()
		p.subscript(a)
		p.expect("]")
	}
	if !p.accept(":=") {
		p.expect("=")
	}
	start, end := p.until(";") // may be empty, which fails when it runs
	a.Expr = p.later("SELECT ", p.src[start:end], "", start, true)
	p.expect(";")
	return a
}

// subscript reads [i] or [lo:hi] and puts the step's expressions in place when they are parsed.
func (p *parser) subscript(a *Assign) {
	n := len(a.Steps)
	a.Steps = append(a.Steps, sql.Step{})
	bound := func(stops string, set func(*sql.Step, sql.Expr)) {
		start, end := p.until(stops)
		if start == end {
			return
		}
		p.todo = append(p.todo, pending{
			piece: sql.Piece{Before: "SELECT ", Text: p.src[start:end], Pos: p.base + sql.Pos(start)}, check: true,
			set: func(s sql.Stmt) {
				if q := s.(*sql.Select); len(q.Targets) == 1 {
					set(&a.Steps[n], q.Targets[0].Expr)
				}
			},
		})
	}
	lo := p.tok.start
	bound("] :", func(s *sql.Step, e sql.Expr) {
		if s.Slice {
			s.Lo = e
		} else {
			s.Hi = e
		}
	})
	if p.accept(":") {
		a.Steps[n].Slice = true
		bound("]", func(s *sql.Step, e sql.Expr) { s.Hi = e })
	} else if p.prev == lo {
		p.unexpected()
	}
}

func (p *parser) ifStmt(line int) Stmt {
	s := &If{Line: line}
	for {
		p.advance() // IF, ELSIF
		cond := p.expr("then")
		p.advance()
		s.Arms = append(s.Arms, Arm{Cond: cond, Body: p.stmts("elsif elseif else end")})
		if !p.is("elsif elseif") {
			break
		}
	}
	if p.accept("else") {
		s.Else = p.stmts("end")
	}
	p.expect("end")
	p.expect("if")
	p.expect(";")
	return s
}

func (p *parser) caseStmt(line int) Stmt {
	p.advance()
	c := &Case{ArgVar: -1, Line: line}
	name := ""
	if !p.is("when") {
		c.Arg = p.expr("when")
		name = fmt.Sprintf("__Case__Variable_%d__", len(p.fn.Vars))
		p.open("")
		defer p.close()
		c.ArgVar = p.declare(Var{Name: name})
	}
	for p.accept("when") {
		var arm Arm
		if name == "" {
			arm.Cond = p.expr("then")
		} else {
			start, end := p.until("then")
			if start == end {
				p.unexpected()
			}
			before := `SELECT "` + name + `" IN (`
			arm.Cond = p.later(before, p.src[start:end], "\n)", start, true)
			arm.Cond.Text = before[len("SELECT "):] + p.src[start:end] + ")"
		}
		p.advance()
		arm.Body = p.stmts("when else end")
		c.Arms = append(c.Arms, arm)
	}
	if c.Arms == nil {
		p.unexpected()
	}
	if p.accept("else") {
		c.HasElse = true
		c.Else = p.stmts("end")
	}
	p.expect("end")
	p.expect("case")
	p.expect(";")
	return c
}

// loopBody reads what follows LOOP.
func (p *parser) loopBody(label string) []Stmt {
	p.open(label)
	p.ns.loop = true
	body := p.stmts("end")
	p.close()
	p.expect("end")
	p.expect("loop")
	p.endLabel(label)
	p.expect(";")
	return body
}

// hasRange tells if a FOR's header holds lo..hi.
func (p *parser) hasRange() bool {
	ahead := lexer{src: p.src, pos: p.tok.start}
	for depth := 0; ; {
		t := ahead.next()
		switch {
		case t.kind == atEnd || depth == 0 && matches(t, "loop"):
			return false
		case matches(t, "( ["):
			depth++
		case matches(t, ") ]"):
			depth--
		case depth == 0 && matches(t, ".."):
			return true
		}
	}
}

func (p *parser) forStmt(label string, line int) Stmt {
	p.advance()
	first := p.tok
	if next := p.peek(); matches(next, "in") {
		// FOR name IN: the name may be new (an integer loop, a cursor loop).
		name := p.ident()
		p.advance()
		reverse := p.is("reverse")
		if p.hasRange() {
			if reverse {
				p.advance()
			}
			return p.forInt(name, reverse, label, line)
		}
		if c := p.cursorLoop(); c >= 0 {
			return p.forCursor(name, c, label, line)
		}
		v, _ := p.find([]string{name})
		if v < 0 {
			p.fail(first.start, fault.SyntaxError, "loop variable of loop over rows must be a record variable or list of scalar variables")
		}
		return p.forQuery(v, label, line)
	}
	v := p.targets()
	p.expect("in")
	return p.forQuery(v, label, line)
}

func (p *parser) forInt(name string, reverse bool, label string, line int) Stmt {
	f := &ForInt{Label: label, Reverse: reverse, Line: line}
	f.Lo = p.expr("..")
	p.advance()
	f.Hi = p.expr("loop by")
	if p.accept("by") {
		f.Step = p.expr("loop")
	}
	p.expect("loop")
	p.open("")
	f.Var = p.declare(Var{Name: name, Type: builtin("int4"), Line: line})
	f.Body = p.loopBody(label)
	p.close()
	return f
}

// cursorLoop tells the bound cursor that a FOR goes over; -1 when it goes over a query.
func (p *parser) cursorLoop() int {
	if p.tok.kind != word && p.tok.kind != quoted || !matches(p.peek(), "loop (") {
		return -1
	}
	v, _ := p.find([]string{p.tok.text})
	if v < 0 || !p.fn.Vars[v].IsCursor {
		return -1
	}
	return v
}

func (p *parser) forCursor(name string, cursor int, label string, line int) Stmt {
	f := &ForQuery{Label: label, Cursor: cursor, Line: line}
	p.advance()
	f.CursorArgs = p.cursorArgs(cursor)
	p.expect("loop")
	p.open("")
	f.Var = p.declare(Var{Name: name, Kind: RecordVar, Line: line})
	f.Body = p.loopBody(label)
	p.close()
	return f
}

// cursorArgs reads (args) of a cursor; nil when there are none. Named arguments stay in the text as name => value.
func (p *parser) cursorArgs(cursor int) *Expr {
	v := &p.fn.Vars[cursor]
	if !p.is("(") {
		if v.CursorArgs >= 0 {
			p.fail(p.tok.start, fault.SyntaxError, `cursor "%s" has arguments`, v.Name)
		}
		return nil
	}
	if v.Cursor != nil && v.CursorArgs < 0 {
		p.fail(p.tok.start, fault.SyntaxError, `cursor "%s" has no arguments`, v.Name)
	}
	p.advance()
	start, end := p.until(")")
	p.advance()
	// cursor_args is a made-up function, so that name := value and name => value parse.
	e := p.later("SELECT cursor_args(", p.src[start:end], "\n)", start, true)
	last := &p.todo[len(p.todo)-1]
	set := last.set
	last.set = func(s sql.Stmt) {
		set(s)
		if call, ok := s.(*sql.Select).Targets[0].Expr.(*sql.FuncCall); ok && p.fn.Vars[cursor].CursorArgs >= 0 {
			p.checkCursorArgs(cursor, call, start)
		}
	}
	return e
}

// checkCursorArgs refuses arguments that are not those of the cursor, each once.
func (p *parser) checkCursorArgs(cursor int, call *sql.FuncCall, at int) {
	v := &p.fn.Vars[cursor]
	fields := p.fn.Vars[v.CursorArgs].Fields
	given := map[int]bool{}
	for i, a := range call.Args {
		to := i
		if a.Name != "" {
			to = slices.IndexFunc(fields, func(f int) bool { return p.fn.Vars[f].Name == a.Name })
		}
		switch {
		case to < 0:
			p.fail(at, fault.SyntaxError, `cursor "%s" has no argument named "%s"`, v.Name, a.Name)
		case given[to]:
			p.fail(at, fault.SyntaxError, `value for parameter "%s" of cursor "%s" specified more than once`, p.fn.Vars[fields[to]].Name, v.Name)
		case to >= len(fields):
			p.fail(at, fault.SyntaxError, `too many arguments for cursor "%s"`, v.Name)
		}
		given[to] = true
	}
	if len(given) < len(fields) {
		p.fail(at, fault.SyntaxError, `not enough arguments for cursor "%s"`, v.Name)
	}
}

func (p *parser) forQuery(v int, label string, line int) Stmt {
	f := &ForQuery{Label: label, Var: v, Cursor: -1, Line: line}
	if p.accept("execute") {
		f.Dynamic = p.expr("loop using")
		if p.accept("using") {
			f.Using = p.list("loop")
		}
	} else {
		start, end := p.until("loop")
		if start == end {
			p.unexpected()
		}
		f.Query = p.later("", p.src[start:end], "", start, false)
	}
	p.expect("loop")
	f.Body = p.loopBody(label)
	return f
}

func (p *parser) forEach(label string, line int) Stmt {
	p.advance()
	f := &ForEach{Label: label, Line: line, Var: p.targets()}
	if p.accept("slice") {
		n, err := strconv.Atoi(p.tok.text)
		if p.tok.kind != number || err != nil {
			p.unexpected()
		}
		f.Slice = n
		p.advance()
	}
	p.expect("in")
	p.expect("array")
	f.Expr = p.expr("loop")
	p.advance()
	f.Body = p.loopBody(label)
	return f
}

func (p *parser) exit(line int) Stmt {
	at := p.tok.start
	e := &Exit{Continue: p.tok.text == "continue", Line: line}
	p.advance()
	if !p.is("; when") {
		at = p.tok.start
		e.Label = p.ident()
	}
	if p.accept("when") {
		e.When = p.expr(";")
	}
	p.expect(";")
	for s := p.ns; s != nil; s = s.outer {
		if e.Label == "" && s.loop {
			return e
		}
		if e.Label != "" && s.label == e.Label {
			if e.Continue && !s.loop {
				p.fail(at, fault.SyntaxError, `block label "%s" cannot be used in CONTINUE`, e.Label)
			}
			return e
		}
	}
	if e.Label != "" {
		p.fail(at, fault.SyntaxError, `there is no label "%s" attached to any block or loop enclosing this statement`, e.Label)
	}
	if e.Continue {
		p.fail(at, fault.SyntaxError, "CONTINUE cannot be used outside a loop")
	}
	p.fail(at, fault.SyntaxError, "EXIT cannot be used outside a loop, unless it has a label")
	return nil
}

// simpleVar is the variable that the next expression consists of; -1 when it is more than a variable.
func (p *parser) simpleVar() int {
	if p.tok.kind != word && p.tok.kind != quoted || !matches(p.peek(), ";") {
		return -1
	}
	v, _ := p.find([]string{p.tok.text})
	return v
}

func (p *parser) returnStmt(line int) Stmt {
	p.advance()
	switch {
	case p.is(";"):
		if !p.ret.set && !p.ret.void && !p.ret.outs && !p.ret.procedure {
			p.near("missing expression")
		}
		p.advance()
		return &Return{Var: -1, Line: line}
	case p.is("next") && !matches(p.peek(), ". [ ("):
		if !p.ret.set {
			p.fail(p.tok.start, fault.DatatypeMismatch, "cannot use RETURN NEXT in a non-SETOF function")
		}
		p.advance()
		r := &ReturnNext{Var: -1, Line: line}
		if p.ret.outs && !p.is(";") {
			p.fail(p.tok.start, fault.DatatypeMismatch, "RETURN NEXT cannot have a parameter in function with OUT parameters")
		}
		if !p.ret.outs && p.is(";") {
			p.near("missing expression")
		}
		if !p.is(";") {
			r.Var = p.simpleVar()
			r.Expr = p.expr(";")
		}
		p.expect(";")
		return r
	case p.is("query") && !matches(p.peek(), ". [ ;"):
		if !p.ret.set {
			p.fail(p.tok.start, fault.DatatypeMismatch, "cannot use RETURN QUERY in a non-SETOF function")
		}
		p.advance()
		r := &ReturnQuery{Line: line}
		if p.accept("execute") {
			r.Dynamic = p.expr("; using")
			if p.accept("using") {
				r.Using = p.list(";")
			}
		} else {
			start, end := p.until(";")
			if start == end {
				p.unexpected()
			}
			r.Query = p.later("", p.src[start:end], "", start, false)
		}
		p.expect(";")
		return r
	}
	wrong := ""
	switch {
	case p.ret.set:
		panic(failure{p.fault(p.tok.start, fault.New(fault.DatatypeMismatch, "RETURN cannot have a parameter in function returning set").WithHint("Use RETURN NEXT or RETURN QUERY."))})
	case p.ret.procedure:
		wrong = "a procedure"
	case p.ret.void:
		wrong = "function returning void"
	case p.ret.outs:
		wrong = "function with OUT parameters"
	}
	if wrong != "" {
		p.fail(p.tok.start, fault.DatatypeMismatch, "RETURN cannot have a parameter in %s", wrong)
	}
	r := &Return{Var: p.simpleVar(), Line: line}
	r.Expr = p.expr(";")
	p.expect(";")
	return r
}

var raiseLevels = map[string]RaiseLevel{
	"debug": RaiseDebug, "log": RaiseLog, "info": RaiseInfo, "notice": RaiseNotice, "warning": RaiseWarning, "exception": RaiseException,
}

func (p *parser) raise(line int) Stmt {
	at := p.tok.start
	p.advance()
	r := &Raise{Level: RaiseException, Line: line}
	if p.accept(";") {
		return r
	}
	if l, ok := raiseLevels[p.tok.text]; ok && p.tok.kind == word {
		r.Level = l
		p.advance()
	}
	switch {
	case p.tok.kind == str:
		r.HasMessage, r.Message = true, p.tok.text
		p.advance()
		// Adjacent constants on separate lines are one.
		for p.tok.kind == str {
			r.Message += p.tok.text
			p.advance()
		}
		for p.accept(",") {
			r.Params = append(r.Params, p.expr(", ; using"))
		}
		want := strings.Count(strings.ReplaceAll(r.Message, "%%", ""), "%")
		if want < len(r.Params) {
			p.fail(at, fault.SyntaxError, "too many parameters specified for RAISE")
		}
		if want > len(r.Params) {
			p.fail(at, fault.SyntaxError, "too few parameters specified for RAISE")
		}
	case !p.is("using ;"):
		r.Condition = p.condition()
	}
	if p.accept("using") {
		for {
			name := p.ident()
			switch name {
			case "errcode", "message", "detail", "hint", "column", "constraint", "datatype", "table", "schema":
			default:
				p.fail(p.prev-len(name), fault.SyntaxError, `unrecognized RAISE statement option at or near "%s"`, name)
			}
			if !p.accept("=") {
				p.expect(":=")
			}
			r.Options = append(r.Options, RaiseOption{Name: name, Expr: p.expr(", ;")})
			if !p.accept(",") {
				break
			}
		}
	}
	p.expect(";")
	return r
}

// into reads [STRICT] targets after INTO.
func (p *parser) into() (strict bool, v int) {
	strict = p.accept("strict")
	return strict, p.targets()
}

func (p *parser) execute(line int) Stmt {
	p.advance()
	e := &DynExec{Var: -1, Line: line}
	e.SQL = p.expr("; into using")
	for !p.is(";") {
		switch {
		case p.is("into") && !e.Into:
			p.advance()
			e.Into = true
			e.Strict, e.Var = p.into()
		case p.is("using") && e.Using == nil:
			p.advance()
			e.Using = p.list("; into")
		default:
			p.unexpected()
		}
	}
	p.expect(";")
	return e
}

func (p *parser) diagnostics(line int) Stmt {
	p.advance()
	g := &GetDiagnostics{Line: line}
	if p.accept("stacked") {
		g.Stacked = true
	} else {
		p.accept("current")
	}
	p.expect("diagnostics")
	for {
		d := DiagItem{Var: p.target()}
		if !p.accept("=") {
			p.expect(":=")
		}
		at := p.tok.start
		d.Item = p.ident()
		stacked, ok := diagnosticItems[d.Item]
		if !ok {
			p.fail(at, fault.SyntaxError, `unrecognized GET DIAGNOSTICS item at or near "%s"`, d.Item)
		}
		if stacked != g.Stacked && d.Item != "pg_context" || d.Item == "pg_context" && g.Stacked {
			form := "GET CURRENT DIAGNOSTICS"
			if g.Stacked {
				form = "GET STACKED DIAGNOSTICS"
			}
			p.fail(at, fault.SyntaxError, "diagnostics item %s is not allowed in %s", strings.ToUpper(d.Item), form)
		}
		g.Items = append(g.Items, d)
		if !p.accept(",") {
			break
		}
	}
	p.expect(";")
	return g
}

// diagnosticItems tells for each item if it belongs to GET STACKED DIAGNOSTICS.
var diagnosticItems = map[string]bool{
	"row_count": false, "pg_context": false, "pg_routine_oid": false, "pg_exception_context": true, "pg_exception_detail": true, "pg_exception_hint": true,
	"returned_sqlstate": true, "column_name": true, "constraint_name": true, "pg_datatype_name": true, "message_text": true, "table_name": true,
	"schema_name": true,
}

// cursorVar reads the name of a cursor variable.
func (p *parser) cursorVar() int {
	at := p.tok.start
	v := p.target()
	if p.fn.Vars[v].Kind != ScalarVar {
		p.fail(at, fault.DatatypeMismatch, "cursor variable must be a simple variable")
	}
	return v
}

func (p *parser) openStmt(line int) Stmt {
	p.advance()
	o := &Open{Cursor: p.cursorVar(), Line: line}
	p.accept("no")
	p.accept("scroll")
	switch {
	case p.accept("for"):
		if p.accept("execute") {
			o.Dynamic = p.expr("; using")
			if p.accept("using") {
				o.Using = p.list(";")
			}
			break
		}
		start, end := p.until(";")
		o.Query = p.later("", p.src[start:end], "", start, true)
	default:
		o.Args = p.cursorArgs(o.Cursor)
	}
	p.expect(";")
	return o
}

func (p *parser) fetch(line int) Stmt {
	f := &Fetch{Move: p.tok.text == "move", Var: -1, Count: 1, Line: line}
	p.advance()
	const (
		forward = iota
		backward
		absolute
		relative
	)
	const all = 1<<63 - 1
	direction := true
	count := func() { f.CountExpr = p.expr("from in") }
	switch {
	case p.is("from in"):
	case p.accept("next"):
	case p.accept("prior"):
		f.Direction = backward
	case p.accept("first"):
		f.Direction = absolute
	case p.accept("last"):
		f.Direction, f.Count = absolute, -1
	case p.accept("absolute"):
		f.Direction = absolute
		count()
	case p.accept("relative"):
		f.Direction = relative
		count()
	case p.accept("all"):
		f.Count = all
	case p.is("forward backward"):
		if p.tok.text == "backward" {
			f.Direction = backward
		}
		p.advance()
		switch {
		case p.is("from in"):
		case p.accept("all"):
			f.Count = all
		default:
			count()
		}
	case matches(p.peek(), "into ; ."):
		direction = false
	default:
		count()
	}
	if direction && !p.accept("from") {
		p.expect("in")
	}
	f.Cursor = p.cursorVar()
	if !f.Move {
		p.expect("into")
		f.Var = p.targets()
	}
	p.expect(";")
	return f
}

// sqlStmt reads a statement of SQL. Its INTO is taken out, with spaces in its place so that positions hold.
func (p *parser) sqlStmt(line int) Stmt {
	start := p.tok.start
	first := p.tok.text
	x := &Exec{Var: -1, Line: line}
	var before token
	var cut [2]int
	depth := 0
	for !p.is(";") || depth > 0 {
		if p.tok.kind == atEnd {
			p.unexpected()
		}
		switch {
		case p.is("( ["):
			depth++
		case p.is(") ]"):
			depth--
		case p.is(";"):
			p.fail(p.tok.start, fault.SyntaxError, `syntax error at or near ";"`)
		case p.is("into") && !matches(before, "insert merge") && first != "import" && first != "create":
			at := p.tok.start
			if x.Into {
				p.fail(at, fault.SyntaxError, "INTO specified more than once")
			}
			x.Into = true
			p.advance()
			x.Strict, x.Var = p.into()
			cut = [2]int{at, p.prev}
			before = token{}
			continue
		}
		before = p.tok
		p.advance()
	}
	end := p.prev
	p.advance()
	text := p.src[start:end]
	if x.Into {
		text = text[:cut[0]-start] + strings.Repeat(" ", cut[1]-cut[0]) + p.src[cut[1]:end]
	}
	x.SQL = p.later("", text, "", start, false)
	return x
}
