package postgres

import (
	"context"
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
)

// faultOf makes an error of the server one that a client may read. Others are of the connection.
func faultOf(err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return serverFault(p)
	}
	if errors.Is(err, context.Canceled) {
		return fault.New(fault.QueryCanceled, "canceling statement due to user request")
	}
	return connectionFault(err)
}

func serverFault(p *pgconn.PgError) *fault.Error {
	f := fault.New(p.Code, "%s", p.Message)
	f.Detail, f.Hint = p.Detail, p.Hint
	f.Schema, f.Table, f.Column, f.Type, f.Constraint = p.SchemaName, p.TableName, p.ColumnName, p.DataTypeName, p.ConstraintName
	f.Where = p.Where
	return f
}

// placed gives an error its place in a text: statement begins at byte start of it.
func placed(err error, file, text, statement string, start int) error {
	var p *pgconn.PgError
	if !errors.As(err, &p) {
		return faultOf(err)
	}
	f := serverFault(p)
	f.File, f.Text, f.Pos = file, text, start
	if p.Position > 0 {
		f.Pos = start + byteOffset(statement, int(p.Position))
	}
	return f
}

// byteOffset turns a place that counts characters from 1 into one that counts bytes from 0.
func byteOffset(s string, char int) int {
	at := 0
	for ; char > 1 && at < len(s); char-- {
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return at
}

// connectionFault says that the database cannot be reached, in the protocol's codes. The cause is for the log: it may name hosts and users.
func connectionFault(err error) error {
	if fault.As(err) != nil {
		return err
	}
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &connect):
		return &unreachable{fault.New("PGRST000", "Database connection error. Retrying the connection.").WithStatus(http.StatusServiceUnavailable), err}
	case errors.Is(err, context.DeadlineExceeded):
		return &unreachable{fault.New("PGRST003", "Timed out acquiring connection from connection pool.").WithStatus(http.StatusGatewayTimeout), err}
	}
	return &unreachable{fault.New("PGRST001", "Database client error. Retrying the connection.").WithStatus(http.StatusServiceUnavailable), err}
}

// unreachable is a fault with the cause that the client does not see.
type unreachable struct {
	fault *fault.Error
	cause error
}

func (u *unreachable) Error() string { return u.fault.Error() + ": " + u.cause.Error() }

func (u *unreachable) Unwrap() []error { return []error{u.fault, u.cause} }
