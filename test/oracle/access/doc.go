// Package access holds the promise that nobody reads or changes what the rules do not let them, with random worlds.
//
// TestNaive makes worlds (tables with foreign keys, privileges, policies, views, functions, rows), callers and requests of the REST door, and asks three: the
// embedded engine, a real PostgreSQL, and an interpreter of this package that holds all rows in memory and evaluates the policies row by row. It shares no code with the
// compiler. Rows, order, counts, errors and what a write has changed must be the same. A difference is shrunk to a small world with one
// request and printed as a case for testdata/cases.
//
// Main types: node (a condition, with its text and its value), world (what is declared), state (its rows), request, and model (the interpreter).
//
// Invariants: an interpreter with a mistake is found out (TestWrongInterpretersAreFound): a harness that finds nothing proves nothing. Everything follows from -seed.
package access
