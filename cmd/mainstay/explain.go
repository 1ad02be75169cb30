package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/reason"
)

func explainCommand() *cobra.Command {
	var f serverFlags
	var dir, as, claims, body, format string
	var headers []string
	var rows int
	cmd := &cobra.Command{
		Use:   "explain 'METHOD /rest/v1/…'",
		Short: "Say what a request becomes, and why each row is seen or hidden",
		Long: `Send a request of the REST door to the project's database, as somebody, and say: the statement, its conditions (asked for, or a rule), the engine's own text, the
answer, and for each row that is as asked whether it is seen, and by which policy. What a request writes is rolled back.`,
		Example: `  mainstay explain --as user:aaaaaaaa-0000-4000-8000-000000000001 'GET /rest/v1/orders?status=eq.paid'
  mainstay explain --as anon --claims '{"org":1}' 'GET /rest/v1/notes'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format: %q is neither text nor json", format)
			}
			c, err := callerOf(as, claims)
			if err != nil {
				return err
			}
			in := reason.Request{Caller: c, Body: body, Header: http.Header{}, Rows: rows}
			var path string
			in.Method, path, _ = strings.Cut(strings.TrimSpace(args[0]), " ")
			target, ok := strings.CutPrefix(strings.TrimSpace(path), "/rest/v1")
			if !ok || !strings.HasPrefix(target, "/") {
				return errors.New("the request is a method and a path: 'GET /rest/v1/notes?id=eq.1'")
			}
			in.Target = target
			for _, h := range headers {
				k, v, ok := strings.Cut(h, ":")
				if !ok {
					return fmt.Errorf("--header: %q is not NAME: VALUE", h)
				}
				in.Header.Add(strings.TrimSpace(k), strings.TrimSpace(v))
			}
			return open(cmd, &f, []string{dir}, func(db *mainstay.Database) error {
				result, err := db.Explain(cmd.Context(), in)
				if err != nil {
					return err
				}
				if format == "json" {
					e := json.NewEncoder(cmd.OutOrStdout())
					e.SetEscapeHTML(false)
					e.SetIndent("", "  ")
					return e.Encode(result)
				}
				_, err = io.WriteString(cmd.OutOrStdout(), result.Text())
				return err
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&dir, "dir", ".", "the project's folder")
	cmd.Flags().StringVar(&as, "as", "anon", "who asks: anon, user:ID, service_role, or role:NAME")
	cmd.Flags().StringVar(&claims, "claims", "{}", "further claims of the caller's token, as JSON")
	cmd.Flags().StringVar(&body, "body", "", "the request's body")
	cmd.Flags().StringArrayVar(&headers, "header", nil, "a header, NAME: VALUE")
	cmd.Flags().IntVar(&rows, "rows", 20, "most rows to look at")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

// callerOf makes the caller that --as and --claims name.
func callerOf(as, claims string) (query.Caller, error) {
	all := map[string]any{}
	if err := json.Unmarshal([]byte(claims), &all); err != nil {
		return query.Caller{}, fmt.Errorf("--claims is not an object of JSON: %w", err)
	}
	c := query.Caller{Role: as, Authenticated: as != "anon"}
	switch kind, name, _ := strings.Cut(as, ":"); {
	case as == "anon" || as == "service_role":
	case kind == "user" && name != "":
		c.Role, c.Subject = "authenticated", name
		all["sub"] = name
	case kind == "role" && name != "":
		c.Role = name
	default:
		return c, fmt.Errorf("--as: %q is none of anon, user:ID, service_role and role:NAME", as)
	}
	if sub, ok := all["sub"].(string); ok {
		c.Subject = sub
	}
	all["role"] = c.Role
	var err error
	c.Claims, err = json.Marshal(all)
	return c, err
}
