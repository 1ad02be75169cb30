package projects_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// users are the people of every world. The third is there so that the second is not "the other one".
var users = []string{"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"}

// newUser is the one who signs up during a probe.
const newUser = "44444444-4444-4444-8444-444444444444"

func insertUser(id string, n int) string {
	return fmt.Sprintf(`insert into auth.users (id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at, updated_at) values ('%s', 'authenticated', 'authenticated', 'user%d@example.com', `+
		`'{"provider":"email"}', '{"name":"User %[2]d","full_name":"User %[2]d","username":"user_%[2]d","user_name":"user_%[2]d","first_name":"User","last_name":"%[2]d","handle":"user_%[2]d","display_name":"User %[2]d","contact_email":"user%[2]d@example.com","avatar_url":"https://example.com/%[2]d.png"}', `+
		`'2020-01-01 00:00:00+00', '2020-01-01 00:00:00+00')`, id, n)
}

// typeName is how a type is named in SQL, whatever the search path.
func typeName(c *catalog.Catalog, r catalog.TypeRef) string {
	t := c.Type(r.OID)
	if t != nil && t.Elem != 0 && t.Category == 'A' {
		return typeName(c, catalog.TypeRef{OID: t.Elem, Mod: r.Mod}) + "[]"
	}
	s := c.TypeString(r)
	if t == nil || t.Schema == "pg_catalog" || strings.HasPrefix(s, t.Schema+".") || strings.HasPrefix(s, sql.QuoteIdent(t.Schema)+".") {
		return s
	}
	return sql.QuoteIdent(t.Schema) + "." + s
}

// shapes are texts that the usual checks of text columns want.
var shapes = []string{"name %d", "name-%d", "name_%d", "user%d@example.com", "https://example.com/%d", "#a1b2c%d", "a", "Lorem ipsum dolor sit amet, consectetur adipiscing elit %d", "2024-01-0%d", "10:0%d", "1.0.%d", "US", "+4912345678%d", "AB%d"}

// literal is the n-th value of a type, as the text of a literal without its quotes; ok is false where there is none.
// words are constants of the checks that the value has to pass.
func literal(c *catalog.Catalog, r catalog.TypeRef, name string, words []string, n int) (string, bool) {
	t := c.Type(r.OID)
	if t == nil {
		return "", false
	}
	switch {
	case t.Kind == catalog.EnumType:
		if len(t.Labels) == 0 {
			return "", false
		}
		return t.Labels[n%len(t.Labels)], true
	case t.Kind == catalog.DomainType:
		for _, k := range t.Checks {
			words = append(words, constants(k.Expr)...)
		}
		return literal(c, t.Base, name, words, n)
	case t.Elem != 0 && t.Category == 'A':
		e, ok := literal(c, catalog.TypeRef{OID: t.Elem, Mod: r.Mod}, name, words, n)
		if !ok || n%3 == 2 {
			return "{}", true
		}
		return `{"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(e) + `"}`, true
	case t.Kind == catalog.CompositeType:
		var parts []string
		for _, f := range c.Fields(t) {
			v, ok := literal(c, f.Type, f.Name, nil, n)
			if ok {
				v = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
			}
			parts = append(parts, v)
		}
		return "(" + strings.Join(parts, ",") + ")", true
	}
	lower := strings.ToLower(name)
	switch t.Name {
	case "bool":
		return []string{"true", "false"}[n%2], true
	case "int2", "int4", "int8", "oid":
		for _, w := range words {
			if n%4 == 3 && numbers.MatchString(w) {
				return w, true
			}
		}
		return fmt.Sprint(n + 1), true
	case "float4", "float8", "numeric", "money":
		if r.Mod >= 0 && t.Name == "numeric" && (r.Mod-4)>>16 <= (r.Mod-4)&0x7ff+1 {
			return "0.5", true
		}
		return fmt.Sprintf("%d.5", n+1), true
	case "text", "varchar", "bpchar", "name", "citext", "char":
		s := ""
		patterns, lengths, plain := sorts(words)
		fitting := fitting(patterns, n)
		switch {
		case len(fitting) > 0:
			s = fitting[n%len(fitting)]
		case len(lengths) > 0 && n%3 == 0:
			s = strings.Repeat("a", lengths[n/3%len(lengths)])
		case len(plain) > 0 && n%2 == 0:
			s = plain[n/2%len(plain)]
		case len(words) > 0:
			s = fmt.Sprintf(shapes[n%len(shapes)], n)
		case strings.Contains(lower, "email"):
			s = fmt.Sprintf("user%d@example.com", n+1)
		case strings.Contains(lower, "url") || strings.Contains(lower, "link"):
			s = fmt.Sprintf("https://example.com/%d", n)
		case strings.Contains(lower, "slug") || strings.Contains(lower, "username"):
			s = fmt.Sprintf("name_%d", n)
		default:
			s = fmt.Sprintf(shapes[n/3%len(shapes)], n)
		}
		s, _, _ = strings.Cut(s, "%!(EXTRA")
		if limit := int(r.Mod) - 4; r.Mod >= 4 && t.Name != "text" && len(s) > limit {
			s = s[:limit]
		}
		return s, true
	case "uuid":
		return fmt.Sprintf("00000000-0000-4000-8000-%012x", n+1), true
	case "timestamptz":
		return fmt.Sprintf("2024-0%d-01 10:00:00+00", n%9+1), true
	case "timestamp":
		return fmt.Sprintf("2024-0%d-01 10:00:00", n%9+1), true
	case "date":
		return fmt.Sprintf("2024-0%d-01", n%9+1), true
	case "time":
		return fmt.Sprintf("10:0%d:00", n%9), true
	case "timetz":
		return fmt.Sprintf("10:0%d:00+00", n%9), true
	case "interval":
		return fmt.Sprintf("%d hours", n+1), true
	case "json", "jsonb":
		return []string{"{}", `{"a": 1, "name": "x"}`, "[]", `[{"id": 1}]`}[n%4], true
	case "bytea":
		return fmt.Sprintf(`\x0%d`, n%9), true
	case "inet", "cidr":
		return fmt.Sprintf("10.0.0.%d", n+1), true
	case "macaddr":
		return fmt.Sprintf("08:00:2b:01:02:0%d", n%9), true
	case "tsvector":
		return "word", true
	case "tsquery":
		return "word", true
	case "int4range", "int8range", "numrange":
		return fmt.Sprintf("[%d,%d)", n, n+5), true
	case "daterange":
		return "[2024-01-01,2024-02-01)", true
	case "tstzrange", "tsrange":
		return "[2024-01-01 00:00:00,2024-02-01 00:00:00)", true
	case "vector", "halfvec":
		size := max(1, int(r.Mod))
		parts := slices.Repeat([]string{"0"}, size)
		parts[n%size] = "1" // whose distances are exact
		return "[" + strings.Join(parts, ",") + "]", true
	}
	return "", false
}

// sorts parts the constants of a text's checks: patterns, lengths, and what the text may be.
func sorts(words []string) (patterns []*regexp.Regexp, lengths []int, plain []string) {
	for _, w := range words {
		if n, err := strconv.Atoi(w); err == nil {
			if n > 0 && n < 200 {
				lengths = append(lengths, n)
			}
		} else if strings.ContainsAny(w, "^$[*\\") {
			if re, err := regexp.Compile(w); err == nil {
				patterns = append(patterns, re)
			}
		} else if !strings.Contains(w, "%") {
			plain = append(plain, w)
		}
	}
	return patterns, lengths, plain
}

// fitting are the shapes that match all patterns.
func fitting(patterns []*regexp.Regexp, n int) []string {
	if len(patterns) == 0 {
		return nil
	}
	var all []string
	for _, shape := range slices.Concat(shapes, []string{"name%d", "n%d", "#a1b2c3", "Name", "+491234567%d", "%d", "2024-01"}) {
		s := shape
		if strings.Contains(shape, "%d") {
			s = fmt.Sprintf(shape, n%10)
		}
		if !slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool { return !re.MatchString(s) }) {
			all = append(all, s)
		}
	}
	return all
}

var numbers = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// constants are the texts and numbers that an expression mentions.
func constants(e sql.Expr) []string {
	var all []string
	if e == nil {
		return nil
	}
	sql.Walk(e, func(n sql.Node) bool {
		if k, ok := n.(*sql.Const); ok && k.Text != "" && !slices.Contains(all, k.Text) {
			all = append(all, k.Text)
		}
		return true
	})
	return all
}

// mentions reports whether an expression names a column.
func mentions(e sql.Expr, column string) bool {
	found := false
	sql.Walk(e, func(n sql.Node) bool {
		if r, ok := n.(*sql.ColumnRef); ok && slices.Contains(r.Fields, column) {
			found = true
		}
		return true
	})
	return found
}

// A row is a row to insert: literals by column, without quotes.
type row struct {
	columns []string
	values  []string // SQL
}

func (r *row) add(column, value string) {
	r.columns, r.values = append(r.columns, column), append(r.values, value)
}

func (r *row) get(column string) (string, bool) {
	i := slices.Index(r.columns, column)
	if i < 0 {
		return "", false
	}
	return r.values[i], true
}

func (r *row) insert(t *catalog.Table) string {
	if len(r.columns) == 0 {
		return "insert into " + relation(t) + " default values"
	}
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = sql.QuoteIdent(c)
	}
	return fmt.Sprintf("insert into %s (%s) values (%s)", relation(t), strings.Join(names, ", "), strings.Join(r.values, ", "))
}

func relation(t *catalog.Table) string {
	return sql.QuoteIdent(t.Schema) + "." + sql.QuoteIdent(t.Name)
}

// people are columns that hold a user's id, where no foreign key says so.
var people = regexp.MustCompile(`(?i)^(user|owner|author|creator|created_by|updated_by|profile|sender|auth|primary_owner)(_?user)?(_?id)?$`)
