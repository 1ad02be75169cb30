package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/exposure"
)

// welcome is what a person needs to know of a running server, grouped: where, keys, a first call, who can reach what.
func welcome(info mainstay.Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s is served in %v\n\n", info.Name, info.Took.Round(time.Millisecond))
	section := func(title string, rows ...[2]string) {
		fmt.Fprintf(&b, "%s\n", title)
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, r := range rows {
			fmt.Fprintf(w, "  %s\t%s\n", r[0], r[1])
		}
		_ = w.Flush() // a strings.Builder never fails
		b.WriteByte('\n')
	}
	section("Where", [2]string{"API", info.URL}, [2]string{"REST", info.URL + "/rest/v1"}, [2]string{"reference", info.URL + "/docs"}, [2]string{"data", info.Engine})
	section("Keys",
		[2]string{"publishable", info.Publishable}, [2]string{"secret", info.Secret + "  (bypasses row-level security: servers only)"},
		[2]string{"anon (legacy JWT)", info.AnonKey}, [2]string{"service_role (legacy JWT)", info.ServiceKey})
	b.WriteString(firstCalls(info))
	b.WriteString(exposureTable(info.Exposure))
	for _, w := range info.Warnings {
		fmt.Fprintf(&b, "note: %s\n", w)
	}
	return b.String()
}

// firstCalls shows calls that work as printed, on the first table that a visitor may read.
func firstCalls(info mainstay.Info) string {
	name := ""
	for _, t := range info.Exposure {
		if t.Access[0][0] >= exposure.Policied && t.Table.Schema == info.Schemas[0] {
			name = t.Table.Name
			break
		}
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf(`Try
  curl '%[1]s/rest/v1/%[3]s?limit=3' -H 'apikey: %[2]s'

  import { createClient } from '@supabase/supabase-js'
  const db = createClient('%[1]s', '%[2]s')
  console.log(await db.from('%[3]s').select().limit(3))

`, info.URL, info.Publishable, name)
}

// exposureTable says who may read and write each table.
func exposureTable(tables []exposure.Table) string {
	if len(tables) == 0 {
		return "Who can reach what\n  no tables yet\n\n"
	}
	var b strings.Builder
	b.WriteString("Who can reach what\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  table\t%s\n", strings.Join(exposure.Roles, "\t"))
	notServed := false
	for _, t := range tables {
		fmt.Fprintf(w, "  %s.%s", t.Table.Schema, t.Table.Name)
		for _, access := range t.Access {
			summary := exposure.Summary(access)
			notServed = notServed || strings.Contains(summary, exposure.NotServed.String())
			fmt.Fprintf(w, "\t%s", summary)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // a strings.Builder never fails
	if notServed {
		b.WriteString("  not served: the table has no row-level security; enable it, or name the table in allow_without_rls under [api]\n")
	}
	b.WriteByte('\n')
	return b.String()
}
