package builtin

import "testing"

func TestTableIsWhole(t *testing.T) {
	for _, f := range All() {
		has := 0
		for _, ok := range []bool{f.Go != nil, f.Set != nil, f.Agg != nil, f.Kind == WindowKind} {
			if ok {
				has++
			}
		}
		if has != 1 {
			t.Errorf("%s has %d implementations", f.ID, has)
		}
		if (f.Kind == SetReturning) != f.RetSet {
			t.Errorf("%s: set-returning is %v in PostgreSQL", f.ID, f.RetSet)
		}
		if ByID(f.ID) != f {
			t.Errorf("ID %s is not unique", f.ID)
		}
		for _, c := range f.ID {
			if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				t.Errorf("ID %s has %q", f.ID, c)
			}
		}
	}
	if len(All()) < 800 || len(AllOperators()) < 400 {
		t.Errorf("only %d functions, %d operators", len(All()), len(AllOperators()))
	}
}
