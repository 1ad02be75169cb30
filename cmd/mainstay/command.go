package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
)

// command builds the command line.
func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "mainstay",
		Short:         "A complete backend from a folder of PostgreSQL SQL",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	root.SetVersionTemplate("mainstay {{.Version}}\n")
	root.AddCommand(devCommand(), serveCommand(), initCommand(), dbCommand(), usersCommand(), auditCommand(), adviseCommand(), explainCommand(), keysCommand(), topCommand(), genCommand(), versionCommand())
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, Run: func(cmd *cobra.Command, _ []string) {
		fmt.Fprintln(cmd.OutOrStdout(), "mainstay", version())
	}}
}

// version is that of the module, or the commit that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

// serverFlags are those that dev, serve and db share.
type serverFlags struct {
	server   mainstay.Server
	engine   string
	logLevel string
}

func (f *serverFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.server.DataDir, "data", "", "folder for keys and the embedded database (default .mainstay in the project)")
	flags.StringVar(&f.server.Database, "database", os.Getenv("DATABASE_URL"), "URL of a PostgreSQL database (default $DATABASE_URL; none: the embedded SQLite)")
	flags.StringVar(&f.logLevel, "log", "", "least level that is logged: debug, info, warn, error")
}

// prepare turns arguments and flags into the server to run.
func (f *serverFlags) prepare(args []string, defaultLevel slog.Level) (*mainstay.Server, error) {
	s := &f.server
	if len(args) > 0 {
		s.Dir = args[0]
	}
	level := defaultLevel
	if f.logLevel != "" {
		if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
			return nil, fmt.Errorf("--log: %w", err)
		}
	}
	s.Log = logger(level)
	switch f.engine {
	case "", "sqlite":
		if f.engine == "sqlite" {
			s.Database = ""
		}
	case "postgres":
		s.PrivateCluster = s.Database == ""
	default:
		return nil, fmt.Errorf("--engine: %q is neither sqlite nor postgres", f.engine)
	}
	return s, nil
}

func devCommand() *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "dev [folder]",
		Short: "Serve a project while you work on it",
		Long: `Serve the project in the folder (default: here) on loopback, show its keys and who can reach what, seed a new database, and apply what changes
in the folder at once.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.prepare(args, slog.LevelWarn)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			s.Dev = true
			s.Progress = func(text string) { fmt.Fprintln(out, text) }
			s.Ready = func(info mainstay.Info) { fmt.Fprint(out, welcome(info)) }
			return s.Run(cmd.Context())
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.server.Addr, "addr", "", "address to listen on (default the project's port on 127.0.0.1; port 0: any free one)")
	cmd.Flags().StringVar(&f.engine, "engine", "", "sqlite, or postgres: a private cluster from installed binaries when no --database is given")
	cmd.Flags().BoolVar(&f.server.IncludeAll, "include-all", false, "also apply migrations that come before one already applied")
	cmd.Flags().StringSliceVar(&f.server.AllowDestructive, "allow", nil, `let a change of schema.sql destroy the data that its refusal names: "the values of column x of table t"`)
	return cmd
}

func serveCommand() *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "serve [folder]",
		Short: "Serve a project in production",
		Long:  "Apply the migrations that are new, then serve. Nothing is watched, no keys are shown, no seed is run.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.prepare(args, slog.LevelInfo)
			if err != nil {
				return err
			}
			s.Progress = func(text string) { s.Log.Info(text) }
			s.Ready = func(info mainstay.Info) {
				for _, w := range info.Warnings {
					s.Log.Warn(w)
				}
				s.Log.Info("serving", "url", info.URL, "engine", info.Engine, "took", info.Took)
			}
			return s.Run(cmd.Context())
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.server.Addr, "addr", "", "address to listen on (default the project's port on 127.0.0.1)")
	cmd.Flags().BoolVar(&f.server.IncludeAll, "include-all", false, "also apply migrations that come before one already applied")
	return cmd
}
