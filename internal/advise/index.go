package advise

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

const (
	runs  = 7               // of a probe, of which the median counts
	long  = 2 * time.Second // a probe that takes longer is run once
	taken = 2000            // rows that are changed to measure what an index costs
	few   = 10              // an index that finds more than one row in so many is not worth its upkeep
)

// keyOf is a key of an index in the form of those that are wanted.
func keyOf(k sql.IndexKey) key {
	if k.Expr != nil {
		return key{text: sql.PrintExpr(k.Expr), expr: true, desc: k.Desc}
	}
	return key{text: sql.QuoteIdent(k.Column), desc: k.Desc}
}

// serves reports whether an index serves a want: its first keys are the equal ones in any order, and then those that follow, in one direction or the other.
func serves(ix *catalog.Index, w *want) bool {
	if len(ix.Keys) < len(w.keys()) || ix.Method != "" && ix.Method != "btree" {
		return false
	}
	n := len(w.equal)
	for _, k := range ix.Keys[:n] {
		if !slices.ContainsFunc(w.equal, func(x key) bool { return x.text == keyOf(k).text }) {
			return false
		}
	}
	turned := false
	for i, k := range w.next {
		have := keyOf(ix.Keys[n+i])
		if have.text != k.text {
			return false
		}
		if w.order && i == 0 {
			turned = have.desc != k.desc
		}
		if w.order && (have.desc != k.desc) != turned {
			return false
		}
	}
	return true
}

// missing advises an index when none serves what is wanted, and one is found to.
func (x *examination) missing(r reason, rows int64) error {
	now := x.Engine.Catalog().TableByOID(r.table.OID)
	if now == nil {
		return nil
	}
	for _, ix := range now.Indexes {
		if serves(ix, &r.want) {
			return nil
		}
	}
	name := now.Name
	var keys []string
	for _, k := range r.keys() {
		keys = append(keys, k.index())
		if len(name) < 40 {
			name += "_" + plain(k.text)
		}
	}
	name += "_idx"
	if _, ix := x.Engine.Catalog().Index(now.Schema, name); ix != nil {
		name += "1"
	}
	out := Advice{
		Code: r.code, Table: label(now), Rows: rows, What: r.what,
		Fix: fmt.Sprintf("create index %s on %s (%s);", sql.QuoteIdent(name), label(now), strings.Join(keys, ", ")),
	}
	if !x.Copy {
		x.report.Advice = append(x.report.Advice, out)
		return nil
	}
	probe, err := x.probe(&r.want, rows)
	if err != nil || probe == "" {
		return nil // what cannot be asked for alone (a type without an order, an expression that fails) has no index to advise
	}
	if !r.order {
		var found int64
		if n, err := x.ask(probe, false); err != nil {
			return err
		} else if _, err := fmt.Sscan(n[0][0], &found); err != nil {
			return err
		}
		if found > rows/few {
			return nil
		}
	}
	out.Probe = probe
	if out.Before, err = x.time(probe); err != nil {
		return err
	}
	if _, err := x.ask(out.Fix, false); err != nil {
		return nil // an expression that is not immutable, a type without an order
	}
	plan, err := x.ask("explain "+probe, false)
	if err != nil {
		return err
	}
	used := slices.ContainsFunc(plan, func(row []string) bool {
		return strings.Contains(row[0], name) && !strings.HasPrefix(row[0], "SQLite:")
	})
	if used {
		if out.After, err = x.time(probe); err != nil {
			return err
		}
		out.Gain = float64(out.Before) / float64(max(out.After, 1))
	}
	if out.Gain < x.MinGain {
		_, err = x.ask("drop index "+sql.QuoteIdent(now.Schema)+"."+sql.QuoteIdent(name), false)
		return err
	}
	x.report.Advice = append(x.report.Advice, out)
	return nil
}

// probe is a statement that takes the way in: with the values of a row from the middle of the table; of a range the last hundredth. "" when all keys are NULL.
func (x *examination) probe(w *want, rows int64) (string, error) {
	t := label(w.table)
	var conditions []string
	if len(w.equal) > 0 {
		var cols, there []string
		for _, k := range w.equal {
			cols = append(cols, "("+k.text+")::text")
			there = append(there, "("+k.text+") is not null")
		}
		where := " from " + t + " where " + strings.Join(there, " and ")
		n, err := x.ask("select count(*)"+where, false)
		if err != nil {
			return "", err
		}
		var found int64
		if _, err := fmt.Sscan(n[0][0], &found); err != nil || found == 0 {
			return "", err
		}
		row, err := x.ask(fmt.Sprintf("select %s%s limit 1 offset %d", strings.Join(cols, ", "), where, found/2), false)
		if err != nil || len(row) == 0 {
			return "", err
		}
		for i, k := range w.equal {
			conditions = append(conditions, "("+k.text+") = "+sql.QuoteLiteral(row[0][i]))
		}
	}
	order := ""
	if w.order {
		var keys []string
		for _, k := range w.next {
			keys = append(keys, k.index())
		}
		order = " order by " + strings.Join(keys, ", ") + " limit 20"
	} else if len(w.next) > 0 {
		k := w.next[0]
		row, err := x.ask(fmt.Sprintf("select (%[1]s)::text from %[2]s where (%[1]s) is not null order by %[1]s desc limit 1 offset %[3]d", k.text, t, rows/100), false)
		if err != nil || len(row) == 0 {
			return "", err
		}
		conditions = append(conditions, "("+k.text+") >= "+sql.QuoteLiteral(row[0][0]))
	}
	what := "count(*)"
	if w.order {
		what = "*"
	}
	where := ""
	if len(conditions) > 0 {
		where = " where " + strings.Join(conditions, " and ")
	}
	return "select " + what + " from " + t + where + order, nil
}

// indexes advises to drop indexes that others make needless, and those that nothing is known to use.
func (x *examination) indexes(reasons []reason) error {
	for _, t := range x.tables() {
		rows, err := x.count(t)
		if err != nil {
			return err
		}
		if rows < x.MinRows {
			continue
		}
		for _, ix := range t.Indexes {
			if ix.Unique || ix.Constraint != 0 || ix.Method != "" && ix.Method != "btree" {
				continue
			}
			a := Advice{Table: label(t), Rows: rows, Fix: fmt.Sprintf("drop index %s.%s;", sql.QuoteIdent(t.Schema), sql.QuoteIdent(ix.Name))}
			if i := slices.IndexFunc(t.Indexes, func(o *catalog.Index) bool { return o != ix && contains(o, ix) }); i >= 0 {
				a.Code, a.What = Same, fmt.Sprintf("what %s serves, %s serves as well", ix.Name, t.Indexes[i].Name)
			} else if x.unused(t, ix, reasons) {
				a.Code, a.What = Unused, fmt.Sprintf("nothing that was counted, no policy, function or foreign key looks for the first key of %s", ix.Name)
			} else {
				continue
			}
			if x.Copy {
				if err := x.cost(t, ix, &a); err != nil {
					return err
				}
			}
			x.report.Advice = append(x.report.Advice, a)
		}
	}
	return nil
}

// contains reports whether index o serves all that ix does: ix's keys are its first ones. Of two that are the same the older one stays.
func contains(o, ix *catalog.Index) bool {
	if len(o.Keys) < len(ix.Keys) || len(o.Keys) == len(ix.Keys) && len(o.Include) == len(ix.Include) && o.OID > ix.OID && !o.Unique || o.Method != ix.Method || len(ix.Include) > len(o.Include) {
		return false
	}
	if printed(o.Where) != printed(ix.Where) {
		return false
	}
	for i, k := range ix.Keys {
		h := o.Keys[i]
		if keyOf(h) != keyOf(k) || h.Collation != k.Collation || h.OpClass != k.OpClass || h.Nulls != k.Nulls {
			return false
		}
	}
	return true
}

func printed(e sql.Expr) string {
	if e == nil {
		return ""
	}
	return sql.PrintExpr(e)
}

// unused reports whether enough was counted to say that nothing uses an index.
func (x *examination) unused(t *catalog.Table, ix *catalog.Index, reasons []reason) bool {
	first := x.Now
	for _, s := range x.Statements {
		if s.First.Before(first) {
			first = s.First
		}
	}
	if x.report.Statements < x.MinStatements || x.Now.Sub(first) < x.MinAge || ix.Where != nil || ix.Keys[0].Column == "" {
		return false
	}
	k := keyOf(ix.Keys[0])
	for _, r := range reasons {
		if r.table.OID == t.OID && slices.ContainsFunc(r.keys(), func(o key) bool { return o.text == k.text || o.expr && strings.Contains(o.text, k.text) }) {
			return false
		}
	}
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(ix.Keys[0].Column) + `\b`)
	for f := range x.cat.AllFunctions() {
		if !made[f.Schema] && word.MatchString(f.Source) {
			return false
		}
	}
	for v := range x.cat.Tables() {
		if v.Kind == catalog.View && !made[v.Schema] && word.MatchString(v.QueryText) {
			return false
		}
	}
	return true
}

// cost measures what changing an index's rows takes with it and without it.
func (x *examination) cost(t *catalog.Table, ix *catalog.Index, a *Advice) error {
	pk := t.PrimaryKey()
	if pk == nil || len(pk.Columns) != 1 || ix.Keys[0].Column == "" || pk.Columns[0] == ix.Keys[0].Column || t.Column(ix.Keys[0].Column).Generated {
		return nil
	}
	id, c := sql.QuoteIdent(pk.Columns[0]), sql.QuoteIdent(ix.Keys[0].Column)
	probe := fmt.Sprintf("update %[1]s set %[2]s = %[2]s where %[3]s in (select %[3]s from %[1]s limit %[4]d)", label(t), c, id, taken)
	before, err := x.changed(probe)
	if err != nil {
		return nil // a trigger or a rule of the project's refuses it
	}
	if _, err := x.ask(a.Fix, false); err != nil {
		return nil // something needs it
	}
	after, err := x.changed(probe)
	if err != nil {
		return err
	}
	a.Probe, a.Before, a.After, a.Gain = probe, before, after, float64(before)/float64(max(after, 1))
	return nil
}

// time is the median time of a query.
func (x *examination) time(text string) (time.Duration, error) { return x.median(text, false) }

// changed is the median time of a write, which is taken back.
func (x *examination) changed(text string) (time.Duration, error) { return x.median(text, true) }

func (x *examination) median(text string, dry bool) (time.Duration, error) {
	var took []time.Duration
	for range runs {
		began := time.Now()
		if _, err := x.ask(text, dry); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
		if took[0] > long {
			break
		}
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// ask runs a statement as the owner and gives its rows as text.
func (x *examination) ask(text string, dry bool) ([][]string, error) {
	s := &rows{}
	err := x.Engine.Script(x.ctx, engine.Script{Text: text, DryRun: dry}, s)
	return s.rows, err
}

// rows keeps the rows of a statement.
type rows struct {
	engine.Discard
	columns int
	rows    [][]string
}

// Begin notes how many columns there are.
func (r *rows) Begin(c []engine.Column) error {
	r.columns = len(c)
	return nil
}

// Row keeps one.
func (r *rows) Row(row engine.Row) error {
	out := make([]string, r.columns)
	for i := range out {
		out[i] = string(row.AppendText(nil, i))
	}
	r.rows = append(r.rows, out)
	return nil
}
