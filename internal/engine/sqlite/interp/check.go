package interp

import (
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Check says why a function's body cannot run here, as far as that can be told before it runs; nil when nothing is known against it.
func (in *Interpreter) Check(cat *catalog.Catalog, fn *catalog.Function) error {
	if fn.Refused != "" {
		return fault.New(fault.FeatureNotSupported, "%s", fn.Refused).WithHint("%s", fn.RefusedHint)
	}
	if fn.Language != "plpgsql" && fn.Language != "sql" {
		return nil
	}
	_, err := compile(cat, fn, nil, nil)
	return err
}
