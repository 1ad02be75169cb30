package rest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
)

// media is the form of an answer.
type media struct {
	kind     mediaKind
	singular bool
	stripped bool
	// Of the kinds that only a function's single value can have: what else is acceptable, or the refusal.
	other *media
	err   error
	// Of a plan: how it is to be told, what it is the plan of, and the options as they were given.
	explain *plan.Explain
	forType string
	options string
	custom  string // the type, of lines of JSON as it was asked for, and of a handler of the project
}

type mediaKind uint8

const (
	asJSON mediaKind = iota
	asCSV
	asOctets
	asText
	asXML
	asPlan
	asHandled
	asLines // of JSON, one for each row
)

// valueKinds are the forms of a single value, and the type that it must have.
var valueKinds = map[string]mediaKind{"application/octet-stream": asOctets, "text/plain": asText, "text/xml": asXML}

var valueTypes = map[mediaKind]catalog.OID{asOctets: catalog.ByteaOID, asText: catalog.TextOID, asXML: catalog.XMLOID}

// settle decides whether a form of single values suits the plan.
func (m media) settle(p *plan.Plan) (media, error) {
	if p.Shape() == plan.Handled && m.explain == nil {
		return media{kind: asHandled, custom: p.Media()}, nil
	}
	want, ok := valueTypes[m.kind]
	if !ok || p.Shape() == plan.Scalar && p.Columns()[0].Type.OID == want {
		return m, nil
	}
	if m.err != nil {
		return m, m.err
	}
	return *m.other, nil
}

// contentType is the answer's Content-Type.
func (m media) contentType() string {
	switch {
	case m.kind == asLines:
		return m.custom
	case m.kind == asHandled:
		switch m.custom {
		case plan.AnyMedia:
			return "application/octet-stream"
		case "application/json", "text/csv", "text/plain", "text/xml", plan.GeoJSON:
			return m.custom + "; charset=utf-8"
		}
		return m.custom
	case m.kind == asPlan:
		form := "+text"
		if m.explain.JSON {
			form = "+json"
		}
		t := "application/vnd.pgrst.plan" + form + `; for="` + m.forType + `"`
		if m.options != "" {
			t += "; options=" + m.options
		}
		return t + "; charset=utf-8"
	case m.kind == asCSV:
		return "text/csv; charset=utf-8"
	case m.kind == asOctets:
		return "application/octet-stream"
	case m.kind == asText:
		return "text/plain; charset=utf-8"
	case m.kind == asXML:
		return "text/xml; charset=utf-8"
	case m.singular && m.stripped:
		return "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"
	case m.singular:
		return "application/vnd.pgrst.object+json; charset=utf-8"
	case m.stripped:
		return "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
	}
	return jsonType
}

const jsonType = "application/json; charset=utf-8"

// A choice is one element of an Accept header.
type choice struct {
	name, text string
	params     []string
	q          float64
}

// negotiate chooses the form of the answer: the first acceptable one in order of quality.
func negotiate(headers []string, plans bool) (media, error) {
	if len(headers) == 0 || len(headers) == 1 && (headers[0] == "application/json" || headers[0] == "*/*" || headers[0] == "") {
		return media{}, nil
	}
	list := choices(headers)
	if len(list) == 0 {
		return media{}, nil
	}
	return choose(list, nil, plans)
}

// acceptedNames are the media types of an Accept header in order of preference.
func acceptedNames(headers []string) []string {
	var names []string
	for _, c := range choices(headers) {
		names = append(names, c.name)
	}
	if names == nil {
		return []string{plan.AnyMedia}
	}
	return names
}

// choices reads an Accept header (RFC 9110 12.5.1).
func choices(headers []string) []choice {
	var list []choice
	for _, h := range headers {
		for part := range strings.SplitSeq(h, ",") {
			fields := strings.Split(part, ";")
			c := choice{name: strings.ToLower(strings.TrimSpace(fields[0])), text: strings.TrimSpace(part), q: 1}
			if c.name == "" {
				continue
			}
			for _, f := range fields[1:] {
				f = strings.ToLower(strings.TrimSpace(f))
				if v, ok := strings.CutPrefix(f, "q="); ok {
					if q, err := strconv.ParseFloat(v, 64); err == nil {
						c.q = q
					}
					continue
				}
				c.params = append(c.params, f)
			}
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b choice) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	return list
}

func choose(list []choice, refused []string, plans bool) (media, error) {
	for i, c := range list {
		stripped := slices.Contains(c.params, "nulls=stripped")
		switch c.name {
		case "*/*", "application/*", "application/json":
			return media{}, nil
		case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
			return media{singular: true, stripped: stripped}, nil
		case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
			return media{stripped: stripped}, nil
		case "text/csv":
			return media{kind: asCSV}, nil
		case "application/x-ndjson", "application/ndjson", "application/jsonl":
			return media{kind: asLines, custom: c.name}, nil
		}
		if form, ok := strings.CutPrefix(c.name, "application/vnd.pgrst.plan"); ok && plans && (form == "" || form == "+json" || form == "+text") {
			return planMedia(form, c.params)
		}
		refused = append(refused, c.text)
		if kind, ok := valueKinds[c.name]; ok {
			other, err := choose(list[i+1:], refused, plans)
			return media{kind: kind, other: &other, err: err}, nil
		}
	}
	return media{}, fault.New("PGRST107", "None of these media types are available: %s", strings.Join(refused, ", ")).WithStatus(406)
}

// planMedia is the plan of what would be answered to the media type that the parameter for names.
func planMedia(form string, params []string) (media, error) {
	m := media{kind: asPlan, explain: &plan.Explain{JSON: form == "+json"}, forType: "application/json"}
	for _, p := range params {
		k, v, _ := strings.Cut(p, "=")
		v = strings.Trim(v, `"`)
		switch k {
		case "for":
			of, err := negotiate([]string{v}, false)
			if err != nil {
				return media{}, err
			}
			m.singular, m.stripped = of.singular, of.stripped
			m.forType = strings.TrimSuffix(of.contentType(), "; charset=utf-8")
		case "options":
			var known []string
			for o := range strings.SplitSeq(v, "|") {
				to := map[string]*bool{
					"analyze": &m.explain.Analyze, "verbose": &m.explain.Verbose, "settings": &m.explain.Settings, "buffers": &m.explain.Buffers, "wal": &m.explain.WAL,
				}[o]
				if to != nil {
					*to = true
					known = append(known, o)
				}
			}
			m.options = strings.Join(known, "|")
		}
	}
	return m, nil
}
