package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestExplainShowsThePlace(t *testing.T) {
	check := func(e *Error, want string) {
		t.Helper()
		if got := e.Explain(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	e := New(UndefinedObject, "type %q does not exist", "monney")
	check(e, `error: type "monney" does not exist (42704)`)
	e = e.WithHint("Did you mean money?").WithDetail("all of it")
	e.File, e.Text, e.Pos = "migrations/2_x.sql", "create table t (\n\tprice monney,\n  ü int)", 24
	check(e, "migrations/2_x.sql:2:8: error: type \"monney\" does not exist (42704)\n  2 |  price monney,\n    |        ^\ndetail: all of it\nhint: Did you mean money?")
	e = New(SyntaxError, "syntax error at end of input")
	e.Text, e.Pos = "select 'ü',", 12
	check(e, "line 1, column 12: error: syntax error at end of input (42601)\n  1 | select 'ü',\n    |            ^")
}

func TestChangesAreCopies(t *testing.T) {
	a := New(UniqueViolation, "x")
	b := a.WithDetail("d").WithHint("h").WithStatus(409).At(3).WithConstraint("s", "t", "c")
	if a.Detail != "" || a.Hint != "" || a.Status != 0 || a.Pos != -1 || a.Constraint != "" {
		t.Errorf("the original changed: %+v", a)
	}
	if b.Detail != "d" || b.Hint != "h" || b.Status != 409 || b.Pos != 3 || b.Constraint != "c" || b.At(9).Pos != 3 {
		t.Errorf("got %+v", b)
	}
}

func TestAsLooksThroughWrapping(t *testing.T) {
	err := fmt.Errorf("apply: %w", New(CheckViolation, "no"))
	if Code(err) != CheckViolation || As(errors.New("other")) != nil || Code(nil) != "" {
		t.Error("the code was not found, or one was found where there is none")
	}
}
