package rest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// media is the form of an answer.
type media struct {
	kind     mediaKind
	singular bool
	stripped bool
}

type mediaKind uint8

const (
	asJSON mediaKind = iota
	asCSV
)

// contentType is the answer's Content-Type.
func (m media) contentType() string {
	switch {
	case m.kind == asCSV:
		return "text/csv; charset=utf-8"
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

// negotiate chooses the form of the answer: the first acceptable one in order of quality.
func negotiate(headers []string) (media, error) {
	if len(headers) == 0 || len(headers) == 1 && (headers[0] == "application/json" || headers[0] == "*/*" || headers[0] == "") {
		return media{}, nil
	}
	type choice struct {
		name, text string
		params     []string
		q          float64
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
	var refused []string
	for _, c := range list {
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
	}
	if len(list) == 0 {
		return media{}, nil
	}
	return media{}, fault.New("PGRST107", "None of these media types are available: %s", strings.Join(refused, ", ")).WithStatus(406)
}
