package sql

import "github.com/mainstay-dev/mainstay/internal/sql/grammar"

func blank(s string) int { return grammar.Blank(s) }
