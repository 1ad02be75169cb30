package projects_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A world is a project on both engines, with rows in its tables.
type world struct {
	*testing.T
	pg, lite  engine.Engine
	cat       *catalog.Catalog // the embedded engine's
	tables    []*catalog.Table // those of the project, and of the ecosystem's those that it has added to
	functions []*catalog.Function
	mask      mask
	// rows are rows that both engines have, as far as they are the same: text by column, without NULLs.
	rows  map[catalog.OID][]map[string]string
	seeds []string // statements that made the rows
	diffs []difference
	done  int // statements compared
	last  answer
}

// A difference is a statement that the engines answer differently.
type difference struct {
	script    []string
	at        int
	want, got answer
}

func (d *difference) String() string {
	var b strings.Builder
	for _, s := range d.script[:d.at+1] {
		if strings.Contains(s, "::text, x::text from ") {
			s = "-- all rows"
		}
		if strings.HasPrefix(s, "select set_config('request.jwt.claims'") && !strings.Contains(s, "\n") {
			s = "-- claims of " + uuids.FindString(s)
		}
		s = zeros.ReplaceAllString(s, ",0…")
		b.WriteString("  " + strings.ReplaceAll(s, "\n", "\n  ") + ";\n")
	}
	want, got := d.want, d.got
	if want.err == nil && got.err == nil { // what is the same says nothing
		only := func(a, b []string) []string {
			left := slices.Clone(b)
			var out []string
			for _, r := range a {
				if i := slices.Index(left, r); i >= 0 {
					left = slices.Delete(left, i, i+1)
				} else {
					out = append(out, r)
				}
			}
			return out
		}
		w, g := want.rows, got.rows
		want.rows, got.rows = only(w, g), only(g, w)
	}
	fmt.Fprintf(&b, "  PostgreSQL:\n%s  embedded:\n%s", cut(want.String()), cut(got.String()))
	return b.String()
}

var zeros = regexp.MustCompile(`(,0){20,}`)

func cut(s string) string {
	s = zeros.ReplaceAllString(s, ",0…")
	if len(s) > 3000 {
		return s[:3000] + "…\n"
	}
	return s
}

func newWorld(t *testing.T, pg, lite engine.Engine, all []file) *world {
	w := &world{T: t, pg: pg, lite: lite, cat: lite.Catalog(), rows: map[catalog.OID][]map[string]string{}, mask: mask{given: map[string]bool{newUser: true}}}
	for _, u := range users {
		w.mask.given[u] = true
	}
	for _, f := range all {
		for _, u := range uuids.FindAllString(strings.ToLower(f.text), -1) {
			w.mask.given[u] = true
		}
	}
	base := empty(t)
	for tab := range w.cat.Tables() {
		old, there := base.Table(tab.Schema, tab.Name), pg.Catalog().Table(tab.Schema, tab.Name)
		if there == nil || tab.Kind == catalog.SequenceRel {
			continue
		}
		if old == nil || len(old.Policies) < len(tab.Policies) || len(old.Triggers) < len(tab.Triggers) {
			w.tables = append(w.tables, tab)
		}
	}
	slices.SortFunc(w.tables, func(a, b *catalog.Table) int { return strings.Compare(relation(a), relation(b)) })
	for f := range w.cat.AllFunctions() {
		if f.Language == "internal" || find(base, f, w.cat) != nil || find(pg.Catalog(), f, w.cat) == nil || f.Kind == catalog.AggregateFunction {
			continue
		}
		w.functions = append(w.functions, f)
	}
	slices.SortFunc(w.functions, func(a, b *catalog.Function) int { return strings.Compare(signature(w.cat, a), signature(w.cat, b)) })
	return w
}

func signature(c *catalog.Catalog, f *catalog.Function) string {
	var args []string
	for _, o := range f.ArgTypes() {
		args = append(args, typeName(c, catalog.TypeRef{OID: o, Mod: -1}))
	}
	return f.Schema + "." + f.Name + "(" + strings.Join(args, ", ") + ")"
}

// find finds in c a function of another catalog.
func find(c *catalog.Catalog, f *catalog.Function, of *catalog.Catalog) *catalog.Function {
	for _, g := range c.Functions(f.Schema, f.Name) {
		if signature(c, g) == signature(of, f) {
			return g
		}
	}
	return nil
}

// compare runs a script on both and compares its answers. It gives PostgreSQL's.
func (w *world) compare(script []string) []answer {
	w.Helper()
	want, got := both(w.pg, w.lite, func(e engine.Engine) (a []answer) {
		stmts := script
		if e == w.pg {
			stmts = slices.Concat([]string{"set local track_functions = 'all'"}, script, []string{"reset role", calls})
		}
		a, err := dry(e, stmts)
		if err != nil {
			w.Error(err)
		}
		if e == w.pg && len(a) > 0 {
			a = a[1:] // the setting
		}
		return a
	})
	if len(want) < len(script) || len(got) < len(script) {
		return make([]answer, len(script)+2)
	}
	for i := range script {
		w.note(script, i, want[i], got[i])
	}
	return want
}

func (w *world) note(script []string, i int, want, got answer) {
	w.done++
	a, b := w.mask.answer(want), w.mask.answer(got)
	if !same(&a, &b) {
		w.diffs = append(w.diffs, difference{script, i, a, b})
	}
}

// calls asks PostgreSQL which functions a transaction has called.
const calls = "select funcid::regprocedure::text from pg_stat_xact_user_functions"

// keep runs a statement on both, keeps what it did if both agree that it was well, and reports so.
func (w *world) keep(stmt string) bool {
	want, got := both(w.pg, w.lite, func(e engine.Engine) answer { return keep(e, stmt) })
	w.note([]string{stmt}, 0, want, got)
	w.last = want
	if want.err == nil {
		w.seeds = append(w.seeds, stmt)
	}
	return want.err == nil && got.err == nil
}

// populate makes users and then rows in every table, parents first.
func (w *world) populate() {
	for i, u := range users {
		w.keep(insertUser(u, i+1))
	}
	w.know(w.cat.Table("auth", "users"))
	done, pass := map[catalog.OID]bool{}, 0
	var visit func(t *catalog.Table)
	visit = func(t *catalog.Table) {
		if done[t.OID] || t.Kind != catalog.OrdinaryTable {
			return
		}
		done[t.OID] = true
		for _, k := range t.Constraints {
			if k.Kind == catalog.ForeignKey {
				if p := w.cat.TableByOID(k.RefTable); p != nil && !slices.ContainsFunc(k.Columns, func(c string) bool { return !t.Column(c).NotNull }) {
					visit(p)
				}
			}
		}
		for _, k := range t.Constraints {
			if k.Kind == catalog.ForeignKey {
				if p := w.cat.TableByOID(k.RefTable); p != nil {
					visit(p)
				}
			}
		}
		if t.Schema != "auth" && slices.Contains(w.tables, t) || t.Schema == "storage" {
			good := 0
			for try := 0; try < tries && good < 3; try++ {
				r := w.row(t, good, try+pass*tries, 0)
				stmt := r.insert(t)
				if try >= tries/2 { // triggers may ask who it is
					stmt = as("postgres", users[good])[1] + ";\n" + stmt
				}
				if w.keep(stmt) {
					good++
				}
			}
			if good == 0 && pass == 1 {
				w.Logf("no row: %s", w.last.err)
			}
		}
		w.know(t)
	}
	if slices.ContainsFunc(w.tables, func(t *catalog.Table) bool { return t.Schema == "storage" }) {
		visit(w.cat.Table("storage", "buckets"))
	}
	for _, t := range w.tables {
		visit(t)
	}
	// Tables refer to each other in circles: what had no parents may have them now.
	pass, done = 1, map[catalog.OID]bool{}
	for _, t := range w.tables {
		done[t.OID] = len(w.rows[t.OID]) > 0 || t.Schema == "storage" || t.Schema == "auth"
	}
	for _, t := range w.tables {
		visit(t)
	}
}

// tries is how many forms of a row are tried to get three rows.
const tries = 14

// know reads the rows that a table has on both.
func (w *world) know(t *catalog.Table) {
	var cols []string
	for _, c := range t.Columns {
		cols = append(cols, sql.QuoteIdent(c.Name)+"::text")
	}
	if len(cols) == 0 {
		return
	}
	text := fmt.Sprintf("select concat_ws(chr(1), %s) from %s x limit 500", strings.Join(mapped(cols, func(s string) string { return "coalesce(" + s + ", chr(2))" }), ", "), relation(t))
	want, got := both(w.pg, w.lite, func(e engine.Engine) answer {
		a, err := dry(e, []string{text})
		if err != nil || len(a) == 0 {
			return answer{}
		}
		return a[0]
	})
	var list []map[string]string
	for _, r := range want.rows {
		same := slices.Contains(got.rows, r)
		m := map[string]string{}
		for i, v := range strings.Split(r, "\x01") {
			if v != "\x02" && i < len(t.Columns) && (same || w.mask.text(v) == v) { // what is drawn at random is not the same on both
				m[t.Columns[i].Name] = strings.ReplaceAll(v, "⏎", "\n")
			}
		}
		if k := t.PrimaryKey(); k != nil && slices.ContainsFunc(k.Columns, func(c string) bool { return m[c] == "" }) {
			continue
		}
		list = append(list, m)
	}
	// The runner's own users first, then what is newest: the runner's own rows.
	slices.Reverse(list)
	if t.Schema == "auth" {
		slices.SortStableFunc(list, func(a, b map[string]string) int {
			rank := func(m map[string]string) int {
				if i := slices.Index(users, m["id"]); i >= 0 {
					return i
				}
				return 9
			}
			return rank(a) - rank(b)
		})
	}
	w.rows[t.OID] = list
}

func mapped[A, B any](list []A, f func(A) B) []B {
	var out []B
	for _, a := range list {
		out = append(out, f(a))
	}
	return out
}

func quote(s string) string { return sql.QuoteLiteral(s) }

// row makes a row. person is whose it is, try says which of many forms, and fresh keeps its keys apart from those of other rows.
func (w *world) row(t *catalog.Table, person, try, fresh int) row {
	var r row
	serial := fresh*100 + try + 1
	n := try + person
	keys := map[string]bool{}
	for _, k := range t.Constraints {
		if k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique {
			for _, c := range k.Columns {
				keys[c] = true
			}
		}
	}
	for _, x := range t.Indexes {
		if x.Unique {
			for _, k := range x.Keys {
				for _, c := range t.Columns {
					if k.Expr != nil && mentions(k.Expr, c.Name) {
						keys[c.Name] = true
					}
				}
			}
		}
	}
	chosen := map[string]string{}
	for i, k := range t.Constraints {
		if k.Kind != catalog.ForeignKey {
			continue
		}
		parents := w.rows[k.RefTable]
		if len(parents) == 0 || (try%5 == 4 && nullable(t, k.Columns)) {
			for _, c := range k.Columns {
				if _, ok := chosen[c]; !ok {
					chosen[c] = "null"
				}
			}
			continue
		}
		at := person
		if try >= 3 { // another mixture of parents
			at = person + try*(i+1)
		}
		p := parents[at%len(parents)]
		for j, c := range k.Columns {
			if v, ok := p[k.RefColumns[j]]; ok && (chosen[c] == "" || chosen[c] == "null") {
				chosen[c] = quote(v)
			}
		}
	}
	for i, c := range t.Columns {
		if c.Generated || c.Identity == 'a' {
			continue
		}
		if v, ok := chosen[c.Name]; ok && !(v == "null" && c.NotNull) {
			r.add(c.Name, v)
			continue
		}
		typ := w.cat.Type(w.cat.BaseType(c.Type).OID)
		if keys[c.Name] && typ != nil {
			switch typ.Name {
			case "uuid":
				id := fmt.Sprintf("%08x-0000-4000-8000-%012x", t.OID&0xff|1<<12, serial)
				if people.MatchString(c.Name) {
					id = users[person%len(users)]
				}
				w.mask.given[id] = true
				r.add(c.Name, quote(id))
				continue
			case "int4", "int8":
				r.add(c.Name, fmt.Sprint(9000+serial))
				continue
			}
		}
		if try%4 == 1 && !keys[c.Name] && (c.Default != nil || !c.NotNull) {
			continue
		}
		if typ != nil && typ.Name == "uuid" && people.MatchString(c.Name) {
			r.add(c.Name, quote(users[person%len(users)]))
			continue
		}
		var words []string
		for _, k := range t.Constraints {
			if k.Kind == catalog.Check && k.Expr != nil && mentions(k.Expr, c.Name) {
				words = append(words, constants(k.Expr)...)
			}
		}
		at := n
		if try >= 4 {
			at += i * (try / 4)
		}
		if len(words) > 0 && try == 0 {
			at = 2 * person
		}
		v, ok := literal(w.cat, c.Type, c.Name, words, at)
		if !ok {
			continue
		}
		if keys[c.Name] && typ != nil && typ.Category == 'S' && len(words) == 0 && !slices.Contains([]string{"bpchar", "char"}, typ.Name) {
			v += fmt.Sprint(serial)
			if typ.Name == "varchar" && c.Type.Mod >= 4 && len(v) > int(c.Type.Mod)-4 {
				v = v[len(v)-int(c.Type.Mod)+4:]
			}
		}
		for _, u := range uuids.FindAllString(v, -1) {
			w.mask.given[u] = true
		}
		r.add(c.Name, quote(v))
	}
	return r
}

func nullable(t *catalog.Table, columns []string) bool {
	return !slices.ContainsFunc(columns, func(c string) bool { return t.Column(c).NotNull })
}

// contents is a statement that reads every table of the project that is not long.
func (w *world) contents() string {
	var parts []string
	add := func(t *catalog.Table) {
		if t != nil && t.Kind == catalog.OrdinaryTable && len(w.rows[t.OID]) < 60 {
			parts = append(parts, fmt.Sprintf("select %s::text, x::text from %s x", quote(t.Schema+"."+t.Name), relation(t)))
		}
	}
	for _, t := range w.tables {
		if t.Schema != "auth" {
			add(t)
		}
	}
	parts = append(parts, "select 'auth.users'::text, x.id::text || coalesce(x.email, '') || coalesce(x.raw_user_meta_data::text, '') || coalesce(x.raw_app_meta_data::text, '') from auth.users x",
		"select 'cron.job'::text, concat_ws(' ', x.schedule, x.command, x.jobname) from cron.job x")
	return strings.Join(parts, " union all ")
}

// sample is a value for a parameter: a cast literal, taken from a row of the project where the name says so.
func (w *world) sample(p catalog.Param, n int) string {
	typ := typeName(w.cat, p.Type)
	t := w.cat.Type(p.Type.OID)
	if t == nil || t.Kind == catalog.PseudoType {
		if t != nil && (t.Name == "anyelement" || t.Name == "any") {
			return "'x'::text"
		}
		if t != nil && t.Name == "anyarray" {
			return "array['x']::text[]"
		}
		return "null"
	}
	if t.Kind == catalog.CompositeType && t.Table != 0 {
		if tab := w.cat.TableByOID(t.Table); tab != nil {
			order := sql.QuoteIdent(tab.Columns[0].Name)
			if k := tab.PrimaryKey(); k != nil {
				order = sql.QuoteIdent(k.Columns[0])
			}
			return fmt.Sprintf("(select x from %s x order by x.%s limit 1 offset %d)", relation(tab), order, n)
		}
	}
	name := strings.ToLower(p.Name)
	for _, prefix := range []string{"p_", "in_", "arg_", "_", "v_", "input_", "param_", "new_", "target_"} {
		name = strings.TrimPrefix(name, prefix)
	}
	base := w.cat.Type(w.cat.BaseType(p.Type).OID)
	if base.Name == "uuid" && people.MatchString(name) {
		return quote(users[n%len(users)]) + "::" + typ
	}
	value := func(rows []map[string]string, column string) string {
		var all []string
		for _, r := range rows {
			if v, ok := r[column]; ok {
				all = append(all, v)
			}
		}
		if len(all) == 0 {
			return ""
		}
		return quote(all[n%len(all)]) + "::" + typ
	}
	// account_id is the id of a row of account or accounts.
	if of, ok := strings.CutSuffix(strings.TrimSuffix(name, "_uuid"), "_id"); ok || base.Name == "uuid" {
		for _, t := range w.tables {
			plain := strings.ToLower(t.Name)
			if plain == of || plain == of+"s" || plain == of+"es" || plain == strings.TrimSuffix(of, "y")+"ies" {
				if k := t.PrimaryKey(); k != nil && w.cat.BaseType(t.Column(k.Columns[0]).Type).OID == base.OID {
					if v := value(w.rows[t.OID], k.Columns[0]); v != "" {
						return v
					}
				}
			}
		}
	}
	for _, t := range w.tables {
		for _, c := range t.Columns {
			if strings.ToLower(c.Name) == name && c.Type.OID == p.Type.OID {
				if v := value(w.rows[t.OID], c.Name); v != "" {
					return v
				}
			}
		}
	}
	if base.Name == "uuid" {
		for _, t := range w.tables {
			if k := t.PrimaryKey(); k != nil && len(k.Columns) == 1 && w.cat.BaseType(t.Column(k.Columns[0]).Type).OID == base.OID {
				if v := value(w.rows[t.OID], k.Columns[0]); v != "" {
					return v
				}
			}
		}
		return quote(users[n%len(users)]) + "::" + typ
	}
	v, ok := literal(w.cat, p.Type, p.Name, nil, n)
	if !ok {
		return "null::" + typ
	}
	return quote(v) + "::" + typ
}
