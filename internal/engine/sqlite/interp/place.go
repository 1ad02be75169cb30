package interp

import "github.com/mainstay-dev/mainstay/internal/sql/plpgsql"

// placeOf is the line of a statement and what the context of an error calls it.
func placeOf(s plpgsql.Stmt) (int, string) {
	switch s := s.(type) {
	case *plpgsql.Block:
		return s.Line, "statement block"
	case *plpgsql.Assign:
		return s.Line, "assignment"
	case *plpgsql.If:
		return s.Line, "IF"
	case *plpgsql.Case:
		return s.Line, "CASE"
	case *plpgsql.Loop:
		if s.While != nil {
			return s.Line, "WHILE"
		}
		return s.Line, "LOOP"
	case *plpgsql.ForInt:
		return s.Line, "FOR with integer loop variable"
	case *plpgsql.ForQuery:
		switch {
		case s.Cursor >= 0:
			return s.Line, "FOR over cursor"
		case s.Dynamic != nil:
			return s.Line, "FOR over EXECUTE statement"
		}
		return s.Line, "FOR over SELECT rows"
	case *plpgsql.ForEach:
		return s.Line, "FOREACH over array"
	case *plpgsql.Exit:
		if s.Continue {
			return s.Line, "CONTINUE"
		}
		return s.Line, "EXIT"
	case *plpgsql.Return:
		return s.Line, "RETURN"
	case *plpgsql.ReturnNext:
		return s.Line, "RETURN NEXT"
	case *plpgsql.ReturnQuery:
		return s.Line, "RETURN QUERY"
	case *plpgsql.Raise:
		return s.Line, "RAISE"
	case *plpgsql.Assert:
		return s.Line, "ASSERT"
	case *plpgsql.Perform:
		return s.Line, "PERFORM"
	case *plpgsql.Exec:
		return s.Line, "SQL statement"
	case *plpgsql.DynExec:
		return s.Line, "EXECUTE"
	case *plpgsql.GetDiagnostics:
		return s.Line, "GET DIAGNOSTICS"
	case *plpgsql.Open:
		return s.Line, "OPEN"
	case *plpgsql.Fetch:
		if s.Move {
			return s.Line, "MOVE"
		}
		return s.Line, "FETCH"
	case *plpgsql.Close:
		return s.Line, "CLOSE"
	case *plpgsql.Call:
		return s.Line, "CALL"
	}
	return 0, ""
}
