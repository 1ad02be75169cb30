package builtin

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// tsConfig is the configuration by name: simple, or english with stop words and stems.
func (c *Ctx) tsConfig(args []datum, n int) (string, []datum, error) {
	if len(args) > n {
		name := value.TSConfigName(args[0].Int64())
		if name == "" {
			return "", nil, fault.New(fault.UndefinedObject, "text search configuration with OID %d is not known here", args[0].Int64())
		}
		return name, args[1:], nil
	}
	name := "english"
	if c.Setting != nil {
		if s, ok := c.Setting("default_text_search_config"); ok {
			name = strings.TrimPrefix(s, "pg_catalog.")
		}
	}
	if name != "simple" && name != "english" {
		return "", nil, unsupported("text search configuration %q is not supported", name).(*fault.Error).WithHint("The sqlite engine has simple and english.")
	}
	return name, args, nil
}

// lexeme is the normal form of a token, "" for a stop word.
func lexeme(config string, t token) string {
	if config == "simple" || t.plain {
		return t.word
	}
	if stopWords[t.word] {
		return ""
	}
	return stem(t.word)
}

func tsVector(config, s string, from int) (lex []value.Lexeme, last int) {
	pos := from
	for _, t := range tokens(s) {
		pos++
		if w := lexeme(config, t); w != "" {
			lex = append(lex, value.Lexeme{Word: w, At: []value.Position{{Pos: min(pos, 16383), Weight: 'D'}}})
		}
	}
	return lex, pos
}

func lexemes(d datum) []value.Lexeme {
	lex, err := value.LexemesOf(d.Str())
	if err != nil {
		return nil
	}
	return lex
}

func registerFullText(r registry) {
	r.fn("to_tsvector(text) to_tsvector(regconfig,text)", func(c *Ctx, a []datum) (datum, error) {
		config, a, err := c.tsConfig(a, 1)
		if err != nil {
			return value.Null, err
		}
		lex, _ := tsVector(config, a[0].Str(), 0)
		return value.TSVectorDatum(lex), nil
	})
	query := func(names string, build func(config, s string) (*value.TSNode, error)) {
		r.fn(names+"(text) "+names+"(regconfig,text)", func(c *Ctx, a []datum) (datum, error) {
			config, a, err := c.tsConfig(a, 1)
			if err != nil {
				return value.Null, err
			}
			n, err := build(config, a[0].Str())
			if err != nil {
				return value.Null, err
			}
			return text(n.String()), nil
		})
	}
	query("plainto_tsquery", func(config, s string) (*value.TSNode, error) { return joined(config, s, '&'), nil })
	query("phraseto_tsquery", func(config, s string) (*value.TSNode, error) { return joined(config, s, '<'), nil })
	query("websearch_to_tsquery", func(config, s string) (*value.TSNode, error) { return readQuery(config, s, true) })
	query("to_tsquery", func(config, s string) (*value.TSNode, error) { return readQuery(config, s, false) })
	match := func(vec []value.Lexeme, q string) (datum, error) {
		n, err := value.TSQueryNode(q)
		if err != nil || n == nil {
			return value.Bool(false), err
		}
		return value.Bool(newMatcher(vec).match(n)), nil
	}
	r.fn("ts_match_vq(tsvector,tsquery)", func(_ *Ctx, a []datum) (datum, error) { return match(lexemes(a[0]), a[1].Str()) })
	r.fn("ts_match_qv(tsquery,tsvector)", func(_ *Ctx, a []datum) (datum, error) { return match(lexemes(a[1]), a[0].Str()) })
	r.fn("ts_match_tq(text,tsquery)", func(c *Ctx, a []datum) (datum, error) {
		config, _, err := c.tsConfig(nil, 0)
		if err != nil {
			return value.Null, err
		}
		lex, _ := tsVector(config, a[0].Str(), 0)
		return match(lexemes(value.TSVectorDatum(lex)), a[1].Str())
	})
	r.fn("ts_match_tt(text,text)", func(c *Ctx, a []datum) (datum, error) {
		config, _, err := c.tsConfig(nil, 0)
		if err != nil {
			return value.Null, err
		}
		lex, _ := tsVector(config, a[0].Str(), 0)
		return match(lexemes(value.TSVectorDatum(lex)), joined(config, a[1].Str(), '&').String())
	})
	for name, of := range map[string]func([4]float64, []value.Lexeme, *value.TSNode, int64) float64{"ts_rank": rank, "ts_rank_cd": rankCover} {
		sigs := strings.ReplaceAll("%(tsvector,tsquery) %(tsvector,tsquery,int4) %(_float4,tsvector,tsquery) %(_float4,tsvector,tsquery,int4)", "%", name)
		r.fn(sigs, func(c *Ctx, a []datum) (datum, error) {
			w, a, err := c.rankWeights(a)
			if err != nil {
				return value.Null, err
			}
			method := int64(0)
			if len(a) > 2 {
				method = a[2].Int64()
			}
			q, err := value.TSQueryNode(a[1].Str())
			return value.Float(single(of(w, lexemes(a[0]), q, method))), err
		})
	}
	registerTSVector(r)
	registerTSQuery(r)
	r.fn("get_current_ts_config()", func(c *Ctx, _ []datum) (datum, error) {
		name, _, err := c.tsConfig(nil, 0)
		if err != nil {
			return value.Null, err
		}
		return opsOf(catalog.RegconfigOID).Input(nil, name, -1)
	})
	headlines(r, "text", func(s string, f func(string) string) string { return f(s) })
	registerJSONText(r)
}

// headlines registers ts_headline of a type; each hands the texts in a value to f and gives the value with what f makes of them.
func headlines(r registry, typ string, each func(s string, f func(string) string) string) {
	sigs := strings.ReplaceAll("ts_headline(%,tsquery) ts_headline(%,tsquery,text) ts_headline(regconfig,%,tsquery) ts_headline(regconfig,%,tsquery,text)", "%", typ)
	r.fn(sigs, func(c *Ctx, a []datum) (datum, error) {
		n := 2
		if c.argType(0) != catalog.RegconfigOID && len(a) == 3 {
			n = 3
		}
		config, a, err := c.tsConfig(a, n)
		if err != nil {
			return value.Null, err
		}
		opts := ""
		if len(a) > 2 {
			if opts = a[2].Str(); !headlineOptions.MatchString(opts) {
				return value.Null, fault.New(fault.SyntaxError, `invalid parameter list format: "%s"`, opts)
			}
		}
		q, err := value.TSQueryNode(a[1].Str())
		if err != nil {
			return value.Null, err
		}
		return text(each(a[0].Str(), func(s string) string { return headline(config, s, q, opts) })), nil
	})
}

// rankWeights are the weights of D to A, and the arguments without them. A negative one means the usual weight.
func (c *Ctx) rankWeights(a []datum) ([4]float64, []datum, error) {
	w := [4]float64{single(0.1), single(0.2), single(0.4), 1}
	if len(a) == 2 || c.argType(0) == catalog.TSVectorOID {
		return w, a, nil
	}
	list, err := value.ArraySlice(opsOf(catalog.Float4OID), a[0])
	switch {
	case err != nil:
		return w, nil, err
	case len(value.ArrayDims(opsOf(catalog.Float4OID), a[0])) != 1:
		return w, nil, fault.New(fault.ArraySubscript, "array of weight must be one-dimensional")
	case len(list) < 4:
		return w, nil, fault.New(fault.ArraySubscript, "array of weight is too short")
	case slices.ContainsFunc(list, datum.IsNull):
		return w, nil, fault.New(fault.NullNotAllowed, "array of weight must not contain nulls")
	}
	for i := range w {
		if f := list[i].Float64(); f >= 0 {
			w[i] = f
		}
		if w[i] > 1 {
			return w, nil, fault.New(fault.InvalidParameterValue, "weight out of range")
		}
	}
	return w, a[1:], nil
}

// joined makes a query of all words of a text, with & or as a phrase whose gaps are those of the stop words.
func joined(config, s string, op byte) *value.TSNode {
	var n *value.TSNode
	gap := 1
	for _, t := range tokens(s) {
		w := lexeme(config, t)
		if w == "" {
			gap++
			continue
		}
		leaf := &value.TSNode{Word: w}
		if n == nil {
			n = leaf
		} else {
			n = &value.TSNode{Op: op, Distance: gap, Left: n, Right: leaf}
		}
		gap = 1
	}
	return n
}

// readQuery reads a query whose operands are texts: each becomes the phrase of its lexemes.
func readQuery(config, s string, web bool) (*value.TSNode, error) {
	return value.ReadTSQuery(s, web, func(word, weights string, prefix bool) *value.TSNode {
		n := joined(config, word, '<')
		var mark func(*value.TSNode)
		mark = func(m *value.TSNode) {
			if m == nil {
				return
			}
			if m.Op == 0 {
				m.Weights, m.Prefix = weights, prefix
			}
			mark(m.Left)
			mark(m.Right)
		}
		mark(n)
		return n
	})
}

// rank is ts_rank.
func rank(w [4]float64, vec []value.Lexeme, q *value.TSNode, method int64) float64 {
	if q == nil || len(vec) == 0 {
		return 0
	}
	m := newMatcher(vec)
	var leaves []*value.TSNode
	seen := map[string]bool{}
	var walk func(n *value.TSNode)
	walk = func(n *value.TSNode) {
		if n == nil {
			return
		}
		if n.Op == 0 && !seen[n.Word] {
			seen[n.Word] = true
			leaves = append(leaves, n)
		}
		walk(n.Left)
		walk(n.Right)
	}
	walk(q)
	weight := func(p value.Position) float64 { return w['D'-p.Weight] }
	type entry struct {
		at   []value.Position
		null bool
	}
	entries := make([]*entry, len(leaves))
	for i, n := range leaves {
		at, ok := m.positions(n)
		if !ok {
			continue
		}
		entries[i] = &entry{at: at}
		if len(at) == 0 {
			entries[i] = &entry{at: []value.Position{{Pos: 0, Weight: 'D'}}, null: true}
		}
	}
	res := -1.0
	if (q.Op == '&' || q.Op == '<') && len(leaves) > 1 {
		for i, e := range entries {
			for k := 0; k < i && e != nil; k++ {
				o := entries[k]
				if o == nil {
					continue
				}
				for _, x := range e.at {
					for _, y := range o.at {
						dist := abs(x.Pos - y.Pos)
						if dist == 0 && !e.null && !o.null {
							continue
						}
						if dist == 0 {
							dist = 16384
						}
						d := 1e-30
						if dist <= 100 {
							d = 1 / (1.005 + 0.05*math.Exp(float64(dist)/1.5-2))
						}
						cur := single(math.Sqrt(weight(x) * weight(y) * d))
						if res < 0 {
							res = cur
						} else {
							res = single(1 - (1-res)*(1-cur))
						}
					}
				}
			}
		}
	} else {
		res = 0
		for _, e := range entries {
			if e == nil {
				continue
			}
			sum, best, at := 0.0, -1.0, 0
			for j, p := range e.at {
				sum = single(sum + weight(p)/float64((j+1)*(j+1)))
				if weight(p) > best {
					best, at = weight(p), j
				}
			}
			res = single(res + (best+sum-best/float64((at+1)*(at+1)))/1.64493406685)
		}
		res = single(res / float64(len(leaves)))
	}
	if res < 0 {
		res = 1e-20
	}
	length := 0
	for _, l := range vec {
		length += max(len(l.At), 1)
	}
	if method&1 != 0 {
		res /= math.Log(float64(length)+1) / math.Ln2
	}
	if method&2 != 0 {
		res /= float64(length)
	}
	if method&8 != 0 {
		res /= float64(len(vec))
	}
	if method&16 != 0 {
		res /= math.Log(float64(len(vec))+1) / math.Ln2
	}
	if method&32 != 0 {
		res /= res + 1
	}
	return res
}

// rankCover is ts_rank_cd: the sum over the covers, which are the shortest runs of positions that satisfy the query.
func rankCover(w [4]float64, vec []value.Lexeme, q *value.TSNode, method int64) float64 {
	if q == nil {
		return 0
	}
	type occurrence struct {
		value.Position
		word string
	}
	var words []occurrence
	m := newMatcher(vec)
	seen := map[string]bool{}
	var walk func(n *value.TSNode)
	walk = func(n *value.TSNode) {
		if n == nil { // words that are not to be there are marked as well, as PostgreSQL does
			return
		}
		if n.Op == 0 && !seen[n.String()] {
			seen[n.String()] = true
			at, _ := m.positions(n)
			for _, p := range at {
				words = append(words, occurrence{p, n.Word})
			}
		}
		walk(n.Left)
		walk(n.Right)
	}
	walk(q)
	slices.SortStableFunc(words, func(a, b occurrence) int { return cmp.Or(a.Pos-b.Pos, int(b.Weight)-int(a.Weight)) })
	holds := func(from, to int) bool {
		part := matcher{}
		for _, o := range words[from : to+1] {
			part[o.word] = append(part[o.word], o.Position)
		}
		return part.match(q)
	}
	res, covers, gaps, lastMid := 0.0, 0, 0.0, -1.0
	for from := 0; from < len(words); {
		to := from
		for to < len(words) && !holds(from, to) {
			to++
		}
		if to == len(words) {
			break
		}
		for from < to && holds(from+1, to) {
			from++
		}
		inv := 0.0
		for _, o := range words[from : to+1] {
			inv += 1 / w['D'-o.Weight]
		}
		n := float64(to - from + 1)
		noise := float64(words[to].Pos-words[from].Pos) - (n - 1)
		if noise < 0 {
			noise = n / 2 // positions at the limit are all the same
		}
		res += n / inv / (1 + noise)
		mid := float64(words[from].Pos+words[to].Pos) / 2
		if covers > 0 && mid > lastMid {
			gaps += 1 / (mid - lastMid)
		}
		lastMid = mid
		covers++
		from++
	}
	length := 0
	for _, l := range vec {
		length += max(len(l.At), 1)
	}
	if method&1 != 0 && len(vec) > 0 {
		res /= math.Log(float64(length) + 1)
	}
	if method&2 != 0 && length > 0 {
		res /= float64(length)
	}
	if method&4 != 0 && gaps > 0 && covers > 0 {
		res /= float64(covers) / gaps
	}
	if method&8 != 0 && len(vec) > 0 {
		res /= float64(len(vec))
	}
	if method&16 != 0 && len(vec) > 0 {
		res /= math.Log(float64(len(vec))+1) / math.Ln2
	}
	if method&32 != 0 {
		res /= res + 1
	}
	return res
}

// headlineOptions are names with values, which may be in quotes.
var headlineOptions = regexp.MustCompile(`^[\s,]*([A-Za-z_]\w*\s*=\s*("([^"]|"")*"|'([^']|'')*'|[^\s,"']+)\s*(,[\s,]*|$))*$`)

var headlineWord = regexp.MustCompile(`[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*`)

// headline marks the words of the query in the fragment around the first of them (at most MaxWords words).
func headline(config, s string, q *value.TSNode, opts string) string {
	start, stop, all := "<b>", "</b>", false
	maxWords := 35
	for o := range strings.SplitSeq(opts, ",") {
		k, v, _ := strings.Cut(o, "=")
		v = strings.Trim(strings.TrimSpace(v), `"`)
		switch strings.ToLower(strings.TrimSpace(k)) {
		case "startsel":
			start = v
		case "stopsel":
			stop = v
		case "highlightall":
			d, err := value.ParseBool(v)
			all = err == nil && d.IsTrue()
		case "maxwords":
			if d, err := opsOf(catalog.Int4OID).Input(nil, v, -1); err == nil && d.Int64() > 0 {
				maxWords = int(d.Int64())
			}
		}
	}
	wanted := map[string]bool{}
	var prefixes []string
	var walk func(n *value.TSNode)
	walk = func(n *value.TSNode) {
		if n == nil { // words that are not to be there are marked as well, as PostgreSQL does
			return
		}
		if n.Op == 0 {
			wanted[n.Word] = true
			if n.Prefix {
				prefixes = append(prefixes, n.Word)
			}
		}
		walk(n.Left)
		walk(n.Right)
	}
	walk(q)
	hit := func(w string) bool {
		for _, t := range tokens(w) {
			l := lexeme(config, t)
			if wanted[l] || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(l, p) }) {
				return true
			}
		}
		return false
	}
	marks := headlineWord.FindAllStringIndex(s, -1)
	from, to := 0, len(s)
	if !all && len(marks) > maxWords {
		first := max(slices.IndexFunc(marks, func(m []int) bool { return hit(s[m[0]:m[1]]) }), 0)
		first = min(first, len(marks)-maxWords)
		marks = marks[first : first+maxWords]
		from, to = marks[0][0], marks[len(marks)-1][1]
	}
	var b strings.Builder
	last := from
	for _, m := range marks {
		if w := s[m[0]:m[1]]; hit(w) {
			b.WriteString(s[last:m[0]] + start + w + stop)
			last = m[1]
		}
	}
	b.WriteString(s[last:to])
	return b.String()
}
