package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
)

// sequenceState is the position of a sequence that the transaction has used. It is written when the statement ends, not for each number.
type sequenceState struct {
	seq    *catalog.Sequence
	last   int64
	called bool
	dirty  bool
	used   bool // nextval was called in this session: currval is defined
	value  int64
}

// Drawn are the numbers that a session has drawn last, for currval and lastval.
type Drawn struct {
	values map[catalog.OID]int64
	last   catalog.OID
}

// DrawnBy gives the numbers that a session has drawn; Recall gives them to the next transaction of the same session.
func DrawnBy(s *Session) Drawn {
	x := executionOf(s)
	d := Drawn{values: map[catalog.OID]int64{}, last: x.lastSeq}
	for oid, v := range x.drawn {
		d.values[oid] = v
	}
	for oid, st := range x.sequences {
		if st.used {
			d.values[oid] = st.value
		}
	}
	return d
}

// Recall is the counterpart of DrawnBy.
func Recall(s *Session, d Drawn) {
	x := executionOf(s)
	x.drawn, x.lastSeq = d.values, d.last
}

func (x *execution) sequence(oid catalog.OID) (*sequenceState, error) {
	if st := x.sequences[oid]; st != nil {
		return st, nil
	}
	seq := x.s.Cat.SequenceByOID(oid)
	if seq == nil {
		return nil, fault.New(fault.Internal, "could not open relation with OID %d", oid)
	}
	st := &sequenceState{seq: seq, last: seq.Start}
	if v, ok := x.drawn[oid]; ok {
		st.value, st.used = v, true
	}
	q, err := x.s.Conn.Stmt("SELECT last_value, is_called FROM " + layout.SequencesTable + " WHERE oid = ?1")
	if err != nil {
		return nil, err
	}
	defer q.Close()
	if err := q.BindInt64(1, int64(oid)); err != nil {
		return nil, err
	}
	if q.Step() {
		st.last, st.called = q.ColumnInt64(0), q.ColumnInt64(1) != 0
	}
	if err := q.Err(); err != nil {
		return nil, err
	}
	if x.s.Sequences != nil {
		if p, ok := x.s.Sequences.Get(oid); ok {
			st.last, st.called = p.Last, p.Called
		}
	}
	if x.sequences == nil {
		x.sequences = map[catalog.OID]*sequenceState{}
	}
	x.sequences[oid] = st
	return st, nil
}

// moved notes a new position.
func (x *execution) moved(oid catalog.OID, st *sequenceState) {
	st.dirty = true
	if x.s.Sequences != nil {
		x.s.Sequences.Set(oid, eval.Position{Last: st.last, Called: st.called})
	}
}

// maySequence refuses a role that has none of the rights on a sequence.
func (x *execution) maySequence(oid catalog.OID, rights ...catalog.Privilege) error {
	seq := x.s.Cat.SequenceByOID(oid)
	if seq == nil || slices.ContainsFunc(rights, func(p catalog.Privilege) bool { return x.s.Cat.CanSequence(x.s.Role, seq, p) }) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "permission denied for sequence %s", seq.Name)
}

// askNextVal is the function nextval. The numbers of identity columns need no right.
func (x *execution) askNextVal(oid catalog.OID) (int64, error) {
	if err := x.maySequence(oid, catalog.PrivUsage, catalog.PrivUpdate); err != nil {
		return 0, err
	}
	return x.nextVal(oid)
}

func (x *execution) nextVal(oid catalog.OID) (int64, error) {
	st, err := x.sequence(oid)
	if err != nil {
		return 0, err
	}
	s := st.seq
	if x.s.ReadOnly && !catalog.Temporary(s.Schema) {
		return 0, fault.New(fault.ReadOnlyTransaction, "cannot execute nextval() in a read-only transaction")
	}
	n := st.last
	if st.called {
		n += s.Increment
		over := s.Increment > 0 && (n > s.Max || n < st.last)
		under := s.Increment < 0 && (n < s.Min || n > st.last)
		switch {
		case (over || under) && s.Cycle && over:
			n = s.Min
		case (over || under) && s.Cycle:
			n = s.Max
		case over:
			return 0, fault.New("2200H", `nextval: reached maximum value of sequence "%s" (%d)`, s.Name, s.Max)
		case under:
			return 0, fault.New("2200H", `nextval: reached minimum value of sequence "%s" (%d)`, s.Name, s.Min)
		}
	}
	st.last, st.called = n, true
	x.moved(oid, st)
	st.used, st.value = true, n
	x.lastSeq = oid
	return n, nil
}

func (x *execution) currVal(oid catalog.OID) (int64, error) {
	if err := x.maySequence(oid, catalog.PrivSelect, catalog.PrivUsage); err != nil {
		return 0, err
	}
	v, used := x.drawn[oid]
	if st := x.sequences[oid]; st != nil {
		v, used = st.value, st.used
	}
	if !used {
		name := ""
		if s := x.s.Cat.SequenceByOID(oid); s != nil {
			name = s.Name
		}
		return 0, fault.New(fault.ObjectNotInState, `currval of sequence "%s" is not yet defined in this session`, name)
	}
	return v, nil
}

func (x *execution) lastVal() (int64, error) {
	if x.lastSeq == 0 || x.s.Cat.SequenceByOID(x.lastSeq) == nil {
		return 0, fault.New(fault.ObjectNotInState, "lastval is not yet defined in this session")
	}
	return x.currVal(x.lastSeq)
}

func (x *execution) setVal(oid catalog.OID, v int64, called bool) error {
	if err := x.maySequence(oid, catalog.PrivUpdate); err != nil {
		return err
	}
	st, err := x.sequence(oid)
	if err != nil {
		return err
	}
	if x.s.ReadOnly && !catalog.Temporary(st.seq.Schema) {
		return fault.New(fault.ReadOnlyTransaction, "cannot execute setval() in a read-only transaction")
	}
	if v < st.seq.Min || v > st.seq.Max {
		return fault.New(fault.NumericOutOfRange, `setval: value %d is out of bounds for sequence "%s" (%d..%d)`, v, st.seq.Name, st.seq.Min, st.seq.Max)
	}
	st.last, st.called = v, called
	x.moved(oid, st)
	if called {
		st.used, st.value = true, v
	}
	return nil
}

// seqState is where a sequence stands. ok is false for a role that has none of the rights.
func (x *execution) seqState(oid catalog.OID, rights ...catalog.Privilege) (last int64, called, ok bool, err error) {
	if x.s.Cat.SequenceByOID(oid) == nil || x.maySequence(oid, rights...) != nil {
		return 0, false, false, nil
	}
	st, err := x.sequence(oid)
	if err != nil {
		return 0, false, false, err
	}
	return st.last, st.called, true, nil
}

// restart sets a sequence back to its start.
func (x *execution) restart(oid catalog.OID) error {
	st, err := x.sequence(oid)
	if err != nil {
		return err
	}
	st.last, st.called, st.dirty = st.seq.Start, false, true
	if x.s.Sequences != nil {
		x.s.Sequences.Forget(oid) // unlike nextval, a restart is undone by a rollback
	}
	return nil
}

// SequenceChanged tells a session that a sequence was made or altered in its transaction. at is its new position, which the caller stores; nil when it stays where it is.
func SequenceChanged(s *Session, seq *catalog.Sequence, at *eval.Position) {
	if at != nil && s.Sequences != nil {
		s.Sequences.Forget(seq.OID)
	}
	if st := executionOf(s).sequences[seq.OID]; st != nil {
		st.seq = seq
		if at != nil {
			st.last, st.called, st.dirty = at.Last, at.Called, false
		}
	}
}

// flushSequences writes the positions that changed.
func (x *execution) flushSequences() error {
	for oid, st := range x.sequences {
		if !st.dirty {
			continue
		}
		q, err := x.s.Conn.Stmt("INSERT INTO " + layout.SequencesTable + " (oid, last_value, is_called) VALUES (?1, ?2, ?3) " +
			"ON CONFLICT (oid) DO UPDATE SET last_value = excluded.last_value, is_called = excluded.is_called")
		if err != nil {
			return err
		}
		called := int64(0)
		if st.called {
			called = 1
		}
		for i, n := range []int64{int64(oid), st.last, called} {
			if err := q.BindInt64(i+1, n); err != nil {
				return err
			}
		}
		err = q.Exec()
		_ = q.Close() // nothing more to learn after Exec
		if err != nil {
			return err
		}
		st.dirty = false
	}
	return nil
}
