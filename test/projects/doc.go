// Package projects runs public projects on both engines and compares them: what applies, and then what every table, policy, trigger and function does.
//
// TestProjects takes the projects of testdata/projects.txt from the folder that MAINSTAY_PROJECTS names (one clone each, at the commit given there; none of it is
// part of this repository) and is skipped where the variable is not set. A project's files are applied to a new PostgreSQL and to the embedded engine.
// What PostgreSQL refuses because an extension is not installed is left out of both, and counted. Then rows are made from the catalog and inserted on both, and each
// table is read and written as nobody, as two users, as the service and as the owner; each function is called with NULLs and with typical values. Columns, rows,
// command tags, notices and errors with code, message, detail and hint are compared.
//
// Invariants: a probe leaves nothing behind; what PostgreSQL itself answers differently from one database to the next (random values, the time) is masked, and by that
// rule alone; a difference that testdata/known.txt does not explain fails the test. With -table the figures go to docs/reference/projects.md.
package projects
