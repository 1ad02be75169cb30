package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
)

// Truncate is TRUNCATE. Privileges are checked for the session's role.
func Truncate(s *Session, tables []*catalog.Table, cascade, restart bool) error {
	x := executionOf(s)
	if s.ReadOnly {
		return fault.New(fault.ReadOnlyTransaction, "cannot execute TRUNCATE TABLE in a read-only transaction")
	}
	list := slices.Clone(tables)
	in := func(oid catalog.OID) bool {
		return slices.ContainsFunc(list, func(t *catalog.Table) bool { return t.OID == oid })
	}
	for _, t := range list {
		if t.Kind != catalog.OrdinaryTable && t.Kind != catalog.PartitionedTable {
			return fault.New(fault.WrongObjectType, `"%s" is not a table`, t.Name)
		}
		if !s.Cat.Can(s.Role, t, catalog.PrivTruncate) {
			return fault.New(fault.InsufficientPrivilege, "permission denied for table %s", t.Name)
		}
	}
	// list grows while it is walked: tables that reference added ones are added too.
	for i := 0; i < len(list); i++ {
		for child := range s.Cat.Tables() {
			for _, k := range child.Constraints {
				if k.Kind != catalog.ForeignKey || k.RefTable != list[i].OID || in(child.OID) {
					continue
				}
				if !cascade {
					return fault.New(fault.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
						WithDetail(`Table "%s" references "%s".`, child.Name, list[i].Name).
						WithHint(`Truncate table "%s" at the same time, or use TRUNCATE ... CASCADE.`, child.Name)
				}
				if s.Notice != nil {
					s.Notice("NOTICE", `truncate cascades to table "`+child.Name+`"`)
				}
				if !s.Cat.Can(s.Role, child, catalog.PrivTruncate) {
					return fault.New(fault.InsufficientPrivilege, "permission denied for table %s", child.Name)
				}
				list = append(list, child)
			}
		}
	}
	targets := make([]*target, len(list))
	for i, t := range list {
		var err error
		if targets[i], err = targetOf(s.Cat, s.Role, t); err != nil {
			return err
		}
	}
	owner := s.Conn.Owner
	s.Conn.Owner = s
	defer func() { s.Conn.Owner = owner }()
	err := x.statement(func() error {
		for _, tg := range targets {
			if err := x.statementTriggers(tg, false, onTruncate, nil, nil); err != nil {
				return err
			}
		}
		for _, tg := range targets {
			st, err := s.Conn.Stmt("DELETE FROM " + layout.TableName(tg.table.Schema, tg.table.Name))
			if err != nil {
				return err
			}
			err = st.Exec()
			_ = st.Close() // nothing more to learn after Exec
			if err != nil {
				return err
			}
			if !restart {
				continue
			}
			for seq := range s.Cat.Sequences() {
				if seq.OwnerTable == tg.table.OID {
					if err := x.restart(seq.OID); err != nil {
						return err
					}
				}
			}
		}
		for _, tg := range targets {
			if err := x.statementTriggers(tg, true, onTruncate, nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return x.flushSequences()
}
