package openapi

import "maps"

// Bounds that the document tells where nothing narrower holds.
const (
	maxItems  = 1_000_000
	maxLength = 10 << 20 // a request's body
	maxURL    = 64 << 10
)

// sharedSchemas are the components that every document has.
func sharedSchemas() object {
	text := object{"type": "string", "maxLength": maxLength}
	return object{
		"Error": object{
			"type": "object", "description": "What went wrong. The code is a SQLSTATE of PostgreSQL or one of the REST dialect.",
			"required": []string{"code", "message"},
			"properties": object{
				"code": text, "message": text, "hint": object{"type": []string{"string", "null"}, "maxLength": maxLength},
				"details": object{"description": "Text, or the choices of an ambiguous request.", "type": []string{"string", "array", "null"}, "items": object{}, "maxLength": maxLength, "maxItems": maxItems},
			},
			"examples": []object{{"code": "22P02", "details": nil, "hint": nil, "message": `invalid input syntax for type integer: "x"`}},
		},
		"Row": object{"description": "A row or value, in the form that was selected."},
		"KeySet": object{"type": "object", "description": "Public keys (RFC 7517).", "required": []string{"keys"}, "properties": object{
			"keys": object{"type": "array", "items": object{"type": "object"}, "maxItems": 100},
		}},
	}
}

// errorResponses are the failures, by status.
var errorResponses = []struct{ status, name, words string }{
	{"300", "Ambiguous", "More than one relationship or function fits: details lists them"},
	{"400", "BadRequest", "The request cannot be understood, or a value does not fit"},
	{"401", "Unauthorized", "The credentials are missing or wrong, or anonymous callers may not do this"},
	{"403", "Forbidden", "The caller may not do this"},
	{"404", "NotFound", "There is no such relation or function"},
	{"405", "MethodNotAllowed", "The method does not suit what it is for"},
	{"406", "NotAcceptable", "No such form, schema or single row"},
	{"409", "Conflict", "The change contradicts other data"},
	{"412", "PreconditionFailed", "What If-Match or If-None-Match demands is not so"},
	{"413", "TooLarge", "The body or the answer is larger than the server allows"},
	{"414", "URITooLong", "The URL is longer than the server allows"},
	{"415", "UnsupportedMediaType", "The body has a form that is not read"},
	{"416", "RangeNotSatisfiable", "There are fewer rows than the offset"},
	{"422", "OtherRequest", "The Idempotency-Key was used for another request"},
	{"429", "TooMany", "One caller asks for more than their share at a time"},
	{"500", "Failed", "The statement failed, or the server did"},
	{"503", "Unavailable", "The database cannot be reached, or all callers together ask for more than gets done"},
}

func errorContent() object {
	return object{"application/json": object{"schema": ref("schemas", "Error")}}
}

func sharedResponses() object {
	out := object{"Raised": object{"description": "What the function itself has raised, with a status of its choice", "content": errorContent(), "headers": tell()}}
	for _, e := range errorResponses {
		out[e.name] = object{"description": e.words, "content": errorContent(), "headers": tell()}
	}
	return out
}

// answers completes the responses of an operation with its failures: those that any has, and more.
func answers(out object, more ...string) object {
	for _, e := range errorResponses {
		if e.status != "409" && e.status != "412" && e.status != "416" && e.status != "422" {
			out[e.status] = ref("responses", e.name)
		}
		for _, m := range more {
			if m == e.status {
				out[e.status] = ref("responses", e.name)
			}
		}
	}
	return out
}

// content is an answer with rows, in every form that they can have.
func content(words string, all, one object) object {
	forms := object{
		"application/json": object{"schema": all}, "application/vnd.pgrst.object+json": object{"schema": one},
		"text/csv": object{"schema": object{"type": "string", "maxLength": maxLength}}, "application/x-ndjson": lines(),
	}
	return object{"description": words, "content": forms, "headers": tell("Content-Range", "Preference-Applied", "Content-Location", "ETag", "Next-Cursor", "Link", replayed)}
}

// lines is a body of JSON values, one a line.
func lines() object {
	return object{"schema": object{"type": "string", "description": "A row a line.", "maxLength": maxLength}}
}

// unchanged is the answer to a read whose client has it already.
func unchanged() object {
	return object{"description": "The client has it already: If-None-Match names its entity tag", "headers": tell("ETag", "Content-Range", "Preference-Applied", "Content-Location")}
}

func done(words string) object {
	return object{"description": words, "headers": tell("Content-Range", "Preference-Applied", replayed)}
}

// tell names the headers of an answer; every answer has those of CORS.
func tell(names ...string) object {
	out := object{origin: ref("headers", origin)}
	for _, n := range names {
		out[n] = ref("headers", n)
	}
	return out
}

const (
	origin   = "Access-Control-Allow-Origin"
	replayed = "Idempotency-Replayed"
)

func sharedHeaders() object {
	header := func(words string) object {
		return object{"description": words, "schema": object{"type": "string", "maxLength": maxURL}}
	}
	return object{
		origin:               header("*, for a request with Origin: callers are known by headers, never by cookies"),
		"Content-Range":      header("first-last/total: which rows, counted from 0, and of how many when a count was asked for; * where not known"),
		"Preference-Applied": header("The preferences that were honoured (RFC 7240)"),
		replayed:             header("true: the answer is that of an earlier request with the same Idempotency-Key, and nothing happened now"),
		"Content-Location":   header("The request in its canonical form"),
		"Next-Cursor":        header("Of a page by cursor that is not the last: what the next one begins with"),
		"Link":               header("Of a page by cursor that is not the last: the next one (RFC 8288)"),
		"ETag":               header("Of a read: a strong entity tag of the answer, for If-None-Match and If-Match"),
	}
}

// optional is an example of a parameter that is not sent unless the reader of the interactive reference says so: all filters at once would find nothing.
func optional(value string) object { return object{"value": value, "x-disabled": true} }

func (d *document) sharedParameters() object {
	parameter := func(in, name, words, example string) object {
		p := object{"name": name, "in": in, "required": false, "description": words, "schema": object{"type": "string", "maxLength": maxURL}}
		if example != "" {
			p["examples"] = object{"example": optional(example)}
		}
		return p
	}
	number := func(name, words string) object {
		return object{"name": name, "in": "query", "required": false, "description": words, "schema": object{"type": "integer", "format": "int64", "minimum": 0, "maximum": 9223372036854775807}}
	}
	profile := func(name string) object {
		return object{"name": name, "in": "header", "required": false, "description": "The schema; the first one when not given.", "schema": object{"type": "string", "enum": d.o.Schemas}}
	}
	out := object{
		"select":      parameter("query", "select", "Columns and related rows: name, alias:name, name::type, relation(columns). A renamed or cast column has its own name and type in the answer.", "*"),
		"order":       parameter("query", "order", "column.asc or column.desc, with .nullsfirst or .nullslast; several by commas.", ""),
		"limit":       number("limit", "At most so many rows."),
		"offset":      number("offset", "Rows to leave out first."),
		"and":         parameter("query", "and", "Conditions that must all hold: (a.eq.1,b.gt.2).", ""),
		"or":          parameter("query", "or", "Conditions of which one must hold: (a.eq.1,b.gt.2).", ""),
		"columns":     parameter("query", "columns", "The columns to write; other keys of the body are left out.", ""),
		"on_conflict": parameter("query", "on_conflict", "Columns of the unique key by which resolution works.", ""),
		"range":       parameter("header", "Range", "first-last: the rows to answer, counted from 0.", "0-9"),
		"ifNoneMatch": parameter("header", "If-None-Match", "Entity tags of answers that the client has: 304 when one is still right.", ""),
		"ifMatch":     parameter("header", "If-Match", "Entity tags of a read of the same URL, or *: the write is done only when the caller would still read one of them, else 412.", ""),
		"onlyNew":     parameter("header", "If-None-Match", "*: rows are only made, and nothing that is there is changed, else 412.", ""),
		"preferRead":  parameter("header", "Prefer", "count=exact, planned or estimated; cursor, or cursor=… of the page before, for pages; handling=strict; timezone=… (RFC 7240).", "count=exact"),
		"preferWrite": parameter("header", "Prefer", "return=representation, minimal or headers-only; resolution=merge-duplicates or ignore-duplicates; missing=default; nested=write for rows that hold those of other tables; max-affected=n with handling=strict; count=exact.", "return=representation"),
		"preferCall":  parameter("header", "Prefer", "count=exact; max-affected=n with handling=strict; timezone=….", "count=exact"),
	}
	out["idempotencyKey"] = parameter("header", "Idempotency-Key", "A name of your own for this request, such as a UUID in quotes: it happens once, and sent again gets the answer that it had.", "")
	if len(d.o.Schemas) > 1 {
		out["acceptProfile"], out["contentProfile"] = profile("Accept-Profile"), profile("Content-Profile")
	}
	maps.DeleteFunc(out, func(name string, _ any) bool { return !d.used[name] })
	return out
}

// fixedPaths are those of the server itself, the same for everyone. They ask for no key.
func fixedPaths() object {
	get := func(id, words string, responses object) object {
		return object{"get": object{"operationId": id, "tags": []string{"Server"}, "summary": words, "description": words + ".", "security": []object{{}}, "responses": responses}}
	}
	failed := func(out object, names ...string) object {
		for _, e := range errorResponses {
			for _, n := range names {
				if e.status == n {
					out[n] = ref("responses", e.name)
				}
			}
		}
		return out
	}
	empty := func(words string) object { return object{"description": words, "headers": tell()} }
	return object{
		"/health/live":  get("live", "Says that the process runs", object{"200": empty("It runs"), "413": ref("responses", "TooLarge")}),
		"/health/ready": get("ready", "Says whether requests can be served", failed(object{"200": empty("They can")}, "413", "503")),
		"/auth/v1/.well-known/jwks.json": get("keys", "The public keys that verify this server's tokens", failed(object{
			"200": object{"description": "The keys", "content": object{"application/json": object{"schema": ref("schemas", "KeySet")}}, "headers": tell()}}, "413")),
		"/openapi.json": get("description", "This document, as the caller's rights make it", failed(object{
			"200": object{"description": "The document", "content": object{"application/json": object{"schema": object{"type": "object"}}}, "headers": tell()}}, "401", "403", "406", "413")),
	}
}
