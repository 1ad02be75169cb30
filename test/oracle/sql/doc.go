// Package sql compares the embedded engine with a real PostgreSQL on SQL that nobody wrote by hand.
//
// TestExpressions makes random expressions over every type, function, operator and cast of the embedded engine's own tables; TestQueries makes random worlds
// (tables, constraints, types, views, rows) and random queries and data modifications in them. Each statement goes to both; names and types of columns, rows,
// command tags, and errors with code, message, detail and hint are compared. A difference is shrunk and printed as a script, with the seed that made it.
//
// Without flags some hundred queries run with a fixed seed, and TestSeeds makes the batches of testdata/seeds.txt again. make oracle is the long campaign; it still
// finds differences: about one expression in a thousand. Without an installed PostgreSQL the tests are skipped.
//
// TestRegress runs PostgreSQL's own regression suite from a checkout outside the tree on both (make regress) and writes what it finds to
// docs/reference/regress.md. Statements of the suite that have another answer by decision are listed in testdata/decided, in a file for each file of the suite, with
// the line of docs/reference/limits.md that says so; a list that meets more or fewer statements than it says fails the test.
//
// Every loose comparison is a rule in compare (answer_test.go) with its reason, and each use of it is counted and told. Two rules are laxer than they should be:
// which of several errors a statement fails with, and the last digits of float8, which are passed over in every float column.
package sql
