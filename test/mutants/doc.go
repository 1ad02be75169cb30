// Package mutants makes old mistakes anew and looks whether the tests find them (`make mutants`).
//
// Each mutant is a text of ours that is replaced in one file, for the time of one test run: the compiler is given the changed file in the place of the true one, which
// stays as it is. The test that is named for it must then fail, in an assertion: a mutant that does not compile counts for nothing. The mistakes are ours, from the
// history of this repository, and kinds of mistakes that others have had.
//
// Invariants: every text is in its file exactly once and every named test is there, which TestMutantsFit holds at every run of all tests; without a mutant the same tests
// pass.
package mutants
