package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
)

func genCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "gen", Short: "Generate code from a project's database"}
	cmd.AddCommand(genTypesCommand())
	return cmd
}

func genTypesCommand() *cobra.Command {
	var f serverFlags
	var lang string
	var schemas []string
	cmd := &cobra.Command{
		Use:   "types [folder]",
		Short: "Print the types of the database for a program that uses it",
		Long: `Print the types of the database, as the generator of the Supabase tools does. The database must be there: run mainstay dev or mainstay db
migrate before. The embedded database is open for one process at a time.`,
		Example: `  mainstay gen types --lang typescript > database.types.ts
  mainstay gen types --lang go --schema public --schema shop`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, &f, args, func(db *mainstay.Database) error {
				out, err := db.Types(lang, schemas)
				if err == nil {
					_, err = fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSuffix(out, "\n"))
				}
				return err
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&lang, "lang", "typescript", "typescript or go")
	cmd.Flags().StringSliceVar(&schemas, "schema", nil, "schemas to write (default those that are served)")
	return cmd
}
