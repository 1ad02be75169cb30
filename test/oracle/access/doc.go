// Package access holds the promise that nobody reads or changes what the rules do not let them, with random worlds.
//
// TestNaive makes worlds (tables with foreign keys, privileges, policies, views, functions, rows), callers and requests of the REST door, and asks three: the
// embedded engine, a real PostgreSQL, and an interpreter of this package that holds all rows in memory and evaluates the policies row by row. It shares no code with the
// compiler. Rows, order, counts, errors and what a write has changed must be the same. A difference is shrunk to a small world with one
// request and printed as a case for testdata/cases.
//
// TestTwoWorlds sends the same requests to two databases that differ only in what the caller may not see: every byte that comes back, headers and errors included, must be
// the same. The exceptions are PostgreSQL's own, and all in reveals: a key or a foreign key that meets a hidden row. TestRelations holds what must be true between answers
// (a filter, its opposite and the rest make up everything; pages, forms and embedded rows are those of the whole). TestRuleChanges changes rules under load: what is asked
// after a change has been answered is answered by the new rule.
//
// A long run (make access) asks each world many times: with other rows each time, with other privileges and policies every fourth time, in several pairs of databases
// side by side. With -seed, -rounds and -cases 1 a world is made again alone.
//
// Main types: node (a condition, with its text and its value), world (what is declared), state (its rows), request, and model (the interpreter).
//
// Invariants: an interpreter with a mistake is found out (TestWrongInterpretersAreFound), and so are worlds that can be told apart
// (TestLeaksAreFound) and stale rules (TestStaleRulesAreFound): a harness that finds nothing proves nothing. Everything but the timing of TestRuleChanges follows from -seed.
package access
