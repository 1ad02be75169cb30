package exec

// Savepoint runs f so that all it changed is undone when it returns an error, as the body of a PL/pgSQL block with EXCEPTION does. The error is
// returned; the session is then as it was before, but for numbers drawn from sequences.
func Savepoint(s *Session, f func() error) error {
	x := executionOf(s)
	if err := s.Conn.Exec(`SAVEPOINT "block"`); err != nil {
		return err
	}
	queue, deferred, depth, owner, role, running, inside := len(x.queue), len(x.deferred), s.Depth, s.Conn.Owner, s.Role, x.depth, x.inside
	ctes, given := x.ctes, x.given
	undo := func() {}
	if s.Savepoint != nil {
		undo = s.Savepoint()
	}
	err := f()
	if err == nil {
		return s.Conn.Exec(`RELEASE "block"`)
	}
	clear(x.queue[queue:])
	x.queue = x.queue[:queue]
	Rewind(s, deferred)
	x.ctes, x.given, x.depth, x.inside = ctes, given, running, inside
	s.Depth, s.Conn.Owner, s.Role = depth, owner, role
	if rerr := s.Conn.Exec(`ROLLBACK TO "block"; RELEASE "block"`); rerr != nil {
		return rerr // the transaction itself is gone
	}
	undo()
	return err
}
