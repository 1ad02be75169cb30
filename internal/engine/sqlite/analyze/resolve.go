package analyze

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// candidate is a function that a call may mean.
type candidate struct {
	fn       *builtin.Func
	user     *catalog.Function
	args     []oid    // of the parameters in the order of the call, variadic ones expanded
	declared []oid    // as declared
	names    []string // of the declared parameters; nil when there are none
	defaults int      // how many of the last declared parameters have defaults
	variadic oid      // element type of a VARIADIC last parameter, 0 for none
	ret      oid
	retMod   int32
	retSet   bool

	expanded int   // how many arguments the variadic parameter takes; 0 when it is not expanded
	missing  int   // how many arguments come from defaults
	order    []int // named notation: the declared position of each argument of the call; nil for positional
	rank     int   // schemas earlier in the path come first
	merged   bool  // two candidates of the same rank take these very arguments
}

// candidates are the functions of a name that can take n arguments by number and name, as PostgreSQL's FuncnameGetCandidates.
func (a *analyzer) candidates(n sql.Name, nargs int, names []string, variadicCall bool) []*candidate {
	var out []*candidate
	for _, c := range a.declared(n) {
		k := *c
		if len(names) > 0 {
			// Named notation takes variadic parameters only unexpanded.
			if nargs > len(k.declared) || len(k.declared) > nargs+k.defaults {
				continue
			}
			if !k.matchNames(nargs, names) {
				continue
			}
			k.missing = len(k.declared) - nargs
		} else {
			spread := k.variadic != 0 && !variadicCall && len(k.declared) <= nargs
			useDefaults := len(k.declared) > nargs && len(k.declared) <= nargs+k.defaults
			if len(k.declared) != nargs && !spread && !useDefaults {
				continue
			}
			k.args = slices.Clone(k.declared)
			if spread {
				k.expanded = nargs - len(k.declared) + 1
				k.args = k.args[:len(k.declared)-1]
				for range k.expanded {
					k.args = append(k.args, k.variadic)
				}
			}
			if useDefaults {
				k.missing = len(k.declared) - nargs
				k.args = k.args[:nargs]
			}
		}
		if i := slices.IndexFunc(out, func(o *candidate) bool { return slices.Equal(o.args, k.args) }); i >= 0 {
			o := out[i]
			switch {
			case o.rank < k.rank, o.rank == k.rank && o.expanded == 0 && k.expanded > 0:
				continue
			case k.rank < o.rank, o.expanded > 0 && k.expanded == 0:
				out[i] = &k
			case a.stored && o.user != nil && k.user != nil:
				if k.user.OID < o.user.OID {
					out[i] = &k
				}
			default:
				o.merged = true
			}
			continue
		}
		out = append(out, &k)
	}
	return out
}

// matchNames fits named arguments to the parameters; the last len(names) of nargs arguments are named.
func (c *candidate) matchNames(nargs int, names []string) bool {
	if c.names == nil {
		return false
	}
	positional := nargs - len(names)
	used := make([]bool, len(c.declared))
	for i := range positional {
		c.order = append(c.order, i)
		used[i] = true
	}
	for _, name := range names {
		i := slices.Index(c.names, name)
		if i < 0 || i >= len(used) || used[i] {
			return false
		}
		used[i] = true
		c.order = append(c.order, i)
	}
	for i, u := range used {
		if !u && i < len(used)-c.defaults {
			return false
		}
	}
	for _, i := range c.order {
		c.args = append(c.args, c.declared[i])
	}
	return true
}

// declared are all functions of a name, in the order of the search path.
func (a *analyzer) declared(n sql.Name) []*candidate {
	var out []*candidate
	system := 0
	if i := slices.Index(a.path, "pg_catalog"); i >= 0 {
		system = i + 1
	}
	for _, f := range a.builtinFunctions(n) {
		k := builtinCandidate(f)
		k.rank = system
		if f.Ext != "" {
			k.rank = 1 + slices.Index(a.path, a.cat.Extension(f.Ext).Schema)
		}
		out = append(out, k)
	}
	for _, f := range a.cat.FindFunctions(a.path, n) {
		k := &candidate{user: f, ret: f.Returns.OID, retMod: -1, retSet: f.ReturnsSet, rank: 1 + slices.Index(a.path, f.Schema)}
		for _, p := range f.Params {
			if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
				continue
			}
			k.declared = append(k.declared, p.Type.OID)
			k.names = append(k.names, p.Name)
			if p.Default != nil {
				k.defaults++
			}
			if p.Mode == sql.VariadicArg {
				k.variadic = a.elem(p.Type.OID)
				switch p.Type.OID {
				case catalog.AnyArrayOID:
					k.variadic = catalog.AnyElementOID
				case catalog.AnyCompatibleArrayOID:
					k.variadic = catalog.AnyCompatibleOID
				case catalog.AnyOID:
					k.variadic = catalog.AnyOID
				}
			}
		}
		out = append(out, k)
	}
	return out
}

// matching are the candidates whose parameters the arguments can be converted to implicitly.
func (a *analyzer) matching(have []oid, cands []*candidate) []*candidate {
	var out []*candidate
	for _, c := range cands {
		if a.canCoerce(have, c.args, implicit) {
			out = append(out, c)
		}
	}
	return out
}

// best chooses among candidates that all could do, as PostgreSQL's func_select_candidate (chapter 10.3). Nil when none is best.
func (a *analyzer) best(have []oid, cands []*candidate) *candidate {
	types := make([]oid, len(have))
	unknowns := 0
	for i, t := range have {
		types[i] = a.base(t)
		if t == catalog.UnknownOID {
			unknowns++
		}
	}
	keep := func(match func(i int, arg oid) bool) *candidate {
		most := 0
		var kept []*candidate
		for _, c := range cands {
			n := 0
			for i := range types {
				if types[i] != catalog.UnknownOID && match(i, c.args[i]) {
					n++
				}
			}
			if n > most || kept == nil {
				most, kept = n, []*candidate{c}
			} else if n == most {
				kept = append(kept, c)
			}
		}
		cands = kept
		if len(cands) == 1 {
			return cands[0]
		}
		return nil
	}
	if c := keep(func(i int, arg oid) bool { return arg == types[i] }); c != nil {
		return c
	}
	slot := make([]byte, len(types))
	for i, t := range types {
		slot[i], _ = a.category(t)
	}
	if c := keep(func(i int, arg oid) bool { return arg == types[i] || a.isPreferred(slot[i], arg) }); c != nil {
		return c
	}
	if unknowns == 0 {
		return nil
	}
	prefer := make([]bool, len(types))
	resolved := false
	for i, t := range types {
		if t != catalog.UnknownOID {
			continue
		}
		resolved = true
		conflict := false
		slot[i] = 0
		for _, c := range cands {
			cat, pref := a.category(c.args[i])
			switch {
			case slot[i] == 0, cat == 'S' && slot[i] != 'S':
				slot[i], prefer[i] = cat, pref
			case cat == slot[i]:
				prefer[i] = prefer[i] || pref
			default:
				conflict = true
			}
		}
		if conflict && slot[i] != 'S' {
			resolved = false
			break
		}
	}
	if resolved {
		var kept []*candidate
		for _, c := range cands {
			ok := true
			for i, t := range types {
				if t != catalog.UnknownOID {
					continue
				}
				cat, pref := a.category(c.args[i])
				if cat != slot[i] || prefer[i] && !pref {
					ok = false
					break
				}
			}
			if ok {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 {
			cands = kept
		}
		if len(cands) == 1 {
			return cands[0]
		}
	}
	if unknowns < len(types) {
		known := oid(0)
		for _, t := range types {
			if t == catalog.UnknownOID {
				continue
			}
			if known == 0 {
				known = t
			} else if known != t {
				return nil
			}
		}
		same := make([]oid, len(types))
		for i := range same {
			same[i] = known
		}
		var only *candidate
		for _, c := range cands {
			if a.canCoerce(same, c.args, implicit) {
				if only != nil {
					return nil
				}
				only = c
			}
		}
		return only
	}
	return nil
}

// found is what looking for a function came to.
type found uint8

const (
	foundNone found = iota
	foundMany
	foundFunction
	foundCoercion // the name is a type's: text(x)
)

// lookup finds the function of a call.
func (a *analyzer) lookup(n sql.Name, have []oid, names []string, variadicCall bool) (*candidate, found, oid) {
	cands := a.candidates(n, len(have), names, variadicCall)
	for _, c := range cands {
		if slices.Equal(c.args, have) {
			if c.merged {
				return nil, foundMany, 0
			}
			return c, foundFunction, 0
		}
	}
	if len(have) == 1 && len(names) == 0 && !variadicCall {
		if t, err := a.cat.FindType(a.path, &sql.TypeName{Name: n, Pos: sql.NoPos}); err == nil && a.kind(t.OID) != catalog.CompositeType && !isGrammarAlias(n) {
			switch p := a.findPath(have[0], t.OID, explicit); {
			case have[0] == catalog.UnknownOID, p.kind == relabelPath:
				return nil, foundCoercion, t.OID
			case p.kind == ioPath:
				cat, _ := a.category(t.OID)
				if !((have[0] == catalog.RecordOID || a.complex(have[0])) && cat == 'S') {
					return nil, foundCoercion, t.OID
				}
			}
		}
	}
	cands = a.matching(have, cands)
	if len(cands) == 0 {
		return nil, foundNone, 0
	}
	c := cands[0]
	if len(cands) > 1 {
		c = a.best(have, cands)
	}
	if c == nil || c.merged {
		return nil, foundMany, 0
	}
	return c, foundFunction, 0
}

// isGrammarAlias says whether a type's name is only known to the grammar, so that it names no function: integer(x).
func isGrammarAlias(n sql.Name) bool {
	switch n.Name {
	case "int", "integer", "smallint", "bigint", "real", "decimal", "dec", "boolean", "character", "nchar":
		return true
	}
	return strings.Contains(n.Name, " ")
}

// signature is a call as messages show it: f(integer, b => text).
func (a *analyzer) signature(n sql.Name, have []oid, names []string) string {
	var b strings.Builder
	if n.Schema != "" {
		b.WriteString(n.Schema + ".")
	}
	b.WriteString(n.Name + "(")
	for i, t := range have {
		if i > 0 {
			b.WriteString(", ")
		}
		if k := i - (len(have) - len(names)); k >= 0 {
			b.WriteString(names[k] + " => ")
		}
		b.WriteString(a.typeName(t))
	}
	return b.String() + ")"
}

// operator is a resolved operator.
type operator struct {
	name string
	fn   *builtin.Func
	user *catalog.Function
	args []oid // one for a prefix operator
	ret  oid
}

// findOperator chooses the operator of a name for operand types, one for a prefix operator.
func (a *analyzer) findOperator(schema, name string, have []oid, pos sql.Pos) *operator {
	op, ambiguous := a.lookupOperator(schema, name, have)
	if op == nil {
		shown := a.operatorText(schema, name, have)
		switch {
		case ambiguous:
			a.failHint(pos, fault.AmbiguousFunction, "Could not choose a best candidate operator. You might need to add explicit type casts.", "operator is not unique: %s", shown)
		case len(have) == 1:
			a.failHint(pos, fault.UndefinedFunction, "No operator matches the given name and argument type. You might need to add an explicit type cast.", "operator does not exist: %s", shown)
		default:
			a.failHint(pos, fault.UndefinedFunction, "No operator matches the given name and argument types. You might need to add explicit type casts.", "operator does not exist: %s", shown)
		}
	}
	return op
}

func (a *analyzer) operatorText(schema, name string, have []oid) string {
	if schema != "" {
		name = schema + "." + name
	}
	if len(have) == 1 {
		return name + " " + a.typeName(have[0])
	}
	return a.typeName(have[0]) + " " + name + " " + a.typeName(have[1])
}

func (a *analyzer) lookupOperator(schema, name string, have []oid) (op *operator, ambiguous bool) {
	if name == "!=" {
		name = "<>"
	}
	all := a.operatorsNamed(name, len(have))
	exact := func(types []oid) *operator {
		for _, o := range all {
			if slices.Equal(o.args, types) {
				return o
			}
		}
		return nil
	}
	if len(have) == 1 {
		if o := exact(have); o != nil {
			return o, false
		}
	} else {
		l, r := have[0], have[1]
		guessed := false
		if l == catalog.UnknownOID && r != l {
			l, guessed = r, true
		} else if r == catalog.UnknownOID && l != r {
			r, guessed = l, true
		}
		if o := exact([]oid{l, r}); o != nil {
			return o, false
		}
		if b := a.base(l); guessed && b != l {
			if o := exact([]oid{b, b}); o != nil {
				return o, false
			}
		}
	}
	var cands []*candidate
	for _, o := range all {
		cands = append(cands, &candidate{args: o.args})
	}
	cands = a.matching(have, cands)
	if len(cands) == 0 {
		return nil, false
	}
	c := cands[0]
	if len(cands) > 1 {
		if c = a.best(have, cands); c == nil {
			return nil, true
		}
	}
	return exact(c.args), false
}

// applyOperator makes the call of an operator on operands.
func (a *analyzer) applyOperator(schema, name string, operands []tree.Expr, pos sql.Pos) tree.Expr {
	have := typesOf(operands)
	op := a.findOperator(schema, name, have, pos)
	return a.callOperator(op, operands, pos)
}

func (a *analyzer) callOperator(op *operator, operands []tree.Expr, pos sql.Pos) tree.Expr {
	have := typesOf(operands)
	declared := slices.Clone(op.args)
	ret, err := a.unify(declared, have, op.ret)
	if err != nil {
		a.raise(sql.NoPos, err)
	}
	args := make([]tree.Expr, len(operands))
	for i, x := range operands {
		args[i] = a.coerceType(x, plain(declared[i]), implicit)
	}
	c := &tree.Call{Fn: op.fn, User: op.user, Args: args, Typ: plain(ret), Op: op.name, Role: a.env.CallRole, Pos: pos}
	return a.at(c, a.leftmost(pos, operands...))
}

func typesOf(list []tree.Expr) []oid {
	out := make([]oid, len(list))
	for i, e := range list {
		out[i] = e.Type().OID
	}
	return out
}

// leftmost is the first place among pos and those of exprs.
func (a *analyzer) leftmost(pos sql.Pos, exprs ...tree.Expr) sql.Pos {
	for _, e := range exprs {
		if p := a.where(e); p >= 0 && (pos < 0 || p < pos) {
			pos = p
		}
	}
	return pos
}

// equality is the = operator for two operands' types, or nil.
func (a *analyzer) equality(l, r oid) *operator {
	op, _ := a.lookupOperator("", "=", []oid{l, r})
	return op
}
