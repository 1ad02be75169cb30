package sqlite

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// The modes of a transaction: its level of isolation, whether it only reads, whether it is deferrable. Every level is serializable here: one transaction at a time
// writes, and readers have a snapshot. The others are as good as their names say.
var modes = []string{"transaction_isolation", "transaction_read_only", "transaction_deferrable"}

// startModes gives a new transaction of a script the session's default modes.
func (t *txn) startModes() {
	t.locals.fresh = func() bool { return !t.asked }
	for _, name := range modes {
		v, ok := t.s.Setting("default_" + name)
		if !ok {
			v = knownSettings["default_"+name]
		}
		t.s.Set(name, v)
	}
	t.s.ReadOnly = isOn(t.s, "transaction_read_only")
}

func isOn(s *exec.Session, name string) bool {
	v, ok := s.Setting(name)
	return ok && !isOff(v)
}

// chosen are the modes that the transaction has, for one that is chained to it.
func (t *txn) chosen() (list []sql.Option) {
	for _, name := range modes {
		v, _ := t.s.Setting(name)
		list = append(list, sql.Option{Name: name, Value: v})
	}
	return list
}

// choose sets the modes that BEGIN or SET TRANSACTION names.
func (t *txn) choose(options []sql.Option) error {
	for _, o := range options {
		v := o.Value
		if o.Name != modes[0] {
			v = map[bool]string{true: "off", false: "on"}[isOff(v)]
		}
		if err := t.locals.apply(o.Name, v, true); err != nil {
			return err
		}
	}
	return nil
}

// mode makes a mode take effect.
func (l *locals) mode(name, v string) error {
	fresh, s := l.fresh != nil && l.fresh(), l.s
	was, ok := s.Setting(name)
	if !ok {
		was = knownSettings[name]
	}
	switch {
	case name == "transaction_read_only":
		if isOff(v) && s.ReadOnly && !fresh {
			return fault.New("25001", "transaction read-write mode must be set before any query")
		}
		s.ReadOnly = !isOff(v)
	case fresh || was == v:
	case name == "transaction_isolation":
		return fault.New("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query")
	default:
		return fault.New("25001", "SET TRANSACTION [NOT] DEFERRABLE must be called before any query")
	}
	return nil
}

// setTransaction runs SET TRANSACTION, and SET SESSION CHARACTERISTICS, which is about the transactions to come.
func (t *txn) setTransaction(values []string, local bool) error {
	for _, mode := range values {
		name, v, _ := strings.Cut(mode, "=")
		if err := t.inSavepoint(name, v); local && err != nil {
			return err
		}
		if !local {
			name = "default_" + name
		}
		if !strings.HasSuffix(name, "isolation") {
			v = map[string]string{"0": "off", "1": "on"}[v]
		}
		if err := t.locals.apply(name, v, local); err != nil {
			return err
		}
	}
	return t.sink.Done("SET")
}

// inSavepoint refuses what cannot be chosen once the transaction has a savepoint.
func (t *txn) inSavepoint(name, v string) error {
	if len(t.points) == 0 {
		return nil
	}
	switch was, _ := t.s.Setting(name); {
	case name == "transaction_read_only":
		if isOff(v) && t.s.ReadOnly {
			return fault.New("25001", "cannot set transaction read-write mode inside a read-only transaction")
		}
	case name == "transaction_isolation" && !t.asked && was != v:
		return fault.New("25001", "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction")
	case name == "transaction_deferrable" && !t.asked:
		return fault.New("25001", "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction")
	}
	return nil
}
