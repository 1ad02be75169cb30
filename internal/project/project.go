// Package project reads a project's folder: its settings, SQL files and functions, in Mainstay's own layout or in the
// supabase/ layout, unchanged.
//
// Main types: Project (what was found), Config (the settings), Migration. Load reads; Watch tells of changes.
//
// Invariants: reading changes nothing in the folder; the files' order is the order in which they are to be applied; a Project is
// immutable after Load; unknown settings are named in Project.Warnings, wrong ones are errors with file and line.
package project

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// Layout is how a folder is arranged.
type Layout uint8

// The layouts.
const (
	// Own: mainstay.toml, schema.sql, migrations/, seed.sql, functions/, public/ in the folder itself.
	Own Layout = iota
	// Supabase: supabase/config.toml, supabase/migrations/, supabase/seed.sql, supabase/functions/.
	Supabase
)

// Project is a project's folder.
type Project struct {
	Dir        string // absolute; the folder that was named
	Root       string // absolute; where the SQL files are: Dir, or Dir/supabase
	Layout     Layout
	Config     Config
	Schema     *File       // schema.sql: the wanted state; nil when there is none
	Migrations []Migration // in order of version
	Seeds      []File      // in order
	Functions  string      // the folder of functions, "" when there is none
	Public     string      // the folder of files to serve, "" when there is none
	Warnings   []string    // what was found and is not used
}

// File is a file of SQL text. Path is relative to Dir.
type File struct {
	Path string
	Text string
}

// Migration is a file of migrations/.
type Migration struct {
	Version  string // the digits before the first underscore
	Name     string // the rest, without .sql
	Checksum string // hex SHA-256 of the text
	File
}

// ErrNoProject says that a folder holds nothing to serve.
var ErrNoProject = errors.New("no project here")

// Load reads the project in dir. Errors name the file and, for settings, the line.
func Load(dir string) (*Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("load project %s: %w", dir, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, fmt.Errorf("load project: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("load project: %s is a file, not a folder", dir)
	}
	p := &Project{Dir: abs}
	if err := p.find(); err != nil {
		return nil, err
	}
	for _, step := range []func() error{p.readConfig, p.readSchema, p.readMigrations, p.readSeeds} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("load project %s: %w", dir, err)
		}
	}
	p.Functions = p.folder("functions")
	p.Public = p.folder("public")
	return p, nil
}

// find decides the layout. Naming the supabase folder itself is as good as naming its parent. A schema.sql beside a supabase folder is
// somebody's notes: only mainstay.toml says that the folder is ours.
func (p *Project) find() error {
	switch {
	case exists(p.Dir, "mainstay.toml"):
		p.Root, p.Layout = p.Dir, Own
	case exists(p.Dir, "supabase", "config.toml") || exists(p.Dir, "supabase", "migrations"):
		p.Root, p.Layout = filepath.Join(p.Dir, "supabase"), Supabase
	case exists(p.Dir, "config.toml") && filepath.Base(p.Dir) == "supabase":
		p.Root, p.Layout = p.Dir, Supabase
	case exists(p.Dir, "schema.sql") || exists(p.Dir, "migrations"):
		p.Root, p.Layout = p.Dir, Own
	default:
		return fmt.Errorf("%w: %s has none of mainstay.toml, schema.sql, migrations/ and supabase/ (make one with: mainstay init %s)", ErrNoProject, p.Dir, p.Dir)
	}
	return nil
}

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}

func (p *Project) folder(name string) string {
	path := filepath.Join(p.Root, name)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return ""
}

// rel gives path as people see it.
func (p *Project) rel(path string) string {
	if r, err := filepath.Rel(p.Dir, path); err == nil {
		return filepath.ToSlash(r)
	}
	return path
}

func (p *Project) read(path string) (File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return File{}, err
	}
	// A byte order mark is no part of the SQL.
	return File{Path: p.rel(path), Text: strings.TrimPrefix(string(b), "\ufeff")}, nil
}

func (p *Project) readSchema() error {
	f, err := p.read(filepath.Join(p.Root, "schema.sql"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Schema = &f
	return nil
}

// migrationName is what the ecosystem's command line accepts; other files in the folder are ignored there too.
var migrationName = regexp.MustCompile(`^([0-9]+)_(.*)\.sql$`)

func (p *Project) readMigrations() error {
	dir := filepath.Join(p.Root, "migrations")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	byVersion := map[string]string{}
	for _, e := range entries {
		m := migrationName.FindStringSubmatch(e.Name())
		if e.IsDir() || m == nil {
			if strings.HasSuffix(e.Name(), ".sql") {
				p.Warnings = append(p.Warnings, fmt.Sprintf("%s is not applied: a migration is named <digits>_<name>.sql", p.rel(filepath.Join(dir, e.Name()))))
			}
			continue
		}
		f, err := p.read(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if other, taken := byVersion[m[1]]; taken {
			return fmt.Errorf("%s and %s have the same version %s", other, f.Path, m[1])
		}
		byVersion[m[1]] = f.Path
		p.Migrations = append(p.Migrations, Migration{Version: m[1], Name: m[2], Checksum: Checksum(f.Text), File: f})
	}
	sort.Slice(p.Migrations, func(i, j int) bool { return VersionLess(p.Migrations[i].Version, p.Migrations[j].Version) })
	return nil
}

// Checksum is the hex SHA-256 of a file's text.
func Checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// VersionLess orders versions as numbers of any length.
func VersionLess(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

func (p *Project) readSeeds() error {
	if !p.Config.Seed.Enabled {
		return nil
	}
	for _, pattern := range p.Config.Seed.Paths {
		paths, err := filepath.Glob(filepath.Join(p.Root, filepath.FromSlash(pattern)))
		if err != nil {
			return fmt.Errorf("seed path %q: %w", pattern, err)
		}
		sort.Strings(paths)
		for _, path := range paths {
			f, err := p.read(path)
			if err != nil {
				return err
			}
			p.Seeds = append(p.Seeds, f)
		}
	}
	return nil
}
