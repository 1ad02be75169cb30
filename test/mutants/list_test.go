package mutants_test

const (
	policy   = "internal/engine/sqlite/rights/policy.go"
	access   = "test/oracle/access"
	naive    = "TestNaive"
	signin   = "test/signin"
	identity = "internal/identity"
	rest     = "internal/api/rest"
	store    = "internal/engine/sqlite/store"
)

var mutants = []mutant{
	{"writes are acknowledged before they are synced", store + "/store.go", "PRAGMA synchronous=FULL", "PRAGMA synchronous=OFF", store, "TestNothingIsAcknowledgedBeforeItIsSynced"},
	{"writing goes on after a failed sync", store + "/write.go", "	case failed.hard != nil:\n		s.stop(failed.hard)\n	case failed.space", "	case failed.hard != nil:\n		return noSpace()\n	case failed.space", store, "TestFailedSyncStopsWriting"},
	{"a request that fails takes others along", store + "/write.go", "end = func() error { return errors.Join(c.rollbackTo.Exec(), c.release.Exec()) }", "end = func() error { return c.release.Exec() }", store, "TestFailureTakesNothingOfOthers"},

	{"a token without a signature is good", identity + "/identity.go", "signer.verifyKey()); err != nil {", "signer.verifyKey()); err != nil && len(signature) > 0 {", identity, "TestBrokenCredentialsAreRefused"},
	{"critical headers are passed over", identity + "/identity.go", `if _, ok := header["crit"]; ok {`, `if _, ok := header["crit"]; ok && alg == "" {`, identity, "TestProjectSecretSignsAndVerifies"},
	{"a token that is remembered does not expire", identity + "/identity.go", "		if t.Expires.IsZero() || k.now().Before(t.Expires.Add(Leeway)) {\n			return t, k", "		if t.Role != \"\" {\n			return t, k", identity, "TestRememberedTokenStillExpires"},
	{"a token outlives its session", identity + "/identity.go", "			return t, k.checkSession(t)\n", "			return t, nil\n", signin, "TestAdministration"},
	{"the secret key works in a browser", identity + "/identity.go", `"Mozilla/5.0"`, `"Mozilla/4.0"`, identity, "TestSecretKeyInBrowserIsRefused"},

	{"a cursor works for everybody", rest + "/cursor.go", `sumOf("cursor", caller.Role, caller.Subject, st.Schema`, `sumOf("cursor", st.Schema`, "test/attack", "TestCursorsAreForWhoGotThem"},
	{"answers are kept for all of a role", rest + "/kept.go", "	return append(key, caller.Claims...)\n", "	return append(key, caller.Role...)\n", rest, "TestKeptAnswersOfPolicies"},
	{"answers are kept for every role", rest + "/kept.go", "	part(role)\n", "	part(\"\")\n", rest, "TestKeptAnswersAreTheSame"},
	{"answers are kept when rows change", rest + "/kept.go", "	if got == nil || !got.stands() {\n", "	if got == nil {\n", rest, "TestKeptAnswersAreTheSame"},
	{"a key of idempotency is good for another body", rest + "/once.go", "r.URL.RawQuery, string(body)}", "r.URL.RawQuery}", "test/cases", "TestCases/rest/idempotency"},
	{"a key of idempotency is everybody's", rest + "/once.go", "sumOf(o.Caller.Role, lastingClaims(&o.Caller), key)", "sumOf(key)", "test/attack", "TestKeptAnswersAreTheirCallers"},
	{"max-affected is ignored", rest + "/answer.go", "		if affected > st.MaxAffected {\n", "		if affected < 0 {\n", "test/cases", "TestCases/dialect/writes"},
	{"proxies of strangers are believed", "internal/api/gateway/client.go", "max(0, len(hops)-maxHops) && ours(client); i--", "max(0, len(hops)-maxHops) && (ours(client) || true); i--", "internal/api/gateway", "TestClientIP"},

	{"restrictive policies permit", policy, "		if x.Permissive {\n", "		if x.Name != \"\" {\n", access, naive},
	{"policies hold for every role", policy, `return role == "public" || p.a.cat.MemberOf(p.role, role)`, `return role != ""`, access, naive},
	{"policies of one command hold for all", policy, `if x.Command != "all" && x.Command != command {`, `if x.Command == "" {`, access, naive},
	{"USING stands for WITH CHECK", policy, "		if check && x.Check != nil {\n", "		if check && x.Check != nil && x.Using == nil {\n", access, naive},
	{"no policy is no condition", policy, "	if len(open) == 0 {\n		p.addQual(falseExpr())\n		return\n", "	if len(open) == 0 {\n		return\n", access, naive},
	{"an upsert's update is not checked", policy, "p.checks(\"select\", tree.OnConflictExisting, true)\n			}\n			p.checks(\"update\", tree.OnUpdated, false)\n", "p.checks(\"select\", tree.OnConflictExisting, true)\n			}\n", "test/cases", "TestCases/sql/policy_owners_and_upserts"},
	{"an upsert changes rows that the caller may not", policy, "			p.checks(\"update\", tree.OnConflictExisting, true)\n", "", "test/cases", "TestCases/sql/policy_owners_and_upserts"},
	{"a row is returned to who may not read it", policy, "		p.checks(\"insert\", tree.OnInserted, false)\n		if r.NeedsSelect {\n", "		p.checks(\"insert\", tree.OnInserted, false)\n		if r.Locked {\n", "test/cases", "TestCases/sql/policies"},
	{"FORCE ROW LEVEL SECURITY is ignored", "internal/catalog/rights.go", "return !t.ForceRLS && c.Inherits(role, t.Owner)", "return c.Inherits(role, t.Owner)", "test/cases", "TestCases/sql/policy_owners_and_upserts"},
	{"a policy that is NULL lets a row be written", "internal/engine/sqlite/exec/modify.go", "				if d.IsTrue() {\n					continue\n", "				if d.IsTrue() || d.IsNull() {\n					continue\n", access, naive},
	{"security_invoker is ignored", "internal/engine/sqlite/rights/rights.go", "	if v.SecurityInvoker {\n", "	if v.SecurityInvoker && v.Name == \"\" {\n", access, naive},
	{"a change through a view reads the table", "internal/engine/sqlite/rights/view.go", "base.NeedsSelect = r.NeedsSelect //", "base.NeedsSelect = base.NeedsSelect || r.NeedsSelect //", "test/cases", "TestCases/rest/view_writes_read_nothing"},
	{"NOT EXISTS takes a list, too", "internal/engine/sqlite/lower/semijoin.go", "		if e.Op == sql.Not {\n			return e\n		}\n", "", "test/oracle/sql", "TestSemiJoins"},
	{"a right to one column is a right to all", "internal/engine/sqlite/rights/rights.go", "	columns := func(set tree.ColumnSet, p catalog.Privilege) bool {\n		if a.cat.Can(role, t, p) {\n", "	columns := func(set tree.ColumnSet, p catalog.Privilege) bool {\n		if a.cat.CanAnyColumn(role, t, p) {\n", "test/attack", "TestReadingTellsNothingHidden"},
	{"the detail of a broken key shows what is hidden", "internal/engine/sqlite/exec/unique.go", "	if !tg.mayShow(x, u.columns) {\n		return \"\"\n	}\n	f := &eval.Frame{S: x.s, Rows: [][]value.Datum{row}}\n	values", "	f := &eval.Frame{S: x.s, Rows: [][]value.Datum{row}}\n	values", "test/cases", "TestCases/dialect/errors"},
	{"checks of domains are not looked at", "internal/engine/sqlite/eval/domain.go", "			if !ok.IsNull() && !ok.IsTrue() {\n				return r.err", "			if ok.IsNull() && ok.IsTrue() {\n				return r.err", "test/cases", "TestCases/sql/domains"},
	{"deferred constraints are dropped", "internal/engine/sqlite/exec/trigger.go", "		list := x.deferred\n		x.deferred = nil\n", "		list := x.deferred[:0]\n		x.deferred = nil\n", "test/cases", "TestCases/sql/deferred_keys"},
	{"a function's settings, its search_path too, are not set", "internal/engine/sqlite/interp/interp.go", "	for _, set := range fn.Settings {\n		undo", "	for _, set := range fn.Settings[:0] {\n		undo", "test/cases", "TestCases/sql/function_settings"},
	{"a visitor becomes the owner", "internal/engine/sqlite/settings.go", "(login == nil || !login.Super)", "login == nil", "test/attack", "TestNobodyBecomesAnother"},

	{"another verifier is as good", "internal/account/flow.go", "		case !verified(f.Method, f.Challenge, verifier):\n", "		case f.Challenge == \"\":\n", signin, "TestPKCE"},
	{"a code of PKCE works twice", "internal/account/flow.go", `remove[flowRow](x, schemaAuth, "flow_state", eq("auth_code"`, `find[flowRow](x, schemaAuth, "flow_state", eq("auth_code"`, signin, "TestPKCE"},
	{"what works once works again", "internal/account/onetime.go", "codes, err := remove[codeRow](x, schemaOwn, \"one_time_codes\", eq(\"id\", last.ID))\n		if err != nil {\n			return nil, err\n		}\n		gone, err := remove[tokenRow](", "codes, err := find[codeRow](x, schemaOwn, \"one_time_codes\", eq(\"id\", last.ID))\n		if err != nil {\n			return nil, err\n		}\n		gone, err := find[tokenRow](", signin, "TestSingleUseThingsWorkOnce"},
	{"codes may be guessed without end", "internal/account/onetime.go", "mine > 0 && c.Tries >= most ||", "mine > 0 && c.Tries >= most+1000 ||", signin, "TestCodesHaveFewTries"},
	{"a refresh token of long ago is good", "internal/account/session.go", "now.Sub(moment(row.UpdatedAt)) < s.o.ReuseWindow && t.counter", "t.counter", signin, "TestOldRefreshTokensEndTheSession"},
	{"a theft of tokens ends no session", "internal/account/session.go", "row.UserID}); err != nil {\n		return err\n	}\n	return x.endSession(row.ID)\n", "row.UserID}); err != nil {\n		return err\n	}\n	return nil\n", signin, "TestOldRefreshTokensEndTheSession"},
	{"a site's name may go on", "internal/account/redirect.go", "!strings.EqualFold(u.Hostname(), site.Hostname())", "!strings.HasPrefix(u.Hostname(), site.Hostname())", signin, "TestRedirectsStayAtHome"},
	{"an address that nobody vouches for is linked", "internal/account/external.go", "	if p.Email == \"\" || !p.Verified {\n		if p.Provider", "	if p.Email == \"\" {\n		if p.Provider", signin, "TestLinkingFollowsProof"},
}
