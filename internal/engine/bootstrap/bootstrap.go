// Package bootstrap holds what a project takes for granted before its first statement: the ecosystem's roles, schemas, tables, functions and
// default rights, as plain PostgreSQL that both engines run.
//
// Main types in order of meeting them: Statements, Statement. An engine runs the statements in order, as the owner of the database, each so that its
// failure undoes only itself (a savepoint), and asks Statement.Forgives of each error.
//
// Invariants: running the statements again changes nothing; they run on an empty PostgreSQL 15 as superuser, and as a plain owner of the
// database with CREATEROLE.
package bootstrap

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Version says which statements these are: it grows whenever they change.
const Version = 8

//go:embed sql/*.sql
var files embed.FS

// Statement is one statement of the files.
type Statement struct {
	File string // 3_auth.sql
	Text string // without the semicolon
	// Optional: a right that the running role lacks, or an extension that the server lacks, is forgiven.
	Optional bool
	// StandsInFor names the extension whose objects these are, "" for none. A server that has the extension needs none of them.
	StandsInFor string
	// Embedded statements are for the embedded engine alone: they need functions that it has and PostgreSQL has not.
	Embedded bool
}

// StandIn reports whether statements stand in for the extension, so that a project which declares it can be served by a server without it.
func StandIn(extension string) bool {
	return slices.ContainsFunc(Statements(), func(s Statement) bool { return s.StandsInFor == extension && extension != "" && !s.Embedded })
}

// Forgives reports whether an error with the SQLSTATE code means that the object is there already or is not needed.
func (s Statement) Forgives(code string) bool { return slices.Contains(s.Forgiven(), code) }

// Forgiven are the codes that Forgives forgives.
func (s Statement) Forgiven() []string {
	codes := []string{"42710", "42P07", "42P06", "42723"}
	if s.Optional {
		codes = append(codes, "42501", "0A000", "58P01", "0LP01")
	}
	return codes
}

// Statements are all statements in the order in which they run.
func Statements() []Statement {
	var all []Statement
	names, err := fs.Glob(files, "sql/*.sql")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // the file is embedded
		}
		all = append(all, split(path.Base(name), string(text))...)
	}
	return all
}

// split knows only what these files use: comments are whole lines, a statement ends with a semicolon at the end of a line, and function bodies are between $$.
func split(file, text string) []Statement {
	var all []Statement
	var b strings.Builder
	optional, body, embedded, standsInFor := false, false, false, ""
	for line := range strings.Lines(text) {
		if comment, ok := strings.CutPrefix(line, "--"); ok && !body {
			comment = strings.TrimSpace(comment)
			optional = optional || comment == "optional"
			embedded = embedded || comment == "embedded only"
			if ext, ok := strings.CutPrefix(comment, "stands in for "); ok {
				standsInFor = ext
			}
			continue
		}
		if b.Len() == 0 && strings.TrimSpace(line) == "" {
			continue
		}
		b.WriteString(line)
		if strings.Count(line, "$$")%2 == 1 {
			body = !body
		}
		if s, ok := strings.CutSuffix(strings.TrimRight(b.String(), "\n"), ";"); ok && !body {
			all = append(all, Statement{File: file, Text: s, Optional: optional, StandsInFor: standsInFor, Embedded: embedded})
			b.Reset()
			optional = false
		}
	}
	if b.Len() > 0 {
		panic("bootstrap: " + file + " does not end with a statement")
	}
	return all
}
