package sql

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/sql/grammar"
)

// Piece is a part of a larger text that makes a statement together with what is put around it: the expressions and
// statements of a PL/pgSQL body. Pos is where Text begins in the larger text; NoPos gives nodes without positions.
type Piece struct {
	Before, Text, After string
	Pos                 Pos
}

// ParsePieces parses pieces, each to one statement, with one call of the parser when all are well formed. Positions in the trees and in errors
// are those of the larger text; errors are as Parse's, with the number of the piece that is wrong.
func ParsePieces(pieces []Piece) ([]Stmt, int, error) {
	if len(pieces) == 0 {
		return nil, 0, nil
	}
	if len(pieces) > 1 {
		if out := parseJoined(pieces); out != nil {
			return out, 0, nil
		}
	}
	out := make([]Stmt, len(pieces))
	for i, p := range pieces {
		s, err := parsePiece(p)
		if err != nil {
			return nil, i, err
		}
		out[i] = s
	}
	return out, 0, nil
}

// parseJoined parses all pieces as one script; nil when a piece is wrong or reaches over its end.
func parseJoined(pieces []Piece) []Stmt {
	var b strings.Builder
	ends := make([]int, len(pieces))
	for i, p := range pieces {
		b.WriteString(p.Before)
		b.WriteString(p.Text)
		b.WriteString(p.After)
		b.WriteString("\n;")
		ends[i] = b.Len()
	}
	tree, err := grammar.SQL(b.String())
	if err != nil {
		return nil
	}
	raw := tree.List("stmts")
	if len(raw) != len(pieces) {
		return nil
	}
	out := make([]Stmt, len(pieces))
	start := 0
	for i, p := range pieces {
		from, n := raw[i].Int("stmt_location"), raw[i].Int("stmt_len")
		if from < start || from+n+1 != ends[i] && i < len(pieces)-1 {
			return nil
		}
		out[i] = pieceConv(p, start+len(p.Before)).stmt(raw[i].Get("stmt"))
		start = ends[i]
	}
	return out
}

func parsePiece(p Piece) (Stmt, error) {
	if err := checkText(p.Text); err != nil {
		return nil, err
	}
	text := p.Before + p.Text + p.After
	tree, err := grammar.SQL(text)
	if err != nil {
		return nil, parseFault(err, "", int(p.Pos)-len(p.Before))
	}
	raw := tree.List("stmts")
	if len(raw) != 1 {
		return nil, notAn("statement", p.Text)
	}
	return pieceConv(p, len(p.Before)).stmt(raw[0].Get("stmt")), nil
}

// pieceConv converts a piece that begins at offset at of the parser's text.
func pieceConv(p Piece, at int) *conv {
	if p.Pos < 0 {
		return &conv{base: -1 << 30, start: NoPos}
	}
	return &conv{base: int(p.Pos) - at, start: p.Pos}
}
