// Package compat drives other people's clients and test suites against running servers. It has only tests; its JavaScript is in js/.
package compat
