package exec

import (
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/system"
)

// regIn reads the name of an object as regclass and its like do.
func (x *execution) regIn(kind catalog.OID, text string) (catalog.OID, error) {
	return system.ReadName(x.s.Cat, x.s.Path, kind, text)
}

// regOut is the name of an object: qualified where the search path does not find it.
func (x *execution) regOut(kind, oid catalog.OID) string {
	return system.WriteName(x.s.Cat, x.s.Path, kind, oid)
}
