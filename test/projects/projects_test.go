package projects_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var (
	list  = flag.String("list", "testdata/projects.txt", "the projects")
	table = flag.Bool("table", false, "write the figures of the projects that were run to docs/reference/projects.md")
)

// Variable names the environment variable with the folder that holds the projects.
const Variable = "MAINSTAY_PROJECTS"

func TestMain(m *testing.M) { clustertest.Main(m) }

func TestProjects(t *testing.T) {
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skip(Variable + " is not set: no public project was run. It names a folder with a clone of each project of " + *list)
	}
	for _, s := range sources(t, *list) {
		t.Run(s.name, func(t *testing.T) {
			folder := filepath.Join(dir, s.name, s.folder)
			if _, err := os.Stat(folder); err != nil {
				t.Skip("not there: ", folder)
			}
			f := run(t, s, folder)
			if *table {
				writeTable(t, f)
			}
		})
	}
}

// figures are the line of a project.
type figures struct {
	source
	total, lite, pg                int // statements; those that applied
	tables                         int
	policies, probed               int
	functions, called              int
	triggers, fired                int
	compared, volatile, known      int
	different                      int
	liteRefused, bodies, pgRefused []refusal
	uncalled, unfired, unpopulated []string
	unprobed                       []string
	causes                         []string // of the known differences
}

func run(t *testing.T, s source, folder string) figures {
	all := files(t, folder)
	f := figures{source: s}
	for _, one := range all {
		f.total += len(one.stmts)
	}
	lite, pg := openSQLite(t), openPostgres(t)
	f.liteRefused, f.bodies, _ = apply(t, lite, all, nil)
	var left map[string]bool
	f.pgRefused, _, left = apply(t, pg, all, nil)
	f.lite, f.pg = f.total-len(f.liteRefused), f.total-len(f.pgRefused)
	for _, r := range f.liteRefused {
		t.Logf("embedded: refused: %s", r)
	}
	dependent := false
	for _, r := range f.pgRefused {
		t.Logf("PostgreSQL: refused: %s", r)
	}
	skip := func(f file, i int) bool {
		_, extension := f.stmts[i].Stmt.(*sql.CreateExtension)
		return left[key(f, i)] && !extension
	}
	for _, one := range all {
		for i := range one.stmts {
			dependent = dependent || skip(one, i)
		}
	}
	if dependent { // the same objects on both
		lite = openSQLite(t)
		apply(t, lite, all, skip)
	}
	w := newWorld(t, pg, lite, all)
	w.populate()
	w.probe(&f)
	w.settle(s, &f, all)
	return f
}

// as takes on a role with its claims.
func as(role, id string) []string {
	claims := fmt.Sprintf(`{"role":"%s"}`, role)
	if id != "" {
		claims = fmt.Sprintf(`{"aud":"authenticated","sub":"%s","role":"%s","email":"user%c@example.com","aal":"aal1","session_id":"%[1]s","user_metadata":{},"app_metadata":{"provider":"email"}}`, id, role, id[0])
	}
	return []string{"set local role " + role, "select set_config('request.jwt.claims', " + quote(claims) + ", true)"}
}

type caller struct {
	name  string
	setup []string
}

func callers() []caller {
	return []caller{{"postgres", nil}, {"anon", as("anon", "")}, {"authenticated", as("authenticated", users[0])}, {"authenticated", as("authenticated", users[1])}, {"service_role", as("service_role", "")}}
}

// callersOf are those who try a table: everybody, and the other roles that its policies name.
func (w *world) callersOf(t *catalog.Table) []caller {
	all := callers()
	for _, p := range t.Policies {
		for _, r := range p.Roles {
			known := slices.ContainsFunc(all, func(c caller) bool { return c.name == r })
			if !known && r != "public" && w.pg.Catalog().Role(r) != nil && w.cat.Role(r) != nil {
				all = append(all, caller{r, as(sql.QuoteIdent(r), "")})
			}
		}
	}
	return all
}

func (w *world) probe(f *figures) {
	called, fired, probed := map[string]bool{}, map[*catalog.Trigger]bool{}, map[*catalog.Policy]bool{}
	contents := w.contents()
	for _, t := range w.tables {
		f.tables++
		if t.Kind == catalog.OrdinaryTable && len(w.rows[t.OID]) == 0 {
			f.unpopulated = append(f.unpopulated, t.Schema+"."+t.Name)
		}
		for _, c := range w.callersOf(t) {
			for _, script := range w.tableScripts(t, c, contents) {
				answers := w.compare(script)
				functions := map[string]bool{}
				for _, r := range answers[len(answers)-1].rows {
					functions[r], called[r] = true, true
				}
				for i, s := range script {
					a := &answers[i]
					verb := strings.ToLower(strings.SplitN(s, " ", 2)[0])
					for _, tr := range t.Triggers {
						if tr.Func != 0 && fires(tr, verb, s) && (a.err != nil || !strings.HasSuffix(a.tag, " 0")) {
							if fn := w.cat.FunctionByOID(tr.Func); fn != nil && functions[procedure(functions, fn)] {
								fired[tr] = true
							}
						}
					}
					if c.setup == nil || a.err != nil && a.err.Code == "42501" && strings.HasPrefix(a.err.Message, "permission denied") {
						continue
					}
					for _, p := range t.Policies {
						if (p.Command == "all" || p.Command == verb) && (len(p.Roles) == 0 || slices.Contains(p.Roles, "public") || slices.Contains(p.Roles, c.name)) {
							probed[p] = true
						}
					}
				}
			}
		}
		f.policies += len(t.Policies)
		for _, p := range t.Policies {
			if !probed[p] {
				f.unprobed = append(f.unprobed, fmt.Sprintf("%s.%s %q (%s)", t.Schema, t.Name, p.Name, strings.Join(p.Roles, " ")))
			}
		}
		f.triggers += len(t.Triggers)
		for _, tr := range t.Triggers {
			if !fired[tr] {
				f.unfired = append(f.unfired, t.Schema+"."+t.Name+" "+tr.Name)
			}
		}
	}
	f.probed, f.fired = len(probed), len(fired)
	for _, fn := range w.functions {
		f.functions++
		ok := false
		for _, script := range w.callScripts(fn, contents) {
			answers := w.compare(script)
			for _, r := range answers[len(answers)-1].rows {
				called[r] = true
			}
			for i, s := range script {
				ok = ok || (strings.HasPrefix(s, "select * from "+sql.QuoteIdent(fn.Schema)) || strings.HasPrefix(s, "call ")) && answers[i].err == nil && answers[i].tag != ""
			}
		}
		if ok || called[procedure(called, fn)] {
			f.called++
		} else {
			f.uncalled = append(f.uncalled, signature(w.cat, fn))
		}
	}
}

// procedure is the name of a function as regprocedure prints it, among names.
func procedure(names map[string]bool, fn *catalog.Function) string {
	for n := range names {
		head, args, _ := strings.Cut(n, "(")
		if head == sql.QuoteIdent(fn.Name) || head == sql.QuoteIdent(fn.Schema)+"."+sql.QuoteIdent(fn.Name) {
			if count := len(fn.ArgTypes()); count == 0 && args == ")" || count > 0 && strings.Count(args, ",") == count-1 && args != ")" {
				return n
			}
		}
	}
	return ""
}

func fires(tr *catalog.Trigger, verb, stmt string) bool {
	switch verb {
	case "insert":
		return tr.Events&sql.OnInsert != 0
	case "update":
		if len(tr.Columns) > 0 && !slices.ContainsFunc(tr.Columns, func(c string) bool { return strings.Contains(stmt, " set "+sql.QuoteIdent(c)+" = ") }) {
			return false
		}
		return tr.Events&sql.OnUpdate != 0
	case "delete":
		return tr.Events&sql.OnDelete != 0
	case "truncate":
		return tr.Events&sql.OnTruncate != 0
	}
	return false
}

// tableScripts read and write a table as a caller.
func (w *world) tableScripts(t *catalog.Table, c caller, contents string) [][]string {
	begin := func() []string { return slices.Clone(c.setup) }
	end := func(s []string) []string {
		if c.setup == nil {
			return append(s, contents)
		}
		return s
	}
	name := relation(t)
	read := append(begin(), "select * from "+name, "select count(*) from "+name)
	if t.Kind == catalog.MatView {
		return [][]string{read}
	}
	writes := read
	var all [][]string
	if t.Schema == "auth" && t.Name == "users" {
		if c.setup == nil {
			writes = append(writes, insertUser(newUser, 4))
		}
	} else {
		person := 0
		if strings.Contains(strings.Join(c.setup, ""), users[1]) {
			person = 1
		}
		for i, r := range []row{w.row(t, person, 0, 1), w.row(t, person, 1, 2), w.row(t, 2, 2, 3), w.row(t, person, 6, 4), w.row(t, person, 5, 6), w.row(t, person, 7, 7)} {
			s := r.insert(t)
			if i%2 == 0 {
				s += " returning *"
			}
			writes = append(writes, s)
		}
		if k := t.PrimaryKey(); k != nil {
			r := w.row(t, person, 0, 1)
			if len(r.columns) > 0 {
				last := sql.QuoteIdent(r.columns[len(r.columns)-1])
				writes = append(writes, r.insert(t)+" on conflict do nothing",
					r.insert(t)+" on conflict ("+strings.Join(mapped(k.Columns, sql.QuoteIdent), ", ")+") do update set "+last+" = excluded."+last+" returning *")
			}
		}
	}
	all = append(all, end(append(writes, "select * from "+name, "set constraints all immediate")))
	updates := begin()
	r, columns := w.row(t, 1, 3, 5), 0
	for _, col := range t.Columns {
		v, ok := r.get(col.Name)
		if !ok {
			v = sql.QuoteIdent(col.Name)
		}
		if columns++; columns <= 12 || c.setup == nil {
			updates = append(updates, "update "+name+" set "+sql.QuoteIdent(col.Name)+" = "+v+[]string{"", " returning *"}[columns%2])
		}
	}
	all = append(all, end(append(updates, "select * from "+name, "set constraints all immediate")))
	deletes := begin()
	if k := t.PrimaryKey(); k != nil && len(w.rows[t.OID]) > 0 {
		if v, ok := w.rows[t.OID][0][k.Columns[0]]; ok {
			deletes = append(deletes, "delete from "+name+" where "+sql.QuoteIdent(k.Columns[0])+" = "+quote(v)+" returning *")
		}
	}
	return append(all, end(append(deletes, "delete from "+name, "select count(*) from "+name, "set constraints all immediate")))
}

// callScripts call a function as everybody.
func (w *world) callScripts(f *catalog.Function, contents string) [][]string {
	var all [][]string
	returns := w.cat.Type(f.Returns.OID)
	in := 0
	for _, p := range f.Params {
		if p.Mode == sql.InArg || p.Mode == sql.InOutArg || p.Mode == sql.VariadicArg {
			in++
		}
	}
	for i, c := range callers() {
		for set := range 4 {
			if in == 0 && set > 0 || (i == 1 || i == 4) && set != 1 && in > 0 {
				continue
			}
			var args []string
			for _, p := range f.Params {
				switch p.Mode {
				case sql.InArg, sql.InOutArg, sql.VariadicArg:
					v := "null::" + typeName(w.cat, p.Type)
					if set > 0 {
						v = w.sample(p, set-1)
					} else if t := w.cat.Type(p.Type.OID); t != nil && t.Kind == catalog.PseudoType {
						v = "null::text"
					}
					if p.Mode == sql.VariadicArg {
						v = "variadic " + v
					}
					args = append(args, v)
				case sql.OutArg:
					if f.Kind == catalog.Procedure {
						args = append(args, "null")
					}
				}
			}
			call := sql.QuoteIdent(f.Schema) + "." + sql.QuoteIdent(f.Name) + "(" + strings.Join(args, ", ") + ")"
			switch {
			case f.Kind == catalog.Procedure:
				call = "call " + call
			case returns != nil && returns.Kind == catalog.PseudoType && returns.Name != "void" && returns.Name != "record":
				call = "select " + call
			default:
				call = "select * from " + call
			}
			script := append(slices.Clone(c.setup), call)
			if f.Volatility == 'v' || f.Volatility == 0 {
				script = append(script, "set constraints all immediate", "reset role", contents)
			}
			all = append(all, script)
			if returns != nil && (returns.Name == "trigger" || returns.Name == "event_trigger") {
				return all
			}
		}
	}
	return all
}

// settle takes out the differences that PostgreSQL has with itself, and those that are known, and tells the others.
func (w *world) settle(s source, f *figures, all []file) {
	f.compared = w.done
	// What follows a difference in its script may be nothing but its consequence.
	w.diffs = slices.CompactFunc(w.diffs, func(a, b difference) bool { return &a.script[0] == &b.script[0] })
	if len(w.diffs) > 0 {
		second := openPostgres(w.T)
		apply(w.T, second, all, nil)
		for _, st := range w.seeds {
			keep(second, st)
		}
		w.diffs = slices.DeleteFunc(w.diffs, func(d difference) bool {
			if len(d.script) == 1 {
				return false
			}
			again, err := dry(second, d.script)
			if err != nil {
				w.Error(err)
				return false
			}
			a := w.mask.answer(again[d.at])
			if !same(&a, &d.want) {
				f.volatile++
				return true
			}
			return false
		})
	}
	known := knowns(w.T)
	w.diffs = slices.DeleteFunc(w.diffs, func(d difference) bool {
		text := d.String()
		for _, k := range known {
			if (k.project == "*" || k.project == s.name) && k.like.MatchString(text) {
				f.known++
				if !slices.Contains(f.causes, k.cause) {
					f.causes = append(f.causes, k.cause)
				}
				return true
			}
		}
		return false
	})
	f.different = len(w.diffs)
	for _, d := range w.diffs {
		w.Errorf("difference:\n%s", d.String())
	}
	w.Logf("%d statements compared, %d differences, %d volatile, %d known; statements %d, embedded %d, PostgreSQL %d; tables %d, policies %d/%d, functions %d/%d, triggers %d/%d",
		f.compared, f.different, f.volatile, f.known, f.total, f.lite, f.pg, f.tables, f.probed, f.policies, f.called, f.functions, f.fired, f.triggers)
	w.Logf("without rows: %v\nnot called: %v\nnot fired: %v", f.unpopulated, f.uncalled, f.unfired)
}

type known struct {
	project string
	like    *regexp.Regexp
	cause   string
}

// knowns are the differences that are explained.
func knowns(t *testing.T) []known {
	text, err := os.ReadFile("testdata/known.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []known
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) != 3 {
			continue
		}
		all = append(all, known{f[0], regexp.MustCompile(f[1]), f[2]})
	}
	return all
}
