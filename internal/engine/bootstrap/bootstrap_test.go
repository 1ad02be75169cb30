package bootstrap_test

import (
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func TestEachStatementIsOne(t *testing.T) {
	all := bootstrap.Statements()
	if len(all) < 150 {
		t.Fatalf("%d statements", len(all))
	}
	for _, s := range all {
		stmts, err := sql.Parse(s.Text)
		if err != nil {
			t.Errorf("%s: %v\n%s", s.File, err, s.Text)
		} else if len(stmts) != 1 {
			t.Errorf("%s: %d statements\n%s", s.File, len(stmts), s.Text)
		}
	}
}

// Whatever is made without IF NOT EXISTS or OR REPLACE must be forgiven when it is there.
func TestStatementsCanBeRepeated(t *testing.T) {
	for _, s := range bootstrap.Statements() {
		switch first := strings.Join(strings.Fields(s.Text)[:2], " "); first {
		case "create role", "create type", "create domain", "create trigger", "create publication", "create policy", "create function":
			if !s.Forgives("42710") || !s.Forgives("42723") {
				t.Errorf("not repeatable: %s", s.Text)
			}
		case "create table", "create index", "create unique", "create schema", "create extension", "create sequence":
			if !strings.Contains(s.Text, "if not exists") {
				t.Errorf("not repeatable: %s", s.Text)
			}
		case "create or", "grant all", "grant usage", "revoke all", "grant select,", "grant select", "grant execute", "grant anon,", "grant authenticator", "alter table", "alter default":
		default:
			t.Errorf("is it repeatable? %s", s.Text)
		}
	}
}
