package exec

import "github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"

// excluded checks the exclusion constraints for a new row.
func (tg *target) excluded(x *execution, row []value.Datum, ctid int64) error { return nil }
