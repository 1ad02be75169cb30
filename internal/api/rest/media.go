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
}

type mediaKind uint8

const (
	asJSON mediaKind = iota
	asCSV
	asOctets
	asText
	asXML
)

// valueKinds are the forms of a single value, and the type that it must have.
var valueKinds = map[string]mediaKind{"application/octet-stream": asOctets, "text/plain": asText, "text/xml": asXML}

var valueTypes = map[mediaKind]catalog.OID{asOctets: catalog.ByteaOID, asText: catalog.TextOID, asXML: catalog.XMLOID}

// settle decides whether a form of single values suits the plan.
func (m media) settle(p *plan.Plan) (media, error) {
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
func negotiate(headers []string) (media, error) {
	if len(headers) == 0 || len(headers) == 1 && (headers[0] == "application/json" || headers[0] == "*/*" || headers[0] == "") {
		return media{}, nil
	}
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
	if len(list) == 0 {
		return media{}, nil
	}
	return choose(list, nil)
}

func choose(list []choice, refused []string) (media, error) {
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
		}
		refused = append(refused, c.text)
		if kind, ok := valueKinds[c.name]; ok {
			other, err := choose(list[i+1:], refused)
			return media{kind: kind, other: &other, err: err}, nil
		}
	}
	return media{}, fault.New("PGRST107", "None of these media types are available: %s", strings.Join(refused, ", ")).WithStatus(406)
}
