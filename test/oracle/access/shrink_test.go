package access_test

import (
	"fmt"
	"slices"
	"strings"
)

// shrink gives a smaller world and fewer requests, of which the last is still answered wrongly.
func (x *trial) shrink(w *world, requests []*request, how string) (*world, []*request, string) {
	tries := 0
	fails := func() bool {
		tries++
		if tries > 400 || !w.holds(requests) {
			return false
		}
		at, h, broken := x.run(w, requests, "")
		if broken != nil || at != len(requests)-1 {
			return false
		}
		how = h
		return true
	}
	// Requests first: most of them only read.
	for i := len(requests) - 2; i >= 0; i-- {
		whole := requests
		if requests = slices.Delete(slices.Clone(requests), i, i+1); !fails() {
			requests = whole
		}
	}
	last := requests[len(requests)-1].clone()
	requests[len(requests)-1] = last
	try(fails, &last.where, nil)
	try(fails, &last.embeds, nil)
	try(fails, &last.limit, -1)
	try(fails, &last.offset, 0)
	less(fails, &last.order)
	for i := len(last.body) - 1; i >= 0 && len(last.body) > 1 && last.inside == nil; i-- {
		try(fails, &last.body, slices.Delete(slices.Clone(last.body), i, i+1))
	}
	less(fails, &w.views)
	for _, t := range w.tables {
		less(fails, &t.poli)
		less(fails, &t.rows)
		try(fails, &t.force, false)
		try(fails, &t.owner, super)
	}
	less(fails, &w.functions)
	less(fails, &w.tables)
	less(fails, &w.callers)
	for range 3 {
		for _, t := range w.tables {
			for _, p := range t.poli {
				simpler(fails, &p.using)
				simpler(fails, &p.check)
			}
		}
		for _, v := range w.views {
			simpler(fails, &v.where)
		}
		for _, f := range w.functions {
			simpler(fails, &f.where)
			simpler(fails, &f.value)
		}
		simpler(fails, &last.where)
	}
	for _, t := range w.tables {
		less(fails, &t.grants)
		less(fails, &t.rows)
	}
	less(fails, &w.functions)
	less(fails, &w.tables)
	return w, requests, how
}

// holds says whether what requests name is there.
func (w *world) holds(requests []*request) bool {
	there := func(rel string) bool { return w.table(rel) != nil || w.view(rel) != nil || w.function(rel) != nil }
	var below func(l *level) bool
	below = func(l *level) bool {
		return !slices.ContainsFunc(l.embeds, func(x *embed) bool { return !there(x.rel) || !below(&x.level) })
	}
	return !slices.ContainsFunc(requests, func(r *request) bool {
		return r.rel != "" && !there(r.rel) || r.function != "" && !there(r.function) || r.inside != nil && !there(r.inside.of.name) || !below(&r.level) || !slices.Contains(w.callers, r.who)
	})
}

// try sets a value and keeps it if the case still fails.
func try[T any](fails func() bool, at *T, v T) {
	old := *at
	if *at = v; !fails() {
		*at = old
	}
}

// less leaves out what the case does not need, from the end.
func less[T any](fails func() bool, at *[]T) {
	for i := len(*at) - 1; i >= 0; i-- {
		try(fails, at, slices.Delete(slices.Clone(*at), i, i+1))
	}
}

// simpler replaces a condition by a smaller one.
func simpler(fails func() bool, at **node) {
	if *at == nil {
		return
	}
	for _, n := range (*at).smaller() {
		old := *at
		if *at = n; fails() {
			return
		}
		*at = old
	}
}

// caseFile is a world and requests as a file for testdata/cases: its answers are to be written by PostgreSQL.
func caseFile(w *world, requests []*request) string {
	var b strings.Builder
	fmt.Fprintln(&b, "TITLE.\n-- callers --")
	for _, c := range w.callers {
		if c.role != anon && c.role != service {
			fmt.Fprintln(&b, c.line())
		}
	}
	b.WriteString("-- project.sql --\n")
	stmts := strings.Join(w.sql(), ";\n") + ";\n"
	for _, role := range []string{keeper, editor} {
		if strings.Contains(stmts, role) || strings.Contains(b.String(), role) {
			fmt.Fprintf(&b, "create role %s;\n", role)
		}
	}
	b.WriteString(stmts)
	for _, r := range requests {
		b.WriteString(r.step())
	}
	return b.String()
}
