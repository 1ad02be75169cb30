package builtin

import "github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"

func knownType(name string) bool { return value.BuiltinNamed(name) != 0 }
