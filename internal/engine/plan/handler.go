package plan

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A domain that is named as a media type makes answers of that type (PostgREST's custom media types):
//
//   - an aggregate that results in it, over a table's rows or over anyelement, makes the answer of rows;
//   - a function that returns it makes the answer of its own calls.
//
// The domain "*/*" stands for every type. GeoJSON is made by the extension PostGIS in the same way.

// AnyMedia is the media type that stands for every other.
const AnyMedia = "*/*"

// GeoJSON is the media type of what PostGIS makes of rows.
const GeoJSON = "application/geo+json"

// builtinMedia are the types of answers that the door makes itself.
var builtinMedia = []string{
	"application/json", "text/csv", "application/x-ndjson", "application/ndjson", "application/jsonl",
	"application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json", "application/vnd.pgrst.object", "application/vnd.pgrst.array",
}

// scalarMedia are those that it makes of single values, and the types that these must have.
var scalarMedia = map[string]catalog.OID{"application/octet-stream": catalog.ByteaOID, "text/plain": catalog.TextOID, "text/xml": catalog.XMLOID}

// HasHandlers says whether the catalog has handlers of media types, so that a statement must bring its Media.
func HasHandlers(cat *catalog.Catalog) bool {
	if cat.Extension("postgis") != nil {
		return true
	}
	for f := range cat.AllFunctions() {
		if mediaType(cat, f.Returns) != "" {
			return true
		}
	}
	return false
}

// mediaType is the media type that a domain is named for; "" for all other types.
func mediaType(cat *catalog.Catalog, t catalog.TypeRef) string {
	x := cat.Type(t.OID)
	if x == nil || x.Kind != catalog.DomainType || strings.Count(x.Name, "/") != 1 {
		return ""
	}
	return x.Name
}

// A mediaTarget is what a handler is found by: the type of the rows, or the function that is called.
type mediaTarget struct {
	row    catalog.OID       // 0 for none
	fn     *catalog.Function // the call; nil for a table
	scalar bool              // rows of one value each
}

func tableTarget(t *catalog.Table) mediaTarget { return mediaTarget{row: t.RowType} }

func functionTarget(f *catalog.Function, src *source) mediaTarget {
	m := mediaTarget{fn: f, scalar: src == nil || src.table == nil && len(src.columns) == 1}
	if src != nil && src.table != nil {
		m.row = src.table.RowType
	}
	return m
}

// handled lets the handler of the first acceptable media type make the answer; where the door itself makes one that is as acceptable, it stays
// with rows.
func (b *builder) handled(p *Plan, m mediaTarget) error {
	for _, name := range b.st.Media {
		switch {
		case m.fn != nil && b.handles(mediaType(b.cat, m.fn.Returns), name) && !m.fn.ReturnsSet:
			p.shape, p.media = Handled, mediaType(b.cat, m.fn.Returns)
			p.columns[0].Type = b.base(m.fn.Returns)
			return nil
		case name == GeoJSON && b.cat.Extension("postgis") != nil:
			return b.geoJSON(p)
		}
		if f := b.mediaAggregate(m, name); f != nil {
			return b.aggregated(p, m, f)
		}
		if slices.Contains(builtinMedia, name) || name == AnyMedia || name == "application/*" {
			return nil
		}
		if want, ok := scalarMedia[name]; ok && p.shape == Scalar && p.columns[0].Type.OID == want {
			return nil
		}
	}
	if b.st.Media == nil {
		return nil
	}
	return fault.New("PGRST107", "None of these media types are available: %s", strings.Join(b.st.Media, ", ")).WithStatus(406)
}

// handles says whether a handler's type is the accepted one, or stands for it.
func (b *builder) handles(handler, accepted string) bool {
	switch {
	case handler == "":
		return false
	case handler == accepted, handler == AnyMedia:
		return true
	}
	return false
}

// mediaAggregate finds the aggregate that makes an answer of a media type of the rows: one of the table's own before one of any element, one of
// the type itself before one of every type.
func (b *builder) mediaAggregate(m mediaTarget, name string) *catalog.Function {
	var best *catalog.Function
	rank := 0
	for f := range b.cat.AllFunctions() {
		if f.Kind != catalog.AggregateFunction || len(inputs(f)) != 1 || !b.exposedSchema(f.Schema) {
			continue
		}
		t := mediaType(b.cat, f.Returns)
		arg := inputs(f)[0].Type.OID
		own := m.row != 0 && arg == m.row
		if !b.handles(t, name) || !own && arg != catalog.AnyElementOID || !b.cat.CanExecute(b.role, f) {
			continue
		}
		r := 1
		if own {
			r++
		}
		if t == name {
			r += 2
		}
		if r > rank {
			best, rank = f, r
		}
	}
	return best
}

// exposedSchema says whether handlers of a schema count: the request's schema and the search path.
func (b *builder) exposedSchema(schema string) bool {
	return schema == b.st.Schema || slices.Contains(b.o.SearchPath, schema)
}

const handledRows = "pgrst_rows"

// aggregated is SELECT f(rows) FROM (…) AS rows.
func (b *builder) aggregated(p *Plan, m mediaTarget, f *catalog.Function) error {
	rows, ok := p.main.(*sql.Select)
	if !ok {
		return nil
	}
	var arg sql.Expr = ref(handledRows)
	switch {
	case m.scalar:
		arg = ref(handledRows, p.columns[0].Name)
	case inputs(f)[0].Type.OID != catalog.AnyElementOID:
		arg = cast(arg, b.typeName(inputs(f)[0].Type))
	}
	b.handledBy(p, rows, userCall(f, arg), f.Returns)
	p.media = mediaType(b.cat, f.Returns)
	return nil
}

func (b *builder) handledBy(p *Plan, rows *sql.Select, x sql.Expr, t catalog.TypeRef) {
	p.shape = Handled
	p.columns = []Column{{Name: "pgrst_answer", Type: b.base(t)}}
	p.main = &sql.Select{
		Targets: []sql.Target{{Name: "pgrst_answer", Expr: x, Pos: sql.NoPos}}, From: []sql.TableExpr{subquery(rows, handledRows)}, Pos: sql.NoPos,
	}
}

// geoJSON is a FeatureCollection of the rows; ST_AsGeoJSON refuses rows without a geometry (22023).
func (b *builder) geoJSON(p *Plan) error {
	rows, ok := p.main.(*sql.Select)
	if !ok {
		return nil
	}
	json := &sql.TypeName{Name: sql.Name{Schema: "pg_catalog", Name: "json", Pos: sql.NoPos}, Pos: sql.NoPos}
	feature := call("st_asgeojson", ref(handledRows))
	feature.Name.Schema = b.cat.Extension("postgis").Schema
	features := &sql.Coalesce{Args: []sql.Expr{call("json_agg", cast(feature, json)), cast(str("[]"), json)}, Pos: sql.NoPos}
	b.handledBy(p, rows, call("json_build_object", str("type"), str("FeatureCollection"), str("features"), features), plain(catalog.JSONOID))
	p.media = GeoJSON
	return nil
}
