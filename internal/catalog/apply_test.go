package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// apply runs a script on an edit and gives what each statement said: "" or notices for success, else code and message.
func apply(t testing.TB, e *catalog.Edit, script string) []string {
	t.Helper()
	stmts, err := sql.Parse(script)
	if err != nil {
		t.Fatalf("parse: %v\n%s", err, script)
	}
	var out []string
	for _, s := range stmts {
		ch, err := e.Apply(s.Stmt, catalog.Env{})
		out = append(out, said(ch, err))
	}
	return out
}

func said(ch catalog.Change, err error) string {
	if f := fault.As(err); f != nil {
		return said1("ERROR", f.Code, f.Message, f.Detail, f.Hint)
	} else if err != nil {
		return err.Error()
	}
	var lines []string
	for _, n := range ch.Notices {
		lines = append(lines, said1(n.Severity, n.Code, n.Message, n.Detail, n.Hint))
	}
	return strings.Join(lines, "\n")
}

func said1(severity, code, message, detail, hint string) string {
	s := fmt.Sprintf("%s %s: %s", severity, code, message)
	if detail != "" {
		s += " / " + detail
	}
	if hint != "" {
		s += " / " + hint
	}
	return s
}

// facts is a catalog in lines that can be compared with PostgreSQL's: the order is that of the lines.
func facts(c *catalog.Catalog, schema string) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for t := range c.Tables() {
		if t.Schema != schema {
			continue
		}
		add("%s %c", t.Name, t.Kind)
		for _, k := range t.Columns {
			add("%s.%s %s notnull=%v default=%v identity=%s", t.Name, k.Name, c.TypeString(k.Type), k.NotNull, k.Default != nil, idOf(k.Identity))
		}
		for _, k := range t.Constraints {
			ref := ""
			if r := c.TableByOID(k.RefTable); r != nil {
				ref = r.Name + "(" + strings.Join(k.RefColumns, ",") + ")"
			}
			add("%s constraint %s %c (%s) %s", t.Name, k.Name, k.Kind, strings.Join(k.Columns, ","), ref)
		}
		for _, x := range t.Indexes {
			add("%s index %s unique=%v", t.Name, x.Name, x.Unique)
		}
		for _, p := range t.Policies {
			add("%s policy %s", t.Name, p.Name)
		}
		for _, g := range t.Triggers {
			add("%s trigger %s", t.Name, g.Name)
		}
		if t.RLS || t.ForceRLS {
			add("%s rls=%v force=%v", t.Name, t.RLS, t.ForceRLS)
		}
	}
	for q := range c.Sequences() {
		if q.Schema == schema {
			owner := ""
			if t := c.TableByOID(q.OwnerTable); t != nil {
				owner = t.Name + "." + q.OwnerColumn
			}
			add("sequence %s %s start=%d min=%d max=%d inc=%d %s", q.Name, c.TypeString(catalog.TypeRef{OID: q.Type, Mod: -1}), q.Start, q.Min, q.Max, q.Increment, owner)
		}
	}
	for y := range c.Types() {
		if y.Schema == schema && y.Table == 0 && (y.Elem == 0 || c.Type(y.Elem).Table == 0) {
			add("type %s %c %s", y.Name, y.Kind, strings.Join(y.Labels, ","))
		}
	}
	for f := range c.AllFunctions() {
		if f.Schema == schema {
			var args []string
			for _, a := range f.ArgTypes() {
				args = append(args, c.TypeString(catalog.TypeRef{OID: a, Mod: -1}))
			}
			add("function %s(%s) %s", f.Name, strings.Join(args, ", "), c.TypeString(f.Returns))
		}
	}
	return out
}

func idOf(b byte) string {
	if b == 0 {
		return ""
	}
	return string(b)
}
