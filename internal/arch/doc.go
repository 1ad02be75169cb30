// Package arch holds the architecture in tests: which package may import which, that every package says what it is for, that SQL and the engines' names
// stay in their rooms, that documents point at what exists. It has no code of its own.
package arch
