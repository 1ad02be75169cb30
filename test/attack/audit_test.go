package attack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/exposure"
)

// holes open to visitors and users of a running shop what its project keeps closed; each is found by what it begins with.
var holes = map[string]string{
	"public.orders anon can read it":                 `create policy hole on public.orders for select to anon using (true); grant select on public.orders to anon`,
	"public.carts anon can insert a row":             `create policy hole on public.carts for insert to anon with check (true); grant insert on public.carts to anon`,
	"public.profiles authenticated can insert a row": `create policy hole on public.profiles for insert to authenticated with check (true); grant insert on public.profiles to authenticated`,
	"public.products anon can change rows":           `create policy hole on public.products for all to anon using (true); grant select, update, delete on public.products to anon`,
	"public.products anon can delete rows":           ``,
}

// TestAuditAttacksARunningServer holds that attempts made of an audit find what a running server lets through and the project's SQL does not, and nothing else; and that they change nothing.
func TestAuditAttacksARunningServer(t *testing.T) {
	shop, err := filepath.Abs("../../examples/shop")
	if err != nil {
		t.Fatal(err)
	}
	project := mainstay.Server{Dir: shop}
	audit, err := project.AuditFolder(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	attack := func(t *testing.T, more string) (found []string) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(shop)); err != nil {
			t.Fatal(err)
		}
		if more != "" {
			write(t, dir, "migrations/20990101000000_more.sql", more)
		}
		s := start(t, mainstay.Server{Dir: dir})
		token, err := s.Sign(map[string]any{"role": "authenticated", "sub": ada, "exp": time.Now().Add(time.Hour).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		state := func() string {
			var b strings.Builder
			for _, r := range audit.Relations {
				b.WriteString(s.owner("/" + strings.TrimPrefix(r.Name, "public.") + "?select=*"))
			}
			return b.String()
		}
		before := state()
		out, err := mainstay.Attack(t.Context(), audit, mainstay.Target{URL: s.URL, Key: s.Publishable, Token: token})
		if err != nil {
			t.Fatal(err)
		}
		if state() != before {
			t.Error("the attack has changed rows")
		}
		if out.Attempts < 40 || out.LeftOut > 0 || out.Unclear != nil {
			t.Errorf("%d attempts, %d left out, without a clear answer: %q", out.Attempts, out.LeftOut, out.Unclear)
		}
		for _, f := range out.Findings {
			if f.Code != exposure.GotThrough.Code {
				t.Errorf("a finding of another kind: %v", f)
			}
			what, _, _ := strings.Cut(f.Message, ":")
			found = append(found, f.Object+" "+what)
		}
		return found
	}
	if found := attack(t, ""); found != nil {
		t.Errorf("the shop as it is: %v", found)
	}
	var all []string
	for _, sql := range holes { // one of them is of two
		all = append(all, sql)
	}
	found := attack(t, strings.Join(all, ";\n"))
	for want := range holes {
		if !slices.Contains(found, want) {
			t.Errorf("a hole is not found: %s\n%s", want, strings.Join(found, "\n"))
		}
	}
	for _, f := range found {
		if !slices.ContainsFunc([]string{"public.orders anon", "public.carts anon", "public.profiles authenticated", "public.products anon"}, func(at string) bool { return strings.HasPrefix(f, at) }) {
			t.Errorf("what is closed is told for open: %s", f)
		}
	}
}
