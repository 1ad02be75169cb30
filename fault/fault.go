// Package fault holds the errors that may reach a client.
//
// Error is the one type: a stable code (a SQLSTATE of five characters, or a protocol's own such as PGRST116), the message,
// detail and hint in PostgreSQL's words where PostgreSQL has them, and, for SQL text, the place. Everything that is not an Error is
// internal: a door logs it and answers with a reference.
//
// Invariants: an Error is made where the cause is known and rendered only at a door; its text never holds a secret; it is
// immutable once returned (With… methods copy).
package fault

import (
	"errors"
	"fmt"
)

// Error is an error that a client may read. The zero value is not useful; Code and Message are always set.
type Error struct {
	Code    string // SQLSTATE or protocol code
	Message string
	Detail  string
	Hint    string
	// Status is the HTTP status that a door should answer, 0 where the door derives it from Code.
	Status int

	// What the error is about, as PostgreSQL's error fields; empty when not known.
	Schema, Table, Column, Type, Constraint string
	Where                                   string // context: PL/pgSQL function and line …

	// Place in SQL text, for migrations and queries. Pos is a byte offset counted from 0 in the text File; -1 or 0 with empty File when unknown.
	File string
	Pos  int
	Text string // the text that Pos points into; "" when unknown
}

// New makes an Error. The message is formatted as by fmt.Sprintf when args are given.
func New(code, message string, args ...any) *Error {
	if len(args) > 0 {
		message = fmt.Sprintf(message, args...)
	}
	return &Error{Code: code, Message: message, Pos: -1}
}

// Error gives "message (SQLSTATE code)".
func (e *Error) Error() string { return e.Message + " (" + e.Code + ")" }

// WithDetail returns a copy with the detail set.
func (e *Error) WithDetail(format string, args ...any) *Error {
	c := *e
	c.Detail = text(format, args)
	return &c
}

// WithHint returns a copy with the hint set.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = text(format, args)
	return &c
}

// WithStatus returns a copy with the HTTP status set.
func (e *Error) WithStatus(status int) *Error {
	c := *e
	c.Status = status
	return &c
}

// At returns a copy with the byte offset set, unless one is set already or pos is negative.
func (e *Error) At(pos int) *Error {
	if pos < 0 || e.Pos >= 0 {
		return e
	}
	c := *e
	c.Pos = pos
	return &c
}

// WithConstraint returns a copy that names the table and constraint.
func (e *Error) WithConstraint(schema, table, constraint string) *Error {
	c := *e
	c.Schema, c.Table, c.Constraint = schema, table, constraint
	return &c
}

// As returns the Error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Code returns the code of the Error in err's chain, or "".
func Code(err error) string {
	if e := As(err); e != nil {
		return e.Code
	}
	return ""
}

// Unsupported is the refusal of a construct: SQLSTATE 0A000, with the way out as hint.
func Unsupported(construct, hint string) *Error {
	if hint == "" {
		hint = "This runs on the postgres engine (mainstay dev --engine postgres)."
	}
	return &Error{Code: FeatureNotSupported, Message: construct + " is not supported by the sqlite engine", Hint: hint, Pos: -1}
}

func text(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}
