package main

import "github.com/spf13/cobra"

func dbCommand() *cobra.Command {
	return &cobra.Command{Use: "db", Short: "Work on a project's database"}
}
