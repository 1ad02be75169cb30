// Package sql compares the embedded engine with a real PostgreSQL on SQL that nobody wrote by hand.
//
// TestExpressions makes random expressions over every type, function, operator and cast of the embedded engine's own tables; TestQueries makes random worlds
// (tables, constraints, types, views, policies, rows) and random queries and data modifications in them; TestRegress runs PostgreSQL's own
// regression suite, from a checkout that MAINSTAY_REGRESS names. Each statement goes to both; names and types of columns, rows, command tags, and errors with code, message,
// detail and hint are compared. A difference is shrunk and printed as a script, with the seed that made it.
//
// Without flags the runs are short, with a fixed seed. make oracle is the long campaign. Without an installed PostgreSQL the tests are skipped.
//
// Invariants: what is not compared, or compared loosely, is what PostgreSQL itself leaves undetermined or docs/reference/limits.md lists; each such rule is in
// equal (answer_test.go) with its reason, and each use of it is counted and told.
package sql
