package query

import "strconv"

// AppendShape appends everything of the statement but Values, Body and the contents of Fields. Two statements of equal shape, schema
// and role have the same plan in one catalog. A nil field (a key that the payload lacks) is part of the shape.
func (s *Statement) AppendShape(b []byte) []byte {
	b = appendText(b, s.Schema)
	b = append(b, byte('0'+s.Count))
	b = appendTexts(b, s.Media)
	b = appendBool(b, s.Fields != nil)
	for _, f := range s.Fields {
		b = appendBool(b, f != nil)
	}
	switch {
	case s.Read != nil:
		b = append(b, 'R')
		b = appendText(b, s.Read.Relation)
		b = appendTexts(b, s.Read.Keys)
		b = s.Read.Node.appendShape(b)
		if k := s.Read.Keyset; k != nil {
			b = append(b, 'K')
			for _, r := range k.After {
				b = appendRef(b, r)
			}
			b = appendBool(b, k.After != nil)
		}
	case s.Write != nil:
		w := s.Write
		b = append(b, 'W', byte('0'+w.Action))
		b = appendText(b, w.Relation)
		b = appendTexts(b, w.Columns)
		b = appendTexts(b, w.OnConflict)
		b = appendBool(b, w.Keep != nil)
		b = appendTexts(b, w.Keep)
		b = appendBool(b, w.Bulk)
		b = appendBool(b, w.Defaults)
		b = appendBool(b, w.Returning)
		b = appendBool(b, w.Keys)
		b = w.Node.appendShape(b)
	case s.Invoke != nil:
		v := s.Invoke
		b = append(b, 'C')
		b = appendText(b, v.Function)
		b = appendText(b, v.SingleBody)
		b = appendTexts(b, v.Keys)
		for _, a := range v.Args {
			b = appendText(b, a.Name)
			for _, r := range a.Values {
				b = appendRef(b, r)
			}
		}
		b = append(b, ';')
		b = v.Node.appendShape(b)
	}
	return b
}

func (n *Node) appendShape(b []byte) []byte {
	b = append(b, '(')
	for i := range n.Select {
		b = n.Select[i].appendShape(b)
	}
	b = append(b, ')')
	b = n.Where.appendShape(b)
	for i := range n.Order {
		o := &n.Order[i]
		b = append(b, 'o', byte('0'+o.Nulls))
		b = appendBool(b, o.Desc)
		b = appendText(b, o.Embed)
		b = appendText(b, o.Name)
		b = appendPath(b, o.Path)
	}
	b = appendRef(b, n.Limit)
	b = appendRef(b, n.Offset)
	b = strconv.AppendInt(b, n.MaxRows, 10)
	return append(b, '.')
}

func (i *Item) appendShape(b []byte) []byte {
	switch {
	case i.Star:
		return append(b, '*')
	case i.Field != nil:
		f := i.Field
		b = append(b, 'f')
		b = appendText(b, f.Alias)
		b = appendText(b, f.Name)
		b = appendPath(b, f.Path)
		b = appendText(b, f.Cast)
		b = appendText(b, f.Aggregate)
		return appendText(b, f.AggregateCast)
	default:
		e := i.Embed
		b = append(b, 'e', byte('0'+e.Join))
		b = appendBool(b, e.Spread)
		b = appendBool(b, e.Empty)
		b = appendText(b, e.Alias)
		b = appendText(b, e.Relation)
		b = appendText(b, e.Hint)
		return e.Node.appendShape(b)
	}
}

func (l *Logic) appendShape(b []byte) []byte {
	if l == nil {
		return append(b, '-')
	}
	b = append(b, 'l', byte('0'+l.Op))
	b = appendBool(b, l.Not)
	if l.Op == Leaf {
		f := l.Leaf
		b = appendBool(b, f.Not)
		b = appendText(b, f.Name)
		b = appendPath(b, f.Path)
		b = appendText(b, f.Op)
		b = appendText(b, f.Quant)
		b = appendText(b, f.Lang)
		b = appendText(b, f.Is)
		return appendRef(b, f.Value)
	}
	b = append(b, '(')
	for _, a := range l.Args {
		b = a.appendShape(b)
	}
	return append(b, ')')
}

func appendPath(b []byte, p []PathStep) []byte {
	for i := range p {
		b = append(b, '>')
		b = appendBool(b, p[i].Text)
		b = appendBool(b, p[i].Index)
		b = appendText(b, p[i].Key)
	}
	return b
}

// A text is written with its length, so that no text can pass for structure.
func appendText(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	return append(b, s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = strconv.AppendInt(b, int64(len(list)), 10)
	b = append(b, '[')
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, '1')
	}
	return append(b, '0')
}

func appendRef(b []byte, r ValueRef) []byte {
	b = strconv.AppendInt(b, int64(r), 10)
	return append(b, ',')
}
