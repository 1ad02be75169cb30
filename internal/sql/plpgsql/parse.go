package plpgsql

import (
	"fmt"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// maxDepth bounds nested statements.
const maxDepth = 200

// Parse parses the body of a function in LANGUAGE plpgsql. The variables begin with the parameters, in order (a parameter without a name is
// $n), then FOUND and, for a trigger function, NEW, OLD and the TG_ variables. Errors are *fault.Error with PostgreSQL's messages; Pos is a
// byte offset into the source of fn where BodyPos is known (its Text is then left for the caller to set), else into the body; Where names the line.
//
// The statements are parsed here and not by the parser that package sql uses: that one knows no catalog, so that it takes a variable of a
// row type for a scalar and refuses its fields, and it does not tell positions. Expressions and SQL go through package sql.
func Parse(fn *sql.CreateFunction) (*Function, error) {
	trigger := fn.Returns != nil && !fn.Returns.SetOf && (fn.Returns.Name.Name == "trigger" || fn.Returns.Name.Name == "event_trigger")
	return parse(fn.Name.Name, fn.Body, fn.BodyPos, fn.Params, trigger, resultOf(fn))
}

// result is what a function gives back, as far as RETURN must fit it.
type result struct{ set, void, outs, procedure bool }

func resultOf(fn *sql.CreateFunction) result {
	r := result{procedure: fn.Procedure}
	if t := fn.Returns; t != nil {
		r.set, r.void = t.SetOf, t.Name.Name == "void" || t.Name.Name == "event_trigger"
	}
	for _, p := range fn.Params {
		switch p.Mode {
		case sql.TableArg:
			r.set, r.outs = true, true
		case sql.OutArg, sql.InOutArg:
			r.outs = true
		}
	}
	return r
}

// ParseDo parses the body of a DO block.
func ParseDo(body string) (*Function, error) {
	return parse("inline_code_block", body, sql.NoPos, nil, false, result{void: true})
}

func parse(name, body string, pos sql.Pos, params []sql.FuncParam, trigger bool, ret result) (f *Function, err error) {
	p := &parser{name: name, src: body, base: pos, ret: ret, fn: &Function{NewVar: -1, OldVar: -1}}
	p.lex.src = body
	if pos < 0 {
		p.base = 0
		p.text = body
	}
	defer func() {
		// The parser's own failures travel as a panic of this type, so that the grammar below reads as a grammar.
		switch e := recover().(type) {
		case nil:
		case failure:
			f, err = nil, e.err
		default:
			panic(e)
		}
	}()
	p.open(name)
	for i := range params {
		n := params[i].Name
		if n == "" {
			n = fmt.Sprintf("$%d", i+1)
		}
		p.declare(Var{Name: n, Type: params[i].Type, Kind: kindOf(params[i].Type)})
	}
	p.declare(Var{Name: "found", Type: builtin("bool")})
	if trigger {
		p.fn.NewVar = p.declare(Var{Name: "new", Kind: RecordVar})
		p.fn.OldVar = p.declare(Var{Name: "old", Kind: RecordVar})
		for _, v := range triggerVars {
			p.declare(Var{Name: v[0], Type: builtin(v[1])})
		}
		p.fn.Vars[len(p.fn.Vars)-1].Type.ArrayDims = 1 // tg_argv
	}
	p.advance()
	p.options()
	p.fn.Body = p.block(p.label())
	if p.is("; ") {
		p.advance()
	}
	if p.tok.kind != atEnd {
		p.unexpected()
	}
	p.finish()
	return p.fn, nil
}

// triggerVars are the variables of a trigger function (PostgreSQL, "Trigger Functions"); the last is an array.
var triggerVars = [][2]string{
	{"tg_name", "name"}, {"tg_when", "text"}, {"tg_level", "text"}, {"tg_op", "text"}, {"tg_relid", "oid"}, {"tg_relname", "name"},
	{"tg_table_name", "name"}, {"tg_table_schema", "name"}, {"tg_nargs", "int4"}, {"tg_argv", "text"},
}

func builtin(name string) *sql.TypeName {
	return &sql.TypeName{Name: sql.Name{Schema: "pg_catalog", Name: name, Pos: sql.NoPos}, Pos: sql.NoPos}
}

func kindOf(t *sql.TypeName) VarKind {
	if t != nil && t.Name.Name == "record" && t.ArrayDims == 0 && !t.PctType {
		return RecordVar
	}
	return ScalarVar
}

type failure struct{ err error }

// scope is the names in reach, innermost first. A loop has a label and no names of its own but its variable's.
type scope struct {
	outer *scope
	label string
	loop  bool
	names map[string]int
}

// pending is an expression whose text is yet to be parsed.
type pending struct {
	piece sql.Piece
	set   func(sql.Stmt)
	check bool // it must be an expression's SELECT
}

type parser struct {
	name string
	src  string  // the body
	base sql.Pos // where the body begins in the positions that are told
	text string  // for errors: the text that positions point into
	lex  lexer
	tok  token   // the current token
	back []token // tokens that were read ahead, last first
	prev int     // end of the token before
	fn   *Function
	ret  result
	ns   *scope
	todo []pending

	depth int
}

// ---- tokens ----

func (p *parser) advance() {
	p.prev = p.tok.end
	if n := len(p.back); n > 0 {
		p.tok = p.back[n-1]
		p.back = p.back[:n-1]
		return
	}
	p.tok = p.lex.next()
}

// peek is the token after the current one.
func (p *parser) peek() token {
	if len(p.back) == 0 {
		p.back = append(p.back, p.lex.next())
	}
	return p.back[len(p.back)-1]
}

// is tells if the current token is one of the words or marks.
func (p *parser) is(list string) bool { return matches(p.tok, list) }

func matches(t token, list string) bool {
	if t.kind != word && t.kind != punct {
		return false
	}
	for _, w := range strings.Fields(list) {
		if t.text == w {
			return true
		}
	}
	return false
}

// accept takes the current token when it is w.
func (p *parser) accept(w string) bool {
	if !p.is(w) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(w string) {
	if !p.accept(w) {
		p.unexpected()
	}
}

func (p *parser) line(at int) int { return 1 + strings.Count(p.src[:min(at, len(p.src))], "\n") }

func (p *parser) fail(at int, code, message string, args ...any) {
	panic(failure{p.fault(at, fault.New(code, message, args...))})
}

func (p *parser) fault(at int, f *fault.Error) *fault.Error {
	f.Pos = int(p.base) + at
	f.Text = p.text
	f.Where = fmt.Sprintf("compilation of PL/pgSQL function %q near line %d", p.name, p.line(at))
	return f
}

func (p *parser) unexpected() { p.near("syntax error") }

// near fails at the current token, as PostgreSQL's scanner says it.
func (p *parser) near(message string) {
	if p.tok.kind == atEnd {
		p.fail(p.tok.start, fault.SyntaxError, "%s at end of input", message)
	}
	p.fail(p.tok.start, fault.SyntaxError, `%s at or near "%s"`, message, p.src[p.tok.start:p.tok.end])
}

func (p *parser) ident() string {
	if p.tok.kind != word && p.tok.kind != quoted || p.reserved() {
		p.unexpected()
	}
	n := p.tok.text
	p.advance()
	return n
}

// reserved tells if the current token is one of PL/pgSQL's reserved words.
func (p *parser) reserved() bool {
	return p.tok.kind == word && p.is("all begin by case declare else end execute for foreach from if in into loop not null or strict then to using when while")
}

// ---- names ----

func (p *parser) open(label string) {
	p.ns = &scope{outer: p.ns, label: label, names: map[string]int{}}
}
func (p *parser) close() { p.ns = p.ns.outer }

func (p *parser) add(v Var) int {
	if v.CursorArgs == 0 && !v.IsCursor {
		v.CursorArgs = -1
	}
	p.fn.Vars = append(p.fn.Vars, v)
	return len(p.fn.Vars) - 1
}

func (p *parser) declare(v Var) int {
	n := p.add(v)
	p.ns.names[v.Name] = n
	return n
}

// find resolves name or label.name; -1 when there is none. used is how many of the parts it took.
func (p *parser) find(parts []string) (v, used int) {
	for s := p.ns; s != nil; s = s.outer {
		if n, ok := s.names[parts[0]]; ok {
			return n, 1
		}
		if s.label == parts[0] && len(parts) > 1 {
			if n, ok := s.names[parts[1]]; ok {
				return n, 2
			}
		}
	}
	return -1, 0
}

// field is the datum for a field of a variable.
func (p *parser) field(parent int, name string) int {
	for i, v := range p.fn.Vars {
		if v.Kind == FieldVar && v.Parent == parent && v.Name == name {
			return i
		}
	}
	return p.add(Var{Kind: FieldVar, Name: name, Parent: parent, Line: p.line(p.tok.start)})
}

// dotted reads a, a.b, a.b.c.
func (p *parser) dotted() []string {
	parts := []string{p.ident()}
	for p.is(".") && (p.peek().kind == word || p.peek().kind == quoted) {
		p.advance()
		parts = append(parts, p.tok.text)
		p.advance()
	}
	return parts
}

// target reads the name of a variable or of a field.
func (p *parser) target() int {
	at := p.tok
	if at.kind != word && at.kind != quoted || p.reserved() {
		p.unexpected()
	}
	parts := p.dotted()
	v, used := p.find(parts)
	if v < 0 {
		p.fail(at.start, fault.SyntaxError, `"%s" is not a known variable`, p.src[at.start:p.prev])
	}
	for _, f := range parts[used:] {
		v = p.field(v, f)
	}
	return v
}

// targets reads a list of targets. One plain variable stands for itself, anything else is a row.
func (p *parser) targets() int {
	at := p.tok.start
	first := p.target()
	if !p.is(",") {
		if p.fn.Vars[first].Kind != FieldVar {
			return first
		}
		return p.add(Var{Kind: RowVar, Name: "(unnamed row)", Fields: []int{first}})
	}
	row := Var{Kind: RowVar, Name: "(unnamed row)", Line: p.line(p.tok.start)}
	for v := first; ; v = p.target() {
		if p.fn.Vars[v].Kind == RecordVar {
			p.fail(at, fault.SyntaxError, "record variable cannot be part of multiple-item INTO list")
		}
		row.Fields = append(row.Fields, v)
		if !p.accept(",") {
			return p.add(row)
		}
		at = p.tok.start
	}
}

// ---- expressions ----

// until skips to one of the words or marks outside parentheses and gives the span of what it skipped, without the space around it.
func (p *parser) until(stops string) (start, end int) {
	start, end = p.tok.start, p.tok.start
	depth := 0
	for {
		if p.tok.kind == atEnd {
			p.unexpected()
		}
		if depth == 0 && p.is(stops) {
			return start, end
		}
		switch {
		case p.is("( ["):
			depth++
		case p.is(") ]"):
			depth--
			if depth < 0 {
				p.near("mismatched parentheses")
			}
		case p.is(";"):
			// A semicolon ends any expression.
			if depth > 0 {
				p.near("mismatched parentheses")
			}
			p.fail(p.tok.start, fault.SyntaxError, `missing "%s" at end of SQL expression`, strings.ToUpper(strings.Join(strings.Fields(stops), " or ")))
		}
		end = p.tok.end
		p.advance()
	}
}

// expr reads an expression that ends before one of stops.
func (p *parser) expr(stops string) *Expr {
	start, end := p.until(stops)
	if start == end {
		p.near("missing expression")
	}
	return p.later("SELECT ", p.src[start:end], "", start, true)
}

// later makes an expression that is parsed at the end, together with all others.
func (p *parser) later(before, text, after string, at int, isExpr bool) *Expr {
	e := &Expr{Text: text}
	p.todo = append(p.todo, pending{
		piece: sql.Piece{Before: before, Text: text, After: after, Pos: p.base + sql.Pos(at)}, set: func(s sql.Stmt) { e.Query = s }, check: isExpr,
	})
	return e
}

// list reads expressions between commas up to stops.
func (p *parser) list(stops string) []*Expr {
	var out []*Expr
	for {
		out = append(out, p.expr(stops+" ,"))
		if !p.accept(",") {
			return out
		}
	}
}

// finish parses what later put off.
func (p *parser) finish() {
	pieces := make([]sql.Piece, len(p.todo))
	for i := range p.todo {
		pieces[i] = p.todo[i].piece
	}
	stmts, bad, err := sql.ParsePieces(pieces)
	if err != nil {
		at := int(p.todo[bad].piece.Pos - p.base)
		f, ok := err.(*fault.Error)
		if !ok {
			panic(failure{err})
		}
		c := *f
		if c.Pos >= int(p.base) {
			at = max(c.Pos-int(p.base), at)
		}
		panic(failure{p.fault(at, &c)})
	}
	for i, s := range stmts {
		if _, ok := s.(*sql.Select); p.todo[i].check && !ok {
			p.fail(int(p.todo[i].piece.Pos-p.base), fault.SyntaxError, "query is not a SELECT")
		}
		p.todo[i].set(s)
	}
}

// ---- blocks ----

// options reads the #option lines before the block.
func (p *parser) options() {
	for p.is("#") {
		p.advance()
		name := p.ident()
		value := p.tok.text
		p.advance()
		if name == "variable_conflict" {
			p.fn.VariableConflict = value
		}
	}
}

// label reads <<name>>.
func (p *parser) label() string {
	if !p.accept("<<") {
		return ""
	}
	n := p.ident()
	p.expect(">>")
	return n
}

func (p *parser) block(label string) *Block {
	p.enter()
	defer p.leave()
	b := &Block{Label: label, Line: p.line(p.tok.start)}
	p.open(label)
	defer p.close()
	for p.accept("declare") {
		for !p.is("begin declare") {
			p.declaration(b)
		}
	}
	p.expect("begin")
	b.Body = p.stmts("end exception")
	if p.accept("exception") {
		for p.accept("when") {
			var h Handler
			for {
				h.Conditions = append(h.Conditions, p.condition())
				if !p.accept("or") {
					break
				}
			}
			p.expect("then")
			h.Body = p.stmts("when end")
			b.Handlers = append(b.Handlers, h)
		}
		if b.Handlers == nil {
			p.unexpected()
		}
	}
	p.expect("end")
	p.endLabel(label)
	return b
}

func (p *parser) endLabel(label string) {
	if p.tok.kind != word && p.tok.kind != quoted {
		return
	}
	at := p.tok.start
	switch n := p.ident(); {
	case label == "":
		p.fail(at, fault.SyntaxError, `end label "%s" specified for unlabeled block`, n)
	case n != label:
		p.fail(at, fault.SyntaxError, `end label "%s" differs from block's label "%s"`, n, label)
	}
}

// condition reads the name of a condition, or SQLSTATE 'code'.
func (p *parser) condition() string {
	n := p.ident()
	if n != "sqlstate" || p.tok.kind != str {
		return n
	}
	code := p.tok.text
	if len(code) != 5 || strings.Trim(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		p.near("invalid SQLSTATE code")
	}
	p.advance()
	return code
}

// declaration reads one declaration of b.
func (p *parser) declaration(b *Block) {
	at := p.tok.start
	name := p.ident()
	v := Var{Name: name, Line: p.line(at)}
	if p.accept("alias") {
		p.expect("for")
		old := p.tok
		n, _ := p.find([]string{old.text})
		if n < 0 && old.kind == punct && strings.HasPrefix(old.text, "$") {
			n = p.param(old.text)
		}
		if n < 0 {
			p.fail(old.start, fault.UndefinedObject, `variable "%s" does not exist`, old.text)
		}
		p.advance()
		p.expect(";")
		p.ns.names[name] = n
		b.Aliases = append(b.Aliases, Alias{name, n})
		return
	}
	if _, dup := p.ns.names[name]; dup {
		p.fail(at, fault.SyntaxError, `duplicate declaration at or near "%s"`, p.src[at:p.prev])
	}
	if p.is("no scroll cursor") && (p.is("cursor") || matches(p.peek(), "scroll cursor")) {
		b.Declared = append(b.Declared, p.cursor(v))
		return
	}
	v.Const = p.accept("constant")
	start, end := p.until("; not := = default collate")
	if start == end {
		p.near("missing data type declaration")
	}
	n := p.declare(v)
	p.typeOf(n, start, end)
	if p.accept("collate") {
		p.dotted()
	}
	if p.accept("not") {
		p.expect("null")
		p.fn.Vars[n].NotNull = true
	}
	if p.is(":= = default") {
		p.advance()
		// The variable is not in reach of its own default, but names are resolved later, so that nothing needs saying here.
		p.fn.Vars[n].Default = p.expr(";")
	}
	if p.fn.Vars[n].NotNull && p.fn.Vars[n].Default == nil {
		p.fail(at, fault.NullNotAllowed, `variable "%s" must have a default value, since it's declared NOT NULL`, name)
	}
	p.expect(";")
	b.Declared = append(b.Declared, n)
}

// param finds parameter $n.
func (p *parser) param(text string) int {
	n := 0
	for _, c := range text[1:] {
		n = min(n*10+int(c-'0'), 1<<20)
	}
	s := p.ns
	for s.outer != nil {
		s = s.outer
	}
	// Parameters come first among the variables.
	if n >= 1 && n <= len(s.names) && n <= len(p.fn.Vars) && p.fn.Vars[n-1].Name != "found" {
		return n - 1
	}
	return -1
}

// typeOf gives variable n the type in a span of the body.
func (p *parser) typeOf(n, start, end int) {
	v := &p.fn.Vars[n]
	text := strings.TrimSpace(p.src[start:end])
	low := lower(text)
	dims := 0
	base := low
	for strings.HasSuffix(base, "]") {
		i := strings.LastIndexByte(base, '[')
		if i < 0 {
			break
		}
		base = strings.TrimSpace(base[:i])
		dims++
	}
	isType, isRow := strings.HasSuffix(base, "%type"), strings.HasSuffix(base, "%rowtype")
	if !isType && !isRow {
		if dims == 0 && low == "record" {
			v.Kind = RecordVar
			return
		}
		p.todo = append(p.todo, pending{
			piece: sql.Piece{Before: "SELECT NULL::", Text: text, Pos: p.base + sql.Pos(start)},
			set: func(s sql.Stmt) {
				if q, ok := s.(*sql.Select); ok && len(q.Targets) == 1 && q.From == nil {
					if c, ok := q.Targets[0].Expr.(*sql.Cast); ok && q.Targets[0].Name == "" {
						p.fn.Vars[n].Type = c.Type
						return
					}
				}
				p.fail(start, fault.SyntaxError, `invalid type name "%s"`, text)
			},
		})
		return
	}
	sub := lexer{src: p.src[start : start+strings.LastIndexByte(base, '%')]}
	var parts []string
	for t := sub.next(); t.kind != atEnd; t = sub.next() {
		if t.kind == word || t.kind == quoted {
			parts = append(parts, t.text)
		}
	}
	if len(parts) == 0 || len(parts) > 3 {
		p.fail(start, fault.SyntaxError, `invalid type name "%s"`, text)
	}
	pos := p.base + sql.Pos(start)
	t := &sql.TypeName{ArrayDims: dims, Pos: pos, Name: sql.Name{Name: parts[len(parts)-1], Pos: pos}}
	if k := len(parts); k > 1 {
		t.Name.Schema = parts[k-2]
	}
	if isRow {
		if dims == 0 {
			v.Kind = RecordVar
		}
		v.Type = t
		return
	}
	// A variable's own type; inside this declaration the name may be the variable itself, which is not meant.
	hidden := p.ns.names[v.Name]
	delete(p.ns.names, v.Name)
	other, used := p.find(parts)
	p.ns.names[v.Name] = hidden
	switch {
	case other >= 0 && used == len(parts):
		of := p.fn.Vars[other]
		v.Kind, v.Type = of.Kind, of.Type
		if of.Type == nil && of.Kind == ScalarVar {
			p.copyType(n, other, dims)
		} else if dims > 0 && of.Type != nil {
			c := *of.Type
			c.ArrayDims += dims
			v.Type = &c
		}
		return
	case len(parts) == 1:
		p.fail(start, fault.UndefinedObject, `variable "%s" does not exist`, parts[0])
	case len(parts) == 3:
		t.PctSchema = parts[0]
	}
	t.PctType = true
	v.Type = t
}

// copyType gives variable n the type of another one, which is among the expressions still to be parsed.
func (p *parser) copyType(n, other, dims int) {
	last := len(p.todo) - 1
	for i := range p.todo {
		set := p.todo[i].set
		if i != last {
			continue
		}
		p.todo[i].set = func(s sql.Stmt) {
			set(s)
			if t := p.fn.Vars[other].Type; t != nil {
				c := *t
				c.ArrayDims += dims
				p.fn.Vars[n].Type = &c
			}
		}
	}
}

// cursor reads [NO SCROLL | SCROLL] CURSOR [(args)] FOR query.
func (p *parser) cursor(v Var) int {
	p.accept("no")
	p.accept("scroll")
	p.expect("cursor")
	v.IsCursor, v.CursorArgs, v.Type = true, -1, builtin("refcursor")
	n := p.declare(v)
	if p.accept("(") {
		row := Var{Kind: RowVar, Name: "(unnamed row)", CursorArgs: -1}
		for !p.is(")") {
			arg := p.ident()
			start, end := p.until(", )")
			a := p.add(Var{Name: arg})
			p.typeOfArg(a, start, end)
			row.Fields = append(row.Fields, a)
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		p.fn.Vars[n].CursorArgs = p.add(row)
	}
	if !p.accept("is") {
		p.expect("for")
	}
	start, end := p.until(";")
	p.fn.Vars[n].Cursor = p.later("", p.src[start:end], "", start, true)
	p.expect(";")
	return n
}

// typeOfArg is typeOf for a variable that is not in reach by name.
func (p *parser) typeOfArg(n, start, end int) {
	name := p.fn.Vars[n].Name
	was, had := p.ns.names[name]
	p.typeOf(n, start, end)
	if had {
		p.ns.names[name] = was
	} else {
		delete(p.ns.names, name)
	}
}

func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		p.fail(p.tok.start, fault.StatementTooComplex, "stack depth limit exceeded")
	}
}

func (p *parser) leave() { p.depth-- }
