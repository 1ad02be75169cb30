package sql_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var (
	regressFiles  = flag.String("regress", "", "only files of the regression suite whose names match")
	regressReport = flag.String("report", "", "where the report on the regression suite is written to")
)

// RegressVariable names the environment variable with the folder of PostgreSQL's regression suite: src/test/regress/sql of its sources.
const RegressVariable = "MAINSTAY_REGRESS"

// TestRegress runs the scripts of PostgreSQL's own regression suite on both: what PostgreSQL answers now is what is right, the suite's own expected files are not
// needed. Each file has a database of its own, as its test_setup.sql makes it. The test fails only if a file cannot be run; the report says what differs.
func TestRegress(t *testing.T) {
	dir := os.Getenv(RegressVariable)
	if dir == "" {
		t.Skip(RegressVariable + " names no checkout of PostgreSQL's regression suite")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files in ", dir)
	}
	w := newRegress(t, filepath.Join(dir, "test_setup.sql"))
	only := regexp.MustCompile(*regressFiles)
	var done []*fileResult
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		if skippedFiles[name] != "" || !only.MatchString(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := w.run(t, name, string(text))
			done = append(done, r)
			t.Log(r)
		})
	}
	if *regressReport != "" {
		if err := os.WriteFile(*regressReport, []byte(report(done)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A regress is where the files of the suite run: a database of PostgreSQL and a folder of the embedded engine that are copied for each.
type regress struct {
	setup  []step
	folder string
	bad    map[string]bool // names that the setup could not make
}

// begin is what psql's environment has in the suite. The suite has its dates in PostgreSQL's old form, which the embedded engine refuses.
var begin = []string{"set search_path = public, extensions", "set timezone = 'PST8PDT'"}

func newRegress(t *testing.T, setup string) *regress {
	text, err := os.ReadFile(setup)
	if err != nil {
		t.Fatal(err)
	}
	w := &regress{setup: psqlSteps(string(text)), folder: t.TempDir(), bad: map[string]bool{}}
	lite, err := sqlite.Open(context.Background(), sqlite.Options{Dir: w.folder, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var list []sql.Statement
	for _, s := range w.setup {
		for _, text := range w.texts(s) {
			if p, err := sql.Parse(text); err == nil {
				list = append(list, p...)
			} else {
				t.Fatal(err, text)
			}
		}
	}
	c := &collector{}
	if err := lite.Script(context.Background(), engine.Script{Parsed: list, GoOn: true}, c); err != nil {
		t.Fatal(err)
	}
	for i, a := range c.all {
		if a.failed {
			for _, n := range touched(list[i].Text) {
				w.bad[n] = true
			}
		}
	}
	if err := lite.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// texts are the statements that a step is, none for what is passed over.
func (w *regress) texts(s step) []string {
	if m := fromFile.FindStringSubmatch(s.text); m != nil && !s.psql {
		return data[strings.ToLower(m[1])]
	}
	if passedOver(&s, nil) != "" {
		return nil
	}
	return []string{s.text}
}

var fromFile = regexp.MustCompile(`(?is)^copy\s+(\S+)\s+from\s+:`)

// data stands for the files that the suite loads: tables of the same form with numbers of our own.
var data = map[string][]string{
	"onek":    {fmt.Sprintf(thousands, "onek", 999, 7919, 1000)},
	"tenk1":   {fmt.Sprintf(thousands, "tenk1", 9999, 7919, 10000)},
	"aggtest": {"insert into aggtest values (56, 7.8), (100, 99.097), (0, 0.09561), (42, 324.78)"},
	"array_op_test": {"insert into array_op_test select i, array(select (i * k) % 101 from generate_series(1, i % 9) k), array(select 'AAA' || (i * k) % 97 from generate_series(1, i % 7) k) from generate_series(1, 100) i",
		"insert into array_op_test values (101, '{}', '{}'), (102, null, null), (103, '{null}', '{null}')"},
	"testjsonb": {`insert into testjsonb select case i % 5 when 0 then jsonb_build_object('wait', null) when 1 then jsonb_build_object('wait', 'CC', 'age', i % 40) when 2 then jsonb_build_object('array', jsonb_build_array('foo', 'bar', i % 10)) ` +
		`when 3 then jsonb_build_object('public', i % 2 = 0, 'line', i, 'node', 'CBA') else jsonb_build_object('pos', i, 'indexed', true, 'status', 'y') end from generate_series(1, 1000) i`},
	"test_tsvector": {"insert into test_tsvector select 'w' || i, to_tsvector('simple', 'wr qh w' || i % 20 || ' eq q' || i % 7 || ' yt r' || i % 13) from generate_series(1, 500) i"},
}

const thousands = `insert into %[1]s select u, i, u %% 2, u %% 4, u %% 10, u %% 20, u %% 100, u %% 1000, u %% 2000, u %% 5000, u, (u %% 100) * 2, (u %% 100) * 2 + 1, ` +
	`chr(65 + u %% 26) || chr(65 + u / 26 %% 26) || chr(65 + u / 676 %% 26) || 'AAA', chr(65 + i %% 26) || chr(65 + i / 26 %% 26) || chr(65 + i / 676 %% 26) || 'AAA', ` +
	`(array['AAAA', 'HHHH', 'OOOO', 'VVVV'])[1 + i %% 4] || 'xx' from (select i, (i * %[3]d) %% %[4]d from generate_series(0, %[2]d) i) s(i, u)`

// pair makes the two that a file runs on.
func (w *regress) pair(t *testing.T) *pair {
	ctx := context.Background()
	url := clustertest.Copy(t, "regress", func(url string) error {
		e, err := postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 1})
		if err != nil {
			return err
		}
		if err := e.Close(); err != nil {
			return err
		}
		c, err := pgconn.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		for _, s := range w.setup {
			for _, text := range w.texts(s) {
				_ = c.Exec(ctx, text).Close() // what it cannot make, it does not have
			}
		}
		return nil
	})
	p := connect(t, url)
	p.must(strings.Join(begin, ";"))
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.folder)); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.lite, err = sqlite.Open(ctx, sqlite.Options{Dir: dir, Readers: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.lite.Close() })
	return p
}

// A fileResult is what became of a file's statements.
type fileResult struct {
	name  string
	count map[string]int // outcome → statements
	// By reason.
	refused, passed, decided map[string]int
	log                      bytes.Buffer // the differences
}

// The outcomes of a statement.
const (
	outSame    = "same"
	outFails   = "fails alike" // the same error on both
	outOrder   = "other order" // the same rows, where PostgreSQL's order may be its own choice
	outLimit   = "by decision" // docs/reference/limits.md
	outRefused = "refused"
	outFollows = "follows" // needs what was refused
	outAfter   = "after"   // needs what another statement did differently
	outDiffers = "different"
	outPassed  = "passed over"
)

var outcomes = []string{outSame, outFails, outOrder, outLimit, outRefused, outFollows, outAfter, outDiffers, outPassed}

func (r *fileResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", r.name)
	for _, o := range outcomes {
		if r.count[o] > 0 {
			fmt.Fprintf(&b, " %s %d", o, r.count[o])
		}
	}
	return b.String() + "\n" + r.log.String()
}

// run runs one file on both and compares.
func (w *regress) run(t *testing.T, name, text string) *fileResult {
	p := w.pair(t)
	roles := p.roles()
	t.Cleanup(func() { p.dropRoles(roles) })
	r := &fileResult{name: name, count: map[string]int{}, refused: map[string]int{}, passed: map[string]int{}, decided: map[string]int{}}
	var run []step
	vars := map[string]bool{}
	for _, s := range psqlSteps(text) {
		why := passedOver(&s, vars)
		if m := fromFile.FindStringSubmatch(s.text); m != nil && data[strings.ToLower(m[1])] != nil {
			for _, text := range data[strings.ToLower(m[1])] {
				run = append(run, step{text: text, line: s.line})
			}
			continue
		}
		if m := reconnect.FindStringSubmatch(s.text); m != nil && s.psql {
			why = ""
			run = append(run, step{text: "reset session authorization", line: s.line}, step{text: "reset all", line: s.line})
			for _, text := range begin {
				run = append(run, step{text: text, line: s.line})
			}
			if m[1] != "" {
				run = append(run, step{text: "set session authorization " + m[1], line: s.line})
			}
		}
		if why != "" {
			r.count[outPassed]++
			r.passed[why]++
			continue
		}
		if !s.psql {
			run = append(run, s)
		}
	}
	want := make([]answer, len(run))
	for i := range run {
		want[i] = p.one(&run[i])
		if want[i].failed && unreachedConstant(&want[i], &answer{tag: " 0"}) {
			planned := p.one(&step{text: "explain " + run[i].text}) // in a failed transaction it cannot be told
			want[i].planned = planned.fails(&want[i])
		}
		if run[i].data != nil { // PostgreSQL has the rows by now; the engine gets them as INSERT
			text := run[i].text
			if run[i].text = "select 1/0"; !want[i].failed {
				run[i].text = inserted(text, run[i].data)
			}
		}
	}
	got := p.session(run)
	refused, differ := map[string]bool{}, map[string]bool{}
	for n := range w.bad {
		refused[n] = true
	}
	listed := decisions(t, name)
	block := "" // the outcome of the statement that broke the engine's transaction block
	for i, s := range run {
		w, g := &want[i], &got[i]
		if s.data != nil && w.failed { // the engine has been given another error in its place
			r.count[outPassed]++
			r.passed["COPY of rows that PostgreSQL refuses"]++
			continue
		}
		out, rule := w.outcome(g, s.text)
		if out == outDiffers {
			if d := decide(listed, s.text, w, g); d != nil {
				out, rule = outLimit, d.reason
			}
		}
		mentions := func(bad map[string]bool) bool {
			return slices.ContainsFunc(names(s.text+" "+w.message+" "+g.message), func(n string) bool { return bad[n] })
		}
		if tx, ok := transactional(s.text); ok && tx.Kind == sql.TxBegin {
			block = ""
		}
		if out == outDiffers && block != "" && (g.code == "25P02" || g.code == "3B001" || w.tag == "COMMIT" && g.tag == "ROLLBACK") {
			out = block
		}
		if out == outDiffers {
			switch {
			case mentions(refused):
				out = outFollows
			case mentions(differ):
				out = outAfter
			}
		}
		switch out {
		case outRefused, outFollows:
			block = outFollows
		case outDiffers, outAfter:
			block = outAfter
		}
		var bad map[string]bool
		switch {
		case out == outRefused && !w.failed, out == outLimit && g.failed != w.failed, out == outFollows, out == outSame && defines.MatchString(s.text) && mentions(refused):
			bad = refused
		case out == outDiffers, out == outAfter, out == outSame && defines.MatchString(s.text) && mentions(differ):
			bad = differ
		}
		if bad != nil {
			for _, n := range touched(s.text) {
				bad[n] = true
			}
		}
		r.count[out]++
		switch out {
		case outRefused:
			r.refused[reason(g.message)]++
		case outLimit:
			r.decided[rule]++
		case outDiffers, outOrder:
			fmt.Fprintf(&r.log, "--- %s:%d %s\n  %s;\n%s", name, s.line, out, s.text, apart(w, g))
		}
	}
	for _, d := range listed {
		if d.met != d.count {
			t.Errorf("%s: %d statements, not %d", d.where, d.met, d.count)
		}
	}
	return r
}

// transactional reads BEGIN, COMMIT and their kin.
func transactional(text string) (*sql.Transaction, bool) {
	list, err := sql.Parse(text)
	if err != nil || len(list) != 1 {
		return nil, false
	}
	tx, ok := list[0].Stmt.(*sql.Transaction)
	return tx, ok
}

// apart shows where two answers are not alike.
func apart(w, g *answer) string {
	if w.failed || g.failed || !slices.Equal(w.cols, g.cols) || w.tag != g.tag || len(w.rows) != len(g.rows) {
		return "  PostgreSQL\n" + w.String() + "  engine\n" + g.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    (%s)\n", strings.Join(w.cols, ", "))
	for _, n := range w.notices {
		b.WriteString("  P # " + n + "\n")
	}
	for _, n := range g.notices {
		b.WriteString("  E # " + n + "\n")
	}
	shown := 0
	for i := range w.rows {
		if w.rows[i] != g.rows[i] && shown < 5 {
			shown++
			fmt.Fprintf(&b, "  P %s\n  E %s\n", w.rows[i], g.rows[i])
		}
	}
	return b.String()
}

// defines says that a statement makes a thing out of others.
var defines = regexp.MustCompile(`(?is)^create\b.*\b(view|function|procedure|trigger|policy)\b`)

// outcome compares two answers, and says by which rule they differ by decision.
func (w *answer) outcome(g *answer, text string) (out, rule string) {
	switch v := compare(w, g, true); v {
	case same:
		if w.failed {
			return outFails, ""
		}
		return outSame, ""
	case differs:
	case limitRefused:
		return outRefused, ""
	default:
		return outLimit, string(v)
	}
	v := compare(w, g, false)
	switch {
	case v == differs:
		return outDiffers, ""
	case v == same && regexp.MustCompile(`(?i)\border\s+by\b`).MatchString(text):
		return outOrder, ""
	case v == same:
		return outSame, ""
	}
	return outLimit, string(v)
}

// reason is a refusal without the names of the suite.
func reason(message string) string {
	return strings.TrimSuffix(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(message, "…"), " is not supported by the sqlite engine")
}

var (
	identifier = regexp.MustCompile(`"(?:[^"]|"")+"|[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*`)
	target     = regexp.MustCompile(`(?is)\b(?:create\s+(?:or\s+replace\s+)?(?:global\s+|local\s+|temporary\s+|temp\s+|unlogged\s+|recursive\s+|materialized\s+|foreign\s+|constraint\s+|unique\s+|event\s+|default\s+)*(?:table|view|sequence|index|type|domain|function|procedure|aggregate|trigger|rule|policy|role|user|group|schema|operator|cast|collation|server|statistics|text\s+search\s+(?:dictionary|configuration))` +
		`|alter\s+(?:table|view|text\s+search\s+(?:dictionary|configuration)|materialized\s+view|sequence|type|domain|function|role|user|group|schema|policy|index|trigger)|insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?|copy|into|declare|prepare|drop\s+(?:table|view|sequence|type|domain|function|procedure|role|user|schema|index|policy|trigger|materialized\s+view))` +
		`\s+(?:if\s+not\s+exists\s+|if\s+exists\s+|concurrently\s+|only\s+|temp\s+|temporary\s+)*((?:"[^"]+"|[A-Za-z_][A-Za-z0-9_$.]*))`)
	onTable = regexp.MustCompile(`(?is)^(?:create|alter|drop)\b.*?\b(?:trigger|policy|rule|index|on)\b.*?\bon\s+(?:only\s+)?((?:"[^"]+"|[A-Za-z_][A-Za-z0-9_$.]*))`)
)

// names are the identifiers in a statement.
func names(text string) []string {
	all := identifier.FindAllString(text, -1)
	for i, n := range all {
		all[i] = folded(n)
	}
	return all
}

func folded(n string) string {
	if strings.HasPrefix(n, `"`) {
		return strings.Trim(n, `"`)
	}
	return strings.ToLower(n)
}

// touched are the things that a statement makes or changes.
func touched(text string) (all []string) {
	for _, re := range []*regexp.Regexp{target, onTable} {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			parts := strings.Split(m[1], ".")
			if n := folded(parts[len(parts)-1]); !slices.Contains([]string{"set", "on", "as", "cascade", "", "public"}, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// one runs a step on PostgreSQL.
func (p *pair) one(s *step) (a answer) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	p.notices = nil
	a.text = s.text
	defer func() { a.notices = append([]string(nil), p.notices...) }()
	if s.data != nil {
		tag, err := p.pg.CopyFrom(ctx, strings.NewReader(strings.Join(s.data, "\n")+"\n"), s.text)
		if err != nil {
			a.err(p.t, s.text, err)
		}
		a.tag = strings.Replace(tag.String(), "COPY", "INSERT 0", 1)
		return a
	}
	rr := p.pg.ExecParams(ctx, s.text, nil, nil, nil, nil)
	fields := append([]pgconn.FieldDescription(nil), rr.FieldDescriptions()...)
	for i := range fields {
		fields[i].Name = strings.Clone(fields[i].Name)
	}
	for rr.NextRow() {
		a.rows = append(a.rows, pgRow(rr.Values()))
	}
	tag, err := rr.Close()
	a.tag = tag.String()
	if err != nil {
		a.err(p.t, s.text, err)
		return a
	}
	notices := p.notices
	a.cols = p.columns(ctx, fields)
	if slices.ContainsFunc(a.cols, modifier.MatchString) && isQuery.MatchString(s.text) {
		a.analysed = p.analysed(s.text)
	}
	p.notices = notices
	return a
}

func unqualified(typ string) string { return typ[strings.LastIndex(typ, ".")+1:] }

// session runs steps on the engine, one after another in one session.
func (p *pair) session(run []step) []answer {
	list, fixed := make([]sql.Statement, len(run)), make([]*answer, len(run))
	for i := range list {
		text := run[i].text
		parsed, err := sql.Parse(text)
		if err == nil && len(parsed) != 1 {
			err = fmt.Errorf("%d statements", len(parsed))
		}
		if err != nil {
			fixed[i] = &answer{}
			fixed[i].refused(err)
			if parsed, err = sql.Parse("select 1/0"); err != nil { // which fails as well
				p.t.Fatal(err)
			}
		}
		list[i] = parsed[0]
	}
	before, err := sql.Parse(strings.Join(begin, ";"))
	if err != nil {
		p.t.Fatal(err)
	}
	c := &collector{bare: true}
	for {
		left := list[len(c.all):]
		err := p.piece(append(slices.Clone(before), left...), c, len(before))
		if err == nil {
			break
		}
		if len(c.all) == len(list) {
			break
		}
		c.now.refused(err)
		c.end()
	}
	out := c.all
	for i, f := range fixed {
		if f != nil && out[i].code != "25P02" {
			out[i] = *f
		}
	}
	return out
}

// piece runs statements, of which the first skip ones answer to nobody. An error is what ended the engine's work for good.
func (p *pair) piece(list []sql.Statement, c *collector, skip int) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %.2000v", r)
		}
	}()
	all := c.all
	c.all = nil
	defer func() { c.all = append(all, c.all[min(skip, len(c.all)):]...) }()
	c.done = &atomic.Int32{}
	slow := time.AfterFunc(time.Minute, func() { p.t.Logf("takes long: %s", list[min(int(c.done.Load()), len(list)-1)].Text) })
	defer slow.Stop()
	return p.lite.Script(ctx, engine.Script{Parsed: list, GoOn: true}, c)
}

// roles are the names of the cluster's roles.
func (p *pair) roles() map[string]bool {
	all := map[string]bool{}
	for _, row := range p.pg.ExecParams(context.Background(), "select rolname from pg_roles", nil, nil, nil, nil).Read().Rows {
		all[string(row[0])] = true
	}
	return all
}

// dropRoles takes back the roles that a file has made.
func (p *pair) dropRoles(keep map[string]bool) {
	ctx := context.Background()
	_ = p.pg.Exec(ctx, "rollback; reset session authorization; reset role").Close() // whatever the file has left
	for n := range p.roles() {
		if !keep[n] {
			_ = p.pg.Exec(ctx, `reset role; drop owned by "`+n+`" cascade`).Close()
			if err := p.pg.Exec(ctx, `drop role "`+n+`"`).Close(); err != nil {
				p.t.Log(err)
			}
		}
	}
}
