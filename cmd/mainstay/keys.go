package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Work on the keys that sign a project's tokens",
		Long: `A key goes one way: it is created on standby, published but not signing; it signs after a rotation; it verifies what it has signed after the next one;
and when it is revoked, what it has signed is refused. A server that runs notices within seconds.`,
	}
	cmd.AddCommand(keysListCommand(), keysCreateCommand(), keysRotateCommand(), keysRevokeCommand())
	return cmd
}

// onKeys makes a command that works on the keys of the project in --dir.
func onKeys(cmd *cobra.Command, run func(*mainstay.Server, []string) error) *cobra.Command {
	var f serverFlags
	var dir string
	cmd.Flags().StringVar(&dir, "dir", ".", "the project's folder")
	cmd.Flags().StringVar(&f.server.DataDir, "data", "", "folder for keys and the embedded database (default .mainstay in the project)")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		s, err := f.prepare([]string{dir}, slog.LevelWarn)
		if err != nil {
			return err
		}
		return run(s, args)
	}
	return cmd
}

func keysListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the keys, the one that signs first", Args: cobra.NoArgs}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return onKeys(cmd, func(s *mainstay.Server, _ []string) error {
		keys, err := s.SigningKeys()
		if err != nil {
			return err
		}
		if asJSON {
			enc := json.NewEncoder(cmd.OutOrStdout())
			for _, k := range keys {
				if err := enc.Encode(struct {
					ID     string    `json:"id"`
					Alg    string    `json:"alg"`
					Status string    `json:"status"`
					Made   time.Time `json:"created_at,omitzero"`
				}{k.ID, k.Alg, k.Status, k.CreatedAt}); err != nil {
					return err
				}
			}
			return nil
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tALGORITHM\tSTATUS\tCREATED")
		for _, k := range keys {
			made := "-"
			if !k.CreatedAt.IsZero() {
				made = k.CreatedAt.Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.ID, k.Alg, k.Status, made)
		}
		return w.Flush()
	})
}

func keysCreateCommand() *cobra.Command {
	var alg string
	cmd := &cobra.Command{Use: "create", Short: "Create a key on standby: published, and not signing yet", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&alg, "alg", "ES256", "ES256, RS256, HS256; with auth.post_quantum_keys ML-DSA-44, ML-DSA-65, ML-DSA-87")
	return onKeys(cmd, func(s *mainstay.Server, _ []string) error {
		k, err := s.CreateSigningKey(alg)
		if err == nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%s (%s) is on standby\n", k.ID, k.Alg)
		}
		return err
	})
}

func keysRotateCommand() *cobra.Command {
	var now bool
	cmd := &cobra.Command{Use: "rotate [key]", Short: "Let the key on standby sign; the one that has signed goes on verifying", Args: cobra.MaximumNArgs(1)}
	cmd.Flags().BoolVar(&now, "now", false, "also when the key was published so lately that whoever keeps the key set may not know it")
	return onKeys(cmd, func(s *mainstay.Server, args []string) error {
		id := ""
		if len(args) > 0 {
			id = args[0]
		}
		k, err := s.RotateSigningKey(id, now)
		if err == nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%s (%s) signs\n", k.ID, k.Alg)
		}
		return err
	})
}

func keysRevokeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke key", Short: "Refuse from now on what a key has signed", Args: cobra.ExactArgs(1),
		Long: "Refuse from now on what a key has signed. The key named legacy has signed the legacy API keys (anon, service_role): with it they are refused as well.",
	}
	return onKeys(cmd, func(s *mainstay.Server, args []string) error {
		err := s.RevokeSigningKey(args[0])
		if err == nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%s is revoked\n", args[0])
		}
		return err
	})
}
