// Package openapi describes the server to programs and people: an OpenAPI 3.1 document of what a role may do, made from the catalog.
//
// Main types: Options and Document, which makes the text. The documents are valid by themselves (they refer to nothing outside) and say what each
// operation takes and every status that it answers.
//
// Invariants: pure functions of a catalog; nothing is named that the role has no right on, as in the 2.0 document of the REST door's root; equal
// input gives equal bytes.
package openapi

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Options say for whom the document is, and of what.
type Options struct {
	Title   string
	Schema  string   // the schema that is described
	Schemas []string // those that are served; with several, operations take the profile headers
	Role    string
	// Serves says whether the role is served the table at all; nil serves all.
	Serves func(t *catalog.Table, role string) bool
	// MaxRows is the most rows of an answer; 0 is no bound.
	MaxRows int64
	// MaxBatch is the most requests of a batch.
	MaxBatch int
}

// object is a JSON object; its keys are written in alphabetical order.
type object = map[string]any

// Document makes the description, as JSON.
func Document(cat *catalog.Catalog, o Options) ([]byte, error) {
	d := &document{cat: cat, o: o, schemas: sharedSchemas(), names: map[string]string{}, used: map[string]bool{}}
	for name := range d.schemas {
		d.names[name] = "\x00"
	}
	paths := fixedPaths()
	tags := []object{{"name": "Server", "description": "The server itself: its health, its keys, this document."}}
	if cat.CanSchema(o.Role, o.Schema, catalog.PrivUsage) {
		for t := range cat.Tables() {
			if t.Schema != o.Schema || t.IsPartition || o.Serves != nil && !o.Serves(t, o.Role) {
				continue
			}
			if item := d.table(t); len(item) > 0 {
				paths["/rest/v1/"+url.PathEscape(t.Name)] = item
				tags = append(tags, object{"name": t.Name, "description": or(t.Comment, "The rows of "+t.Name+".")})
			}
		}
		if paths[batchPath] == nil { // else a table has the name
			paths[batchPath] = d.batch()
			tags = append(tags, object{"name": "Batch", "description": "Several requests in one transaction."})
		}
		called := map[string]bool{}
		for f := range cat.AllFunctions() {
			if f.Schema != o.Schema || called[f.Name] {
				continue
			}
			overloads := slices.DeleteFunc(slices.Clone(cat.Functions(f.Schema, f.Name)), func(f *catalog.Function) bool {
				return !plan.Callable(f) || !cat.CanExecute(o.Role, f)
			})
			called[f.Name] = true
			if len(overloads) > 0 {
				paths["/rest/v1/rpc/"+url.PathEscape(f.Name)] = d.function(overloads)
			}
		}
		if len(called) > 0 {
			tags = append(tags, object{"name": "Functions", "description": "Functions of the database, called with named arguments."})
		}
	}
	parameters := d.sharedParameters()
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title": or(o.Title, "API"), "version": "1",
			"description": d.introduction(),
			"contact":     object{"name": "The owner of this server"},
			"license":     object{"name": "By agreement with the owner of this server"},
		},
		"servers":  []object{{"url": "/", "description": "This server, local or in production", "x-internal": false}},
		"tags":     tags,
		"paths":    paths,
		"security": []object{{"apikey": []string{}}, {"apikey": []string{}, "bearer": []string{}}},
		"components": object{
			"schemas":    d.schemas,
			"responses":  sharedResponses(),
			"parameters": parameters,
			"headers":    sharedHeaders(),
			"securitySchemes": object{
				"apikey": object{"type": "apiKey", "in": "header", "name": "apikey", "description": "The project's publishable key, or its secret key on servers of your own."},
				"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A user's access token: requests are made as that user. Tokens follow RFC8725."},
			},
		},
	})
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

type document struct {
	cat     *catalog.Catalog
	o       Options
	schemas object            // components, by name
	names   map[string]string // of components, to what has the name
	used    map[string]bool   // shared parameters that an operation refers to
}

// parameters refers to shared parameters.
func (d *document) parameters(names ...string) []any {
	var list []any
	for _, n := range names {
		d.used[n] = true
		list = append(list, ref("parameters", n))
	}
	return list
}

func (d *document) introduction() string {
	text := "What the role " + d.o.Role + " may do. Rows are read and written as in the REST dialect of the Supabase clients; which rows, row-level security decides."
	if s := d.cat.Schema(d.o.Schema); s != nil && s.Comment != "" && s.Name != "public" {
		text = s.Comment + "\n\n" + text
	}
	return text
}

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// component gives a name for a component that no other one has, of the letters that a component may have.
func (d *document) component(of, suffix string) string {
	name := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, of) + suffix
	for d.names[name] != "" && d.names[name] != of+"\x00"+suffix {
		name += "-"
	}
	d.names[name] = of + "\x00" + suffix
	return name
}

// table describes what may be done with a relation.
func (d *document) table(t *catalog.Table) object {
	item := object{}
	read := d.cat.CanAnyColumn(d.o.Role, t, catalog.PrivSelect)
	rows := object{"type": "array", "items": ref("schemas", "Row"), "maxItems": maxItems}
	row := ref("schemas", "Row")
	if read {
		row = ref("schemas", d.define(t, "", catalog.PrivSelect))
		rows = object{"type": "array", "items": row, "maxItems": d.mostRows()}
	}
	filters := d.filters(t)
	operation := func(verb, words string, params []any) object {
		return object{
			"operationId": verb + "." + d.component("table."+t.Name, ""), "tags": []string{t.Name}, "summary": words + " " + t.Name,
			"description": or(t.Comment, words+" "+t.Name+".") + d.notes(t), "parameters": append(d.profile(verb), params...),
		}
	}
	if read {
		get := operation("read", "Read rows of", append(slices.Clone(filters), d.parameters("select", "order", "limit", "offset", "and", "or", "range", "ifNoneMatch", "preferRead")...))
		get["responses"] = answers(object{"200": content("The rows", rows, row), "206": content("A part of the rows that were counted", rows, row), "304": unchanged()}, "412", "416")
		item["get"] = get
	}
	returned := func(code, words string) object {
		if !read {
			return object{code: done(words)}
		}
		return object{code: content(words+", with their rows when asked for", rows, row)}
	}
	if t.Insertable && d.cat.CanAnyColumn(d.o.Role, t, catalog.PrivInsert) {
		body := ref("schemas", d.define(t, "Insert", catalog.PrivInsert))
		post := operation("create", "Create rows in", d.parameters("select", "columns", "on_conflict", "onlyNew", "preferWrite", "idempotencyKey"))
		post["requestBody"] = object{"required": true, "description": "A row, or an array of rows." + d.inside(t), "content": object{
			"application/json": object{"schema": object{"anyOf": []object{body, {"type": "array", "items": body, "maxItems": maxItems}}}},
			"text/csv":         object{"schema": object{"type": "string", "maxLength": maxLength}}, "application/x-ndjson": lines(),
		}}
		post["responses"] = answers(merge(returned("201", "Rows were created"), returned("200", "Rows were there and were merged or ignored")), "409", "412", "422")
		item["post"] = post
	}
	if t.Updatable && d.cat.CanAnyColumn(d.o.Role, t, catalog.PrivUpdate) {
		body := ref("schemas", d.define(t, "Update", catalog.PrivUpdate))
		patch := operation("update", "Change rows of", append(slices.Clone(filters), d.parameters("select", "columns", "and", "or", "ifMatch", "preferWrite", "idempotencyKey")...))
		patch["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": body}}}
		patch["responses"] = answers(merge(returned("200", "Rows were changed"), object{"204": done("Rows were changed")}), "409", "412", "422")
		item["patch"] = patch
	}
	if key := plan.PrimaryKey(d.cat, t); key != nil && t.Insertable && t.Updatable && d.cat.CanAnyColumn(d.o.Role, t, catalog.PrivInsert) && d.cat.CanAnyColumn(d.o.Role, t, catalog.PrivUpdate) {
		var conditions []any
		for _, p := range filters {
			if slices.Contains(key, p.(object)["name"].(string)) {
				required := maps.Clone(p.(object))
				required["required"] = true
				conditions = append(conditions, required)
			}
		}
		put := operation("put", "Create or replace a row of", append(conditions, d.parameters("select", "columns", "ifMatch", "onlyNew", "preferWrite", "idempotencyKey")...))
		put["requestBody"] = object{"required": true, "description": "The whole row; its key must be that of the URL." + d.inside(t), "content": object{
			"application/json": object{"schema": ref("schemas", d.define(t, "Insert", catalog.PrivInsert))},
		}}
		put["responses"] = answers(merge(merge(returned("200", "The row was replaced"), returned("201", "The row was created")), object{"204": done("The row is there")}), "409", "412", "422")
		item["put"] = put
	}
	if t.Deletable && d.cat.Can(d.o.Role, t, catalog.PrivDelete) {
		remove := operation("delete", "Delete rows of", append(slices.Clone(filters), d.parameters("select", "and", "or", "ifMatch", "preferWrite", "idempotencyKey")...))
		remove["responses"] = answers(merge(returned("200", "Rows were deleted"), object{"204": done("Rows were deleted")}), "409", "412", "422")
		item["delete"] = remove
	}
	return item
}

// inside tells which rows of other tables may be in a row to write, with Prefer: nested=write. Where several relationships lead to a table, the name has a hint.
func (d *document) inside(t *catalog.Table) string {
	count := map[*catalog.Table]int{}
	var list []*catalog.Relationship
	for _, r := range d.cat.Relationships(t) {
		holder := r.To
		if r.Junction != nil {
			holder = r.Junction
		}
		if r.Kind == catalog.Computed || r.To.Schema != d.o.Schema || !r.To.Insertable || !d.writes(r.To) || !d.writes(holder) {
			continue
		}
		list = append(list, &r)
		count[r.To]++
	}
	var names []string
	for _, r := range list {
		name := r.To.Name
		switch {
		case count[r.To] == 1, r.SelfRef && r.Kind == catalog.OneToMany:
		case r.SelfRef && r.Junction == nil:
			name = r.Constraint
		case r.Junction != nil:
			name += "!" + r.Junction.Name
		default:
			name += "!" + r.Constraint
		}
		form := "an object"
		if r.Kind == catalog.OneToMany || r.Kind == catalog.ManyToMany {
			form = "an array"
		}
		names = append(names, "`"+name+"` ("+form+")")
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return " With Prefer: nested=write a row may hold those that belong to it, in the form in which they are read: " + strings.Join(slices.Compact(names), ", ") + "."
}

// writes says whether the role may insert into the table through this server.
func (d *document) writes(t *catalog.Table) bool {
	return d.cat.CanAnyColumn(d.o.Role, t, catalog.PrivInsert) && (d.o.Serves == nil || d.o.Serves(t, d.o.Role))
}

// notes tell what a program cannot see in the types: relationships, by which rows of other tables are read along.
func (d *document) notes(t *catalog.Table) string {
	var names []string
	for _, r := range d.cat.Relationships(t) {
		if r.To != nil && r.To.Schema == d.o.Schema && d.cat.CanAnyColumn(d.o.Role, r.To, catalog.PrivSelect) && (d.o.Serves == nil || d.o.Serves(r.To, d.o.Role)) {
			names = append(names, "`"+r.To.Name+"`")
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "\n\nCan be read along, in `select`: " + strings.Join(slices.Compact(names), ", ") + "."
}

func (d *document) mostRows() int64 {
	if d.o.MaxRows > 0 {
		return d.o.MaxRows
	}
	return maxItems
}

// define makes the component of a table's rows, as they are read or written, and gives its name.
func (d *document) define(t *catalog.Table, use string, p catalog.Privilege) string {
	properties := object{}
	required := []string{}
	key := plan.PrimaryKey(d.cat, t)
	for _, c := range t.Columns {
		if !d.cat.CanColumn(d.o.Role, t, c, p) || use != "" && (c.Generated || c.Identity == 'a') {
			continue
		}
		schema := d.value(c.Type, !c.NotNull || t.Kind == catalog.View || t.Kind == catalog.MatView, 0)
		text := c.Comment
		if slices.Contains(key, c.Name) {
			text = strings.TrimSpace(text + "\n\nPart of the primary key.")
		}
		for _, k := range t.Constraints {
			if to := d.cat.TableByOID(k.RefTable); k.Kind == catalog.ForeignKey && len(k.Columns) == 1 && k.Columns[0] == c.Name && to != nil && to.Schema == d.o.Schema &&
				d.cat.CanAnyColumn(d.o.Role, to, catalog.PrivSelect) {
				text = strings.TrimSpace(text + "\n\nRefers to `" + to.Name + "." + k.RefColumns[0] + "`.")
			}
		}
		if text != "" {
			schema["description"] = text
		}
		if c.Generated || c.Identity == 'a' {
			schema["readOnly"] = true
		}
		properties[c.Name] = schema
		if use == "Insert" && c.NotNull && c.Identity == 0 && c.Default == nil && c.DefaultText == "" && !d.defaults(c.Type) && t.Kind != catalog.View {
			required = append(required, c.Name)
		}
	}
	s := object{"type": "object", "properties": properties}
	if use != "" {
		s["additionalProperties"] = false // an unknown column is PGRST204
	}
	if len(required) > 0 {
		s["required"] = required
	}
	name := d.component(t.Name, use)
	d.schemas[name] = s
	return name
}

// defaults says whether a domain has a default of its own.
func (d *document) defaults(r catalog.TypeRef) bool {
	t := d.cat.Type(r.OID)
	return t != nil && t.Default != nil
}

// reserved are the parameters that no filter can have as its name.
var reserved = []string{"select", "order", "limit", "offset", "and", "or", "columns", "on_conflict", "not.and", "not.or"}

func (d *document) filters(t *catalog.Table) []any {
	var list []any
	for _, c := range t.Columns {
		if slices.Contains(reserved, c.Name) || !d.cat.CanColumn(d.o.Role, t, c, catalog.PrivSelect) {
			continue
		}
		list = append(list, object{
			"name": c.Name, "in": "query", "required": false, "description": or(c.Comment, "A condition on "+c.Name+": operator.value."),
			"schema": object{"type": "string", "maxLength": maxURL}, "examples": object{"equal": optional("eq." + d.example(c.Type)), "null": optional("is.null")},
		})
	}
	return list
}

// profile are the headers by which a schema is chosen, of servers that serve several.
func (d *document) profile(verb string) []any {
	if len(d.o.Schemas) < 2 {
		return nil
	}
	name := "contentProfile"
	if verb == "read" {
		name = "acceptProfile"
	}
	return d.parameters(name)
}

// function describes a function with its overloads.
func (d *document) function(fs []*catalog.Function) object {
	name := fs[0].Name
	var bodies []object
	reads := false
	query := map[string]object{}
	var order []string
	for _, f := range fs {
		properties, required := object{}, []string{}
		whole := false
		for _, p := range f.Params {
			if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
				continue
			}
			if p.Name == "" {
				whole = true
				continue
			}
			needed := p.Default == nil && p.DefaultText == "" && p.Mode != sql.VariadicArg
			properties[p.Name] = d.value(p.Type, true, 0)
			if needed {
				required = append(required, p.Name)
			}
			if f.Volatility == 'v' {
				continue
			}
			if query[p.Name] == nil {
				order = append(order, p.Name)
				query[p.Name] = object{"name": p.Name, "in": "query", "required": needed && len(fs) == 1, "description": "Argument " + p.Name + ", as text.", "schema": object{"type": "string", "maxLength": maxURL}}
			}
		}
		reads = reads || f.Volatility != 'v'
		body := object{"type": "object", "properties": properties, "additionalProperties": false}
		if len(required) > 0 {
			body["required"] = required
		}
		if whole {
			body = object{"description": "The function's only argument is the body itself."}
		}
		bodies = append(bodies, body)
	}
	// Columns of a result can be filtered by: the names are the result's, so arguments come first.
	body := bodies[0]
	if len(bodies) > 1 {
		body = object{"anyOf": bodies}
	}
	component := d.component(name, ".Arguments")
	d.schemas[component] = body
	comment := ""
	for _, f := range fs {
		comment = or(comment, f.Comment)
	}
	responses := func(get bool) object {
		many, none := false, false
		var results []object
		for _, f := range fs {
			if f.Returns.OID == catalog.VoidOID {
				none = true
				continue
			}
			r, set := d.result(f)
			many = many || set
			results = append(results, r)
		}
		out := object{"default": ref("responses", "Raised")}
		if none {
			out["204"] = done("The function ran and returns nothing")
		}
		if len(results) > 0 {
			schema := results[0]
			if len(results) > 1 {
				schema = object{"anyOf": results}
			}
			out["200"] = content("What the function returns", schema, ref("schemas", "Row"))
			if many {
				out["206"] = content("A part of the rows that were counted", schema, ref("schemas", "Row"))
			}
		}
		if get && len(results) > 0 {
			out["304"] = unchanged()
			return answers(out, "409", "412", "416")
		}
		return answers(out, "409", "416", "422")
	}
	shared := d.parameters("select", "order", "limit", "offset", "preferCall")
	operation := func(verb string, params []any) object {
		return object{
			"operationId": verb + "." + d.component("function."+name, ""), "tags": []string{"Functions"}, "summary": "Call " + name, "description": or(comment, "Call "+name+"."),
			"parameters": append(params, shared...), "responses": responses(verb == "get"),
		}
	}
	post := operation("call", append(d.profile("call"), d.parameters("idempotencyKey")...))
	post["requestBody"] = object{"required": false, "content": object{"application/json": object{"schema": ref("schemas", component)}}}
	item := object{"post": post}
	if reads {
		params := d.profile("read")
		for _, n := range order {
			if !slices.Contains(reserved, n) {
				params = append(params, query[n])
			}
		}
		item["get"] = operation("get", append(params, d.parameters("ifNoneMatch")...))
	}
	return item
}

// result is the form of what a function returns, and whether it is a set.
func (d *document) result(f *catalog.Function) (object, bool) {
	properties := object{}
	outs := 0
	for _, p := range f.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.TableArg || p.Mode == sql.InOutArg {
			outs++
			if p.Name != "" {
				properties[p.Name] = d.value(p.Type, true, 0)
			}
		}
	}
	one := d.value(f.Returns, true, 0)
	if outs > 1 || outs == 1 && f.ReturnsSet {
		one = object{"type": []string{"object", "null"}, "properties": properties} // null beyond an offset
	}
	if !f.ReturnsSet {
		return one, false
	}
	return object{"type": "array", "items": one, "maxItems": d.mostRows()}, true
}

func merge(a, b object) object {
	maps.Copy(a, b)
	return a
}
