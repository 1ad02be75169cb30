package rest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

// prepared runs a test over each engine, on a database that can keep answers.
func prepared(t *testing.T, o rest.Options, f func(t *testing.T, h http.Handler, e engine.Engine)) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		e, err := postgres.Open(t.Context(), postgres.Options{URL: clustertest.Database(t)})
		f(t, door(t, e, err, o), e)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
		f(t, door(t, e, err, o), e)
	})
}

func TestKeptAnswers(t *testing.T) {
	prepared(t, rest.Options{KeepAnswers: time.Hour, Limits: rest.Limits{KeptAnswer: 300, Key: 40}}, keptAnswers)
}

func keptAnswers(t *testing.T, h http.Handler, e engine.Engine) {
	check := func(request, want string, headers ...string) {
		t.Helper()
		if got := call(h, request, headers...); got != want {
			t.Errorf("%s\n got %s\nwant %s", request, got, want)
		}
	}
	script := func(text string) {
		t.Helper()
		if err := e.Script(context.Background(), engine.Script{Text: text}, ignore{}); err != nil {
			t.Fatal(err)
		}
	}
	// Functions that may write, for all that their names tell.
	script(`create function octets_kept() returns bytea language sql as $$ select '\xff00'::bytea $$;
		create function add_kept(a int) returns int language sql as $$ select a + 1 $$`)
	replayed := "Idempotency-Replayed"
	bytes := "POST /rpc/octets_kept\nAccept: application/octet-stream\nIdempotency-Key: \"bytes\""
	check(bytes, "OK |  | application/octet-stream | \xff\x00", replayed, "Content-Type")
	check(bytes, "OK | true | application/octet-stream | \xff\x00", replayed, "Content-Type")
	// Keys as clients write them.
	for _, key := range []string{`"a \"b\" \\c"`, ` "a \"b\" \\c" `, `"a \"b\" \\c";p=1`} {
		want := "true"
		if key[0] == '"' && key[len(key)-1] == '"' {
			want = ""
		}
		check("POST /rpc/add_kept\nIdempotency-Key: "+key+"\n\n{\"a\":2}", "OK | "+want+" | 3", replayed)
	}
	for key, why := range map[string]string{
		`"a`: "is not well formed", `"a\x"`: "is not well formed", `"a" b`: "is not well formed", `a"b"`: "is not well formed", `a;b`: "is not well formed", `""`: "is empty",
		"\"\x7f\"": "holds characters that are not printable ASCII", "\u00e4": "holds characters that are not printable ASCII",
		strings.Repeat("k", 41): "is longer than the server allows", `"` + strings.Repeat("k", 41) + `"`: "is longer than the server allows",
	} {
		check("POST /labels\nIdempotency-Key: "+key+"\n\n{\"code\":\"no\"}", `Bad Request | {"code":"MS422","details":null,"hint":"Send one text of your own for each write, such as a UUID in quotes.","message":"the header Idempotency-Key `+why+`"}`)
	}
	check("POST /labels\nIdempotency-Key: \"large\"\nPrefer: return=representation\n\n[{\"code\":\""+strings.Repeat("x", 300)+"\"}]",
		`Request Entity Too Large | {"code":"MS422","details":null,"hint":"Ask for less: Prefer: return=minimal, or fewer columns with select.","message":"the answer is larger than the 300 bytes that are kept for a repetition"}`)
	check("GET /labels", "OK | []")
	// Of several at a time one happens.
	var group sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[string]int{} // guarded by mu
	for range 5 {
		group.Go(func() {
			got := call(h, "POST /projects\nIdempotency-Key: \"together\"\n\n{\"name\":\"once\"}", replayed)
			mu.Lock()
			defer mu.Unlock()
			outcomes[got]++
		})
	}
	group.Wait()
	if outcomes["Created | "] != 1 || outcomes["Created | true"] != 4 {
		t.Errorf("outcomes: %v", outcomes)
	}
	check("HEAD /projects?name=eq.once\nPrefer: count=exact", "OK | 0-0/1", "Content-Range")
	// What is kept no longer is made again.
	script("update mainstay.answers set expires = now() - interval '1 second'")
	check(bytes, "OK |  | \xff\x00", replayed)
}

// A database that was not prepared keeps nothing, and says so rather than doing it twice.
func TestKeysNeedAPreparedDatabase(t *testing.T) {
	e, err := postgres.Open(t.Context(), postgres.Options{URL: clustertest.Database(t), AsIs: true})
	h := door(t, e, err, rest.Options{})
	got := call(h, "POST /labels\nIdempotency-Key: a\n\n{\"code\":\"a\"}")
	if !strings.HasPrefix(got, `Bad Request | {"code":"0A000"`) {
		t.Error(got)
	}
	if got := call(h, "GET /labels"); got != "OK | []" {
		t.Error(got)
	}
}

func TestLimitsOfBatches(t *testing.T) {
	doors(t, rest.Options{MaxRows: 2, Limits: rest.Limits{Body: 400, URL: 60, Batch: 3, Answer: 150, Params: 2}}, limitsOfBatches)
}

func limitsOfBatches(t *testing.T, h http.Handler) {
	check := func(body, want string) {
		t.Helper()
		if got := call(h, "POST /batch\n\n"+body); !strings.HasPrefix(got, want) {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
	one := `{"method":"GET","path":"/clients?select=id"}`
	check("["+one+","+one+","+one+"]", "OK | [")
	check("["+one+","+one+","+one+","+one+"]", `Request Entity Too Large | {"code":"MS400","details":null,"hint":null,"message":"the batch has more than 3 requests"}`)
	check("["+one+strings.Repeat(" ", 400)+"]", `Request Entity Too Large | {"code":"PGRST102"`)
	// Each request is bounded as one alone is.
	check(`[{"method":"GET","path":"/clients?id=eq.`+strings.Repeat("1", 60)+`"}]`, `Request URI Too Long | {"code":"PGRST100","details":null,"hint":null,"message":"the request URL is longer than 60 bytes","index":0}`)
	check("["+one+`,{"method":"GET","path":"/clients?id=gt.1&id=gt.1&id=gt.1"}]`, `Bad Request | {"code":"PGRST100"`)
	if got := call(h, `POST /batch`+"\n\n"+`[{"method":"GET","path":"/projects?select=id&order=id"}]`); !strings.Contains(got, `"body":[{"id":1}, `+"\n"+` {"id":2}]}]`) || !strings.Contains(got, `"warning":"299`) {
		t.Error(got)
	}
	// The answers are bounded together.
	wide := `{"method":"GET","path":"/projects?id=lt.3"}`
	check("["+wide+"]", "OK | [")
	check("["+wide+","+wide+"]", `Request Entity Too Large | {"code":"54000","details":null,"hint":null,"message":"the answers of the batch are larger than 150 bytes","index":1}`)
	if got := call(h, "POST /batch\n\n["+wide+`,{"method":"GET","path":"/clients?id=eq.7"}]`); !strings.HasPrefix(got, "OK | [") {
		t.Error(got)
	}
	check(`[{"method":"GET","path":"/clients?select=a:name,b:name,c:name,d:name&limit=1","headers":{"Accept":"text/csv"}},`+wide+`]`, `Request Entity Too Large | {"code":"54000"`)
	long := `"` + strings.Repeat("x", 199) + `"`
	check(`[{"method":"GET","path":"/clients?select=id","id":`+long+`}]`, `Bad Request | {"code":"MS400","details":null,"hint":null,"message":"the id is not a text or number of at most 200 bytes","index":0}`)
}

// What a key decides is said of the batch, not of the request in it that could not be planned.
func TestKeysAreTheBatches(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, h http.Handler, _ engine.Engine) {
		for _, body := range []string{`[{"method":"GET","path":"/nowhere"}]`, `[{"method":"POST","path":"/labels","body":{"code":"a","n":0}}]`} {
			if got := call(h, "POST /batch\nIdempotency-Key: \"first\"\n\n"+body); !strings.Contains(got, `"index":0`) {
				t.Errorf("%s: %s", body, got)
			}
		}
		if got := call(h, "POST /batch\nIdempotency-Key: \"k\"\n\n"+`[{"method":"POST","path":"/labels","body":{"code":"b"}}]`); !strings.HasPrefix(got, "OK") {
			t.Fatal(got)
		}
		got := call(h, "POST /batch\nIdempotency-Key: \"k\"\n\n"+`[{"method":"GET","path":"/nowhere"}]`)
		if !strings.HasPrefix(got, `Unprocessable Entity | {"code":"MS422"`) || strings.Contains(got, "index") {
			t.Error(got)
		}
	})
}

// A retried is an engine whose first attempt at a transaction comes to nothing, and which is overtaken by another request before the second.
type retried struct {
	engine.Engine
	meanwhile func()
}

func (e *retried) Transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	if meanwhile := e.meanwhile; meanwhile != nil {
		e.meanwhile = nil
		_ = e.Engine.Transact(ctx, o, func(tx engine.Tx) error {
			_ = f(tx) // what it leaves in the door is what matters
			return errors.New("lost")
		})
		meanwhile()
	}
	return e.Engine.Transact(ctx, o, f)
}

// A later attempt may find what another request has done under the key: nothing of an attempt before is left in the answer.
func TestAttemptsLeaveNothing(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, _ http.Handler, e engine.Engine) {
		again := &retried{Engine: e}
		h := owners(again, rest.Options{})
		attempt := func(request, meanwhile string) string {
			again.meanwhile = func() {
				if got := call(h, meanwhile); !strings.HasPrefix(got, "Created") && !strings.HasPrefix(got, "OK") {
					t.Errorf("%s: %s", meanwhile, got)
				}
			}
			return call(h, request, "Idempotency-Replayed")
		}
		project := "POST /projects\nPrefer: return=representation\nIdempotency-Key: \"a\"\n\n{\"name\":\"a\"}"
		if got, kept := attempt(project, project), call(h, project, "Idempotency-Replayed"); got != kept || !strings.HasPrefix(got, "Created | true | [{") {
			t.Errorf("got %s, kept is %s", got, kept)
		}
		batch := func(body string) string { return "POST /batch\nIdempotency-Key: \"b\"\n\n" + body }
		got := attempt(batch(`[{"method":"POST","path":"/labels","body":{"code":"b","n":0}}]`), batch(`[{"method":"POST","path":"/labels","body":{"code":"c"}}]`))
		if !strings.HasPrefix(got, `Unprocessable Entity |  | {"code":"MS422"`) || strings.Contains(got, "index") {
			t.Error(got)
		}
	})
}

// A batch that only reads holds up no writer: it is a snapshot, also where it calls functions by POST.
func TestBatchesOfReadsAreSnapshots(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, _ http.Handler, e engine.Engine) {
		asked := &options{Engine: e}
		h := owners(asked, rest.Options{})
		for _, c := range []struct {
			parts    string
			readOnly []bool
		}{
			{`{"method":"GET","path":"/clients"},{"method":"HEAD","path":"/clients"}`, []bool{true}},
			{`{"method":"GET","path":"/clients"},{"method":"POST","path":"/rpc/by_client","body":{"c":1}}`, []bool{true}},
			{`{"method":"GET","path":"/clients"},{"method":"PATCH","path":"/clients?id=eq.0","body":{"name":"x"}}`, []bool{false}},
		} {
			asked.seen = nil
			if got := call(h, "POST /batch\n\n["+c.parts+"]"); !strings.HasPrefix(got, "OK") || !slices.Equal(asked.seen, c.readOnly) {
				t.Errorf("%s: read only %v, want %v: %s", c.parts, asked.seen, c.readOnly, got)
			}
		}
	})
}

// options notes which transactions only read.
type options struct {
	engine.Engine
	seen []bool
}

func (o *options) Transact(ctx context.Context, x engine.TxOptions, f func(engine.Tx) error) error {
	o.seen = append(o.seen, x.ReadOnly)
	return o.Engine.Transact(ctx, x, f)
}

// The unit of a Range is part of what is asked.
func TestKeysTellUnitsApart(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, h http.Handler, _ engine.Engine) {
		const write = "POST /labels\nIdempotency-Key: \"unit\"\nRange-Unit: "
		if got := call(h, write+"items\n\n{\"code\":\"u\"}"); !strings.HasPrefix(got, "Created") {
			t.Fatal(got)
		}
		if got := call(h, write+"bytes\n\n{\"code\":\"u\"}"); !strings.HasPrefix(got, "Unprocessable Entity") {
			t.Error(got)
		}
	})
}
