package exposure

import (
	"net/url"
	"slices"
	"strings"
)

// Attempt is something that a role must not get through a running server. Want says how one that got through is told from one that did not.
type Attempt struct {
	Role   string // anon or authenticated
	Object string
	What   string // what would have been done
	Method string
	Path   string   // with the query
	Body   string   // as JSON; "" for none
	Other  []string // bodies to take where the one before names a column that nobody can write (428C9)
	Schema string   // for the profile headers
	Want   Want
}

// Want is what an attempt has to come to.
type Want uint8

// The outcomes.
const (
	NothingRead Want = iota // an error, or an answer without rows
	Refused                 // an error
	// Undone is a batch of a write and of a read that fails for certain, with the code UndoneBy: whatever becomes of the write, nothing is kept. It got through when the write
	// was not what failed, or failed at a constraint, which is looked at after rights and policies.
	Undone
)

// UndoneBy is the code of the read at the end of a batch: one row was wanted, and there is none.
const UndoneBy = "PGRST116"

// Attempts are made of what an audit says nobody of a role can do: to read what is closed, to select, filter and order by columns without a right, to write, and to call functions.
// None changes anything: reads are GETs, and writes are in batches that fail at their end, with a read of something that the role may read. A role that may read nothing
// is not given any.
func (a *Audit) Attempts() []Attempt {
	var out []Attempt
	for _, role := range visitors {
		end := a.nothing(role)
		for _, r := range a.Relations {
			out = append(out, r.attempts(role, end)...)
		}
	}
	for _, f := range a.Functions {
		name, types, _ := strings.Cut(f.Name, "(")
		schema, name, _ := strings.Cut(name, ".")
		for _, role := range visitors {
			if types == ")" && !slices.Contains(f.Callers, role) {
				out = append(out, Attempt{Role: role, Object: f.Name, What: "call it", Method: "GET", Path: "/rest/v1/rpc/" + url.PathEscape(name), Schema: schema, Want: Refused})
			}
		}
	}
	return out
}

// nothing is a read of no row, by a role that may read the relation; "" when there is none.
func (a *Audit) nothing(role string) string {
	for _, r := range a.Relations {
		schema, name, _ := strings.Cut(r.Name, ".")
		w := r.Reach[role]["select"]
		if r.Kind != "table" || w.Rows == NotServed.String() || len(w.Columns) == 0 {
			continue
		}
		c := w.Columns[0]
		q := url.Values{"select": {c}, c: {"is.null", "not.is.null"}}
		return `{"method":"GET","path":"/` + url.PathEscape(name) + "?" + q.Encode() + `","headers":{"Accept":"application/vnd.pgrst.object+json","Accept-Profile":` + jsonName(schema) + `}}`
	}
	return ""
}

func (r *Relation) attempts(role, end string) (out []Attempt) {
	schema, name, _ := strings.Cut(r.Name, ".")
	path := "/" + url.PathEscape(name)
	add := func(want Want, what, method, path, body string) {
		out = append(out, Attempt{Role: role, Object: r.Name, What: what, Method: method, Path: path, Body: body, Schema: schema, Want: want})
	}
	all := r.Reach["service_role"]["select"].Columns
	way, reads := r.Reach[role]["select"]
	if !reads || way.Rows == NotServed.String() {
		add(NothingRead, "read it", "GET", "/rest/v1"+path+"?limit=1", "")
	} else if len(way.Columns) > 0 {
		for _, c := range all {
			if slices.Contains(way.Columns, c) {
				continue
			}
			for _, q := range []url.Values{{"select": {c}}, {"select": {way.Columns[0]}, c: {"is.null"}}, {"select": {way.Columns[0]}, "order": {c}}} {
				q.Set("limit", "1")
				add(Refused, "read, filter or order by its column "+c, "GET", "/rest/v1"+path+"?"+q.Encode(), "")
			}
		}
	}
	write := func(what string, requests ...string) {
		if end == "" || len(requests) == 0 {
			return
		}
		var bodies []string
		for _, r := range requests {
			bodies = append(bodies, `[`+r+`,`+end+`]`)
		}
		add(Undone, what, "POST", "/rest/v1/batch", bodies[0])
		out[len(out)-1].Other = bodies[1:]
	}
	closed := func(command string) bool {
		w, ok := r.Reach[role][command]
		return r.Kind == "table" && (!ok || w.Rows == NotServed.String())
	}
	if closed("insert") {
		write("insert a row", `{"method":"POST","path":"`+path+`","headers":{"Prefer":"return=minimal"},"body":{}}`)
	}
	if closed("update") {
		var list []string
		for _, c := range all {
			list = append(list, `{"method":"PATCH","path":"`+path+`","headers":{"Prefer":"handling=strict, max-affected=0"},"body":{`+jsonName(c)+`:null}}`)
		}
		write("change rows", list...)
	}
	if closed("delete") {
		write("delete rows", `{"method":"DELETE","path":"`+path+`","headers":{"Prefer":"handling=strict, max-affected=0"}}`)
	}
	return out
}

// jsonName is a name as JSON; names of columns hold no control characters that PostgreSQL lets through but do hold quotes.
func jsonName(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(name) + `"`
}
