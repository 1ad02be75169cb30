package rest

import (
	"slices"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

func TestTheDatabaseMaySetTheDoor(t *testing.T) {
	t.Parallel()
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	h := New(e, Options{MaxRows: 1000})
	run := func(text string) *settings {
		t.Helper()
		if err := e.Script(t.Context(), engine.Script{Text: text, Atomic: true}, engine.Discard{}); err != nil {
			t.Fatal(err)
		}
		return h.settings(e.Catalog())
	}
	s := run(`alter role authenticator set pgrst.db_plan_enabled to 'true';
alter role authenticator set pgrst.db_aggregates_enabled to 'true';
alter role authenticator set pgrst.db_tx_end to 'rollback-allow-override';
alter role authenticator set pgrst.db_max_rows to '7';
alter role authenticator set pgrst.url_use_legacy_target_names to 'false';
alter role authenticator set pgrst.client_error_verbosity to 'minimal';
alter role authenticator set pgrst.db_schemas to 'public, private';
alter role authenticator set pgrst.server_timing_enabled to 'on';
alter role authenticator set pgrst.db_pre_request to 'public.check'`)
	if !s.Plans || !s.Plan.Aggregates || !s.RollbackAll || !s.AllowRollback || s.MaxRows != 7 || s.ServerTiming == nil || !s.ServerTiming(query.Caller{}) || s.Plan.PreRequest != "public.check" {
		t.Errorf("got %+v", s)
	}
	if !s.AliasesOnly || !s.Brief || !slices.Equal(s.untaken, []string{"pgrst.db_schemas"}) || !slices.Equal(s.Schemas, []string{"public"}) {
		t.Errorf("got %+v", s)
	}
	s = run(`alter role authenticator set pgrst.db_max_rows to 'many'; alter role authenticator reset pgrst.db_plan_enabled; alter role anon set pgrst.db_plan_enabled to 'true'`)
	if s.MaxRows != 1000 || s.Plans {
		t.Errorf("a wrong value and another role's change nothing: got %+v", s)
	}
}
