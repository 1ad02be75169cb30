package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

//go:embed template
var template embed.FS

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [folder]",
		Short: "Write a small project that runs",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			written, err := writeTemplate(dir)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, path := range written {
				fmt.Fprintln(out, "wrote", path)
			}
			fmt.Fprintf(out, "\nnext: mainstay dev %s\n", dir)
			return nil
		},
	}
}

// writeTemplate copies the template into dir. It refuses to overwrite anything.
func writeTemplate(dir string) ([]string, error) {
	root, err := fs.Sub(template, "template")
	if err != nil {
		return nil, err
	}
	var paths []string
	err = fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if _, err := os.Stat(filepath.Join(dir, path)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s exists already; init writes only into a folder without a project", filepath.Join(dir, path))
		}
	}
	var written []string
	for _, path := range paths {
		to := filepath.Join(dir, filepath.FromSlash(path))
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return written, err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return written, err
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return written, err
		}
		written = append(written, to)
	}
	return written, nil
}
