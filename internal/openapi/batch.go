package openapi

import "slices"

const (
	batchName = "batch"
	batchPath = "/rest/v1/" + batchName
)

// batch describes the operation that runs several requests in one transaction.
func (d *document) batch() object {
	text := object{"type": "string", "maxLength": maxLength}
	headers := object{"type": "object", "additionalProperties": text}
	id := object{"description": "Repeated in the answer.", "type": []string{"string", "number", "null"}, "maxLength": 198}
	request, answer := d.component("batch", ".Request"), d.component("batch", ".Answer")
	d.schemas[request] = object{
		"type": "object", "required": []string{"method", "path"}, "additionalProperties": false,
		"properties": object{
			"id":      id,
			"method":  object{"type": "string", "enum": []string{"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"}},
			"path":    object{"type": "string", "description": "Below /rest/v1, with its query.", "pattern": "^/[^/]", "maxLength": maxURL, "examples": []string{"/rpc/add?a=1"}},
			"headers": headers,
			"body":    object{"description": "JSON; of another Content-Type, its text."},
		},
	}
	d.schemas[answer] = object{
		"type": "object", "required": []string{"status", "headers", "body"},
		"properties": object{
			"id": id, "status": object{"type": "integer", "format": "int32", "minimum": 200, "maximum": 999},
			"headers":  object{"type": "object", "description": "By their names in lower case: etag, content-range.", "propertyNames": object{"pattern": "^[^A-Z]*$"}, "additionalProperties": text},
			"body":     object{"description": "JSON; of another media type, its text, in base64 where encoding says so."},
			"encoding": object{"type": "string", "enum": []string{"base64"}},
		},
	}
	requests := object{"schema": object{"type": "array", "items": ref("schemas", request), "minItems": 1, "maxItems": d.o.MaxBatch}}
	forms := object{"application/vnd.mainstay.batch+json": requests}
	// Plain JSON is for a relation of that name, where there is one.
	if !slices.ContainsFunc(d.o.Schemas, func(schema string) bool { return d.cat.Table(schema, batchName) != nil }) {
		forms["application/json"] = requests
	}
	done := object{
		"description": "What each request was answered, in order",
		"content":     object{"application/json": object{"schema": object{"type": "array", "items": ref("schemas", answer), "maxItems": d.o.MaxBatch}}},
		"headers":     tell("Preference-Applied", replayed),
	}
	return object{"post": object{
		"operationId": "batch", "tags": []string{"Batch"}, "summary": "Run several requests in one transaction",
		"description": "All of them happen, or none: then the answer is the error of the one that failed, with its `index` and `id`. Reads see what the requests before them wrote.",
		"parameters":  d.parameters("idempotencyKey"),
		"requestBody": object{"required": true, "content": forms},
		"responses":   answers(object{"200": done, "default": ref("responses", "Raised")}, "409", "412", "416", "422"),
	}}
}
