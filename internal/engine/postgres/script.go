package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A script is a Script being run on a connection of its own, which ends with it: what it sets cannot reach anyone else.
type script struct {
	engine.Script
	conn    *pgconn.PgConn
	snap    *snapshot
	sink    engine.ScriptSink
	super   bool     // the connected role is a superuser
	changes bool     // something other than reading and writing rows was done
	kept    [][]byte // values of localSettings at the script's own BEGIN
}

// Script runs SQL text, statement by statement.
func (e *Engine) Script(ctx context.Context, in engine.Script, sink engine.ScriptSink) error {
	statements, err := in.Statements()
	if err != nil {
		return err
	}
	if len(in.Args) > 0 && len(statements) != 1 {
		return fault.New(fault.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	c, err := e.connect(ctx, func(n *pgconn.Notice) { sink.Notice(n.Severity, n.Message) })
	if err != nil {
		return err
	}
	defer closeConn(c)
	s := &script{Script: in, conn: c.PgConn(), snap: e.snap.Load(), sink: sink}
	if r := s.snap.cat.Role(e.single.User); r != nil {
		s.super = r.Super
	}
	err = s.run(ctx, pathSetting(append([]string{"$user"}, e.o.SearchPath...)), statements)
	if s.changes && !in.DryRun {
		// Half of a script may have been done.
		if refreshErr := e.refresh(context.WithoutCancel(ctx)); err == nil {
			err = refreshErr
		}
	}
	return err
}

func (s *script) run(ctx context.Context, path string, statements []sql.Statement) error {
	whole := s.Atomic || s.DryRun || s.Check
	if whole {
		if err := s.exec(ctx, "BEGIN"); err != nil {
			return faultOf(err)
		}
	}
	if err := s.become(ctx, path, whole); err != nil {
		return faultOf(err)
	}
	for i := range statements {
		if err := s.statement(ctx, &statements[i], whole); err != nil {
			return err // and with the connection goes the transaction
		}
	}
	for _, r := range s.Record {
		if err := s.conn.ExecParams(ctx, r.Text, textArgs(r.Args), nil, nil, nil).Read().Err; err != nil {
			return faultOf(err)
		}
	}
	switch {
	case s.DryRun:
		return faultOf(s.exec(ctx, "ROLLBACK"))
	case whole:
		return placed(s.exec(ctx, "COMMIT"), s.File, s.Text, "", len(s.Text))
	}
	return nil
}

func (s *script) exec(ctx context.Context, text string) error { return s.conn.Exec(ctx, text).Close() }

// gatekeeper is the role that requests log in as.
const gatekeeper = "authenticator"

// become takes on the caller for the transaction, or for the session when each statement is one.
func (s *script) become(ctx context.Context, path string, local bool) error {
	settings := [][2]string{{"search_path", path}}
	if c := &s.Caller; c.Role != "" {
		settings = append(settings, [2]string{"request.jwt.claims", string(or(c.Claims, "{}"))}, [2]string{"request.method", c.Method},
			[2]string{"request.path", c.Path}, [2]string{"request.headers", string(or(c.Headers.Text(), "{}"))}, [2]string{"request.cookies", string(or(c.Cookies.Text(), "{}"))},
			[2]string{"request.id", c.RequestID}, [2]string{"role", c.Role})
	}
	// A superuser's session may take on any role, whatever its current one; the ecosystem's may take on those that requests have.
	if r := s.Caller.Role; s.super && r != "" && r != gatekeeper && s.snap.cat.Role(gatekeeper) != nil && s.snap.cat.MemberOf(gatekeeper, r) {
		scope := "SESSION"
		if local {
			scope = "LOCAL"
		}
		if err := s.exec(ctx, "SET "+scope+" SESSION AUTHORIZATION "+gatekeeper); err != nil {
			return err
		}
	}
	for _, set := range settings {
		text := fmt.Sprintf("SELECT pg_catalog.set_config('%s', $1, %t)", set[0], local)
		if err := s.conn.ExecParams(ctx, text, [][]byte{[]byte(set[1])}, nil, nil, nil).Read().Err; err != nil {
			return err
		}
	}
	return nil
}

func (s *script) statement(ctx context.Context, st *sql.Statement, whole bool) error {
	if tx, ok := st.Stmt.(*sql.Transaction); ok && whole {
		if done, err := s.transaction(ctx, tx, st); done || err != nil {
			return err
		}
	}
	if !s.Check {
		err := s.result(ctx, st)
		if s.GoOn && !whole && fault.As(err) != nil && !s.conn.IsClosed() {
			s.sink.Refused(err)
			return nil
		}
		return err
	}
	if err := s.exec(ctx, "SAVEPOINT mainstay_check"); err != nil {
		return faultOf(err)
	}
	if err := s.result(ctx, st); err != nil {
		if fault.As(err) == nil || s.conn.IsClosed() {
			return err
		}
		s.sink.Refused(err)
		return faultOf(s.exec(ctx, "ROLLBACK TO SAVEPOINT mainstay_check"))
	}
	return faultOf(s.exec(ctx, "RELEASE SAVEPOINT mainstay_check"))
}

// transaction is what BEGIN, COMMIT and ROLLBACK mean to a script that is one transaction as a whole.
func (s *script) transaction(ctx context.Context, tx *sql.Transaction, st *sql.Statement) (done bool, err error) {
	switch tx.Kind {
	case sql.TxBegin:
		if err := s.keepSettings(ctx); err != nil {
			return true, faultOf(err)
		}
		s.sink.Notice("WARNING", "there is already a transaction in progress")
		return true, s.sink.Done("BEGIN")
	case sql.TxCommit:
		if err := s.restoreSettings(ctx); err != nil {
			return true, faultOf(err)
		}
		s.sink.Notice("WARNING", "COMMIT is ignored: the script is one transaction as a whole")
		return true, s.sink.Done("COMMIT")
	case sql.TxRollback:
		f := fault.New("25001", "ROLLBACK cannot run inside a transaction block").WithHint("The script is one transaction as a whole. Take the statement out.")
		f.File, f.Text, f.Pos = s.File, s.Text, st.Start
		return true, f
	}
	return false, nil
}

// localSettings are those by which a migration works as somebody else for a while: set with SET LOCAL or set_config, they end at the COMMIT that the script
// writes, though that commits nothing.
var localSettings = []string{"role", "search_path", "request.jwt.claims"}

func (s *script) keepSettings(ctx context.Context) error {
	s.kept = nil
	for _, name := range localSettings {
		res := s.conn.ExecParams(ctx, "SELECT pg_catalog.current_setting($1, true)", [][]byte{[]byte(name)}, nil, nil, nil).Read()
		if res.Err != nil {
			return res.Err
		}
		s.kept = append(s.kept, res.Rows[0][0])
	}
	return nil
}

func (s *script) restoreSettings(ctx context.Context) error {
	for i, v := range s.kept {
		if v == nil {
			v = []byte{} // as PostgreSQL leaves a custom setting
		}
		if err := s.conn.ExecParams(ctx, "SELECT pg_catalog.set_config($1, $2, true)", [][]byte{[]byte(localSettings[i]), v}, nil, nil, nil).Read().Err; err != nil {
			return err
		}
	}
	s.kept = nil
	return nil
}

// COPY with the client as the other end: there is no stream to read from or to write to, and the server would wait for one.
var streamed = regexp.MustCompile(`(?is)^copy\b.*\b(from\s+stdin|to\s+stdout)\b`)

// result runs a statement and passes on what it yields.
func (s *script) result(ctx context.Context, st *sql.Statement) error {
	if streamed.MatchString(st.Text) {
		f := fault.New(fault.FeatureNotSupported, "COPY FROM STDIN and COPY TO STDOUT are not supported in scripts").
			WithHint("Write the rows as INSERT (pg_dump --inserts does), or use psql.")
		f.File, f.Text, f.Pos = s.File, s.Text, st.Start
		return f
	}
	switch q := st.Stmt.(type) {
	case *sql.CreateExtension:
		if missing, err := s.standsIn(ctx, q.Name); err != nil || missing {
			return err
		}
		s.changes = true
	case *sql.Select:
		s.changes = s.changes || q.Into != nil
	case *sql.Insert, *sql.Update, *sql.Delete, *sql.Merge, *sql.Transaction, *sql.Set, *sql.Show, *sql.Explain:
	default:
		s.changes = true
	}
	rr := s.conn.ExecParams(ctx, st.Text, textArgs(s.Args), nil, nil, nil)
	fields := rr.FieldDescriptions()
	if len(fields) > 0 {
		if err := s.sink.Begin(s.columns(fields)); err != nil {
			_, _ = rr.Close() // the sink's error is the one to tell
			return err
		}
		w := row{encoders: s.snap.encoders(fields).list}
		for rr.NextRow() {
			w.values = rr.Values()
			if err := s.sink.Row(&w); err != nil {
				_, _ = rr.Close() // likewise
				return err
			}
		}
	}
	tag, err := rr.Close()
	if err != nil {
		return placed(err, s.File, s.Text, st.Text, st.Start)
	}
	return s.sink.Done(tag.String())
}

// standsIn reports whether the server does not have an extension whose objects package bootstrap has made, and tells the sink that there is nothing to do.
func (s *script) standsIn(ctx context.Context, extension string) (bool, error) {
	if !bootstrap.StandIn(extension) {
		return false, nil
	}
	res := s.conn.ExecParams(ctx, "SELECT 1 FROM pg_available_extensions WHERE name = $1", [][]byte{[]byte(extension)}, nil, nil, nil).Read()
	if res.Err != nil || len(res.Rows) > 0 {
		return false, faultOf(res.Err)
	}
	s.sink.Notice("NOTICE", fmt.Sprintf("extension %q is not available; its schema is provided by Mainstay", extension))
	return true, s.sink.Done("CREATE EXTENSION")
}

func (s *script) columns(fields []pgconn.FieldDescription) []engine.Column {
	cols := make([]engine.Column, len(fields))
	for i, f := range fields {
		c := engine.Column{Name: strings.Clone(f.Name), Type: catalog.TypeRef{OID: catalog.OID(f.DataTypeOID), Mod: f.TypeModifier}}
		if t := s.snap.typ(f.DataTypeOID); t != nil {
			c.Type.OID = t.OID
			c.TypeName = s.snap.cat.TypeString(c.Type)
		}
		cols[i] = c
	}
	return cols
}

func textArgs(args []string) [][]byte {
	list := make([][]byte, len(args))
	for i, a := range args {
		list[i] = bytesOf(a)
	}
	return list
}
