package crash

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/mainstay-dev/mainstay/test/campaign"
)

var histories = flag.Int("histories", 2, "how many histories of concurrent clients are checked")

// call is what a client asked. What is a register, list, unique or the bank; key is which of them.
type call struct {
	what, op string // get, put, cas or append; insert; transfer
	key      int64
	from, to int64
}

// answer is what came back. state is the text of what was read.
type answer struct {
	state   string
	yes     bool // of a cas or an insert: it was done
	unknown bool // no answer, or an error that leaves the outcome open
}

// step gives the states that a call can lead to from a state, none when the answer contradicts it.
func (c call) step(state string, a answer) []string {
	var after string
	possible := true
	switch c.op {
	case "get":
		if a.unknown || a.state == state {
			return []string{state}
		}
		return nil
	case "put":
		after = fmt.Sprint(c.to)
	case "append":
		after = state + fmt.Sprint(c.to) + ","
	case "cas":
		after, possible = fmt.Sprint(c.to), state == fmt.Sprint(c.from)
	case "insert":
		after, possible = fmt.Sprint(c.to), state == ""
	case "transfer":
		var b []int64
		if err := json.Unmarshal([]byte(state), &b); err != nil {
			panic(err)
		}
		b[c.from] -= 5
		b[c.to] += 5
		after = mustJSON(b)
	default:
		panic("crash: call " + c.op)
	}
	answersNo := c.op == "cas" || c.op == "insert"
	switch {
	case a.unknown && possible:
		return []string{state, after}
	case a.unknown, answersNo && !a.yes && !possible:
		return []string{state}
	case answersNo && !a.yes, !possible:
		return nil
	}
	return []string{after}
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// modelFrom is the one of everything that has one state at a time.
func modelFrom(first string) porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{first} },
		Step: func(state, in, out any) (next []any) {
			for _, s := range in.(call).step(state.(string), out.(answer)) {
				next = append(next, s)
			}
			return next
		},
		Equal: func(a, b any) bool { return a == b },
	}
	return m.ToModel()
}

// story is one history: clients that call, and a server that is killed meanwhile.
type story struct {
	base    int64 // keys of this story are above it
	bank    string
	clock   time.Time
	server  atomic.Pointer[child] // nil while none runs
	ended   atomic.Bool
	values  atomic.Int64
	clients atomic.Int64

	mu      sync.Mutex
	ops     []porcupine.Operation // guarded by mu
	kills   []int                 // likewise: the numbers of calls at which the server is killed
	kill    chan struct{}         // one for each of these
	keyed   map[int64]bool        // likewise: sales that were acknowledged
	unknown int                   // likewise
}

const (
	storyClients = 5
	storyKeys    = 2
	storyKills   = 2
	storyCalls   = 60 // of each client
)

// send makes a call. known is false when its outcome is open.
func (c call) send(s *child) (a answer, known bool) {
	text, err := "", error(nil)
	get := func(path string) {
		var rows []map[string]any
		if err = s.all(path, &rows); err != nil {
			return
		}
		switch {
		case c.what == "bank":
			var b []int64
			for _, r := range rows {
				b = append(b, int64(r["balance"].(float64)))
			}
			text = mustJSON(b)
		case len(rows) == 0:
		default:
			for _, column := range []string{"value", "items", "owner"} {
				switch v := rows[0][column].(type) {
				case float64:
					text = fmt.Sprint(int64(v))
				case string:
					text = v
				}
			}
		}
	}
	switch c.op {
	case "get":
		table := map[string]string{"register": "registers", "list": "lists", "unique": "uniques"}[c.what]
		if c.what == "bank" {
			get("accounts?select=balance&order=id")
		} else {
			get(fmt.Sprintf("%s?id=eq.%d", table, c.key))
		}
		return answer{state: text}, err == nil
	case "put":
		err = s.send("PATCH", fmt.Sprintf("/rest/v1/registers?id=eq.%d", c.key), fmt.Sprintf(`{"value":%d}`, c.to))
	case "append":
		err = s.send("POST", "/rest/v1/rpc/append", fmt.Sprintf(`{"p_id":%d,"p_item":"%d"}`, c.key, c.to))
	case "transfer":
		err = s.send("POST", "/rest/v1/rpc/transfer", fmt.Sprintf(`{"p_id":%d,"p_source":%d,"p_target":%d,"p_amount":5}`, c.key, c.from, c.to))
	case "cas":
		var rows []map[string]any
		err = s.returning("PATCH", fmt.Sprintf("/rest/v1/registers?id=eq.%d&value=eq.%d", c.key, c.from), fmt.Sprintf(`{"value":%d}`, c.to), &rows)
		return answer{yes: len(rows) == 1}, err == nil
	case "insert":
		var rows []map[string]any
		err = s.returning("POST", "/rest/v1/uniques", fmt.Sprintf(`{"id":%d,"owner":%d}`, c.key, c.to), &rows)
		if refused, ok := err.(*refusedError); ok && refused.status == 409 {
			return answer{}, true
		}
		return answer{yes: true}, err == nil
	}
	return answer{}, err == nil
}

// client calls until it has made its calls. An outcome that is open ends the client: another takes its place.
func (s *story) client(r *rand.Rand) {
	id := s.clients.Add(1)
	for range storyCalls {
		server := s.server.Load()
		for server == nil && !s.ended.Load() {
			<-time.After(time.Millisecond)
			server = s.server.Load()
		}
		if server == nil {
			return
		}
		c := call{key: s.base + 1 + r.Int64N(storyKeys), to: s.values.Add(1)}
		switch r.IntN(12) {
		case 0, 1:
			c.what, c.op = "register", "get"
		case 2:
			c.what, c.op = "register", "put"
		case 3, 4:
			c.what, c.op, c.from = "register", "cas", max(0, c.to-1-r.Int64N(12))
		case 5:
			c.what, c.op = "list", "get"
		case 6:
			c.what, c.op = "list", "append"
		case 7:
			c.what, c.op, c.key = "unique", "insert", s.base+1+r.Int64N(30)
		case 8:
			c.what, c.op, c.key = "unique", "get", s.base+1+r.Int64N(30)
		case 9:
			c.what, c.op, c.key = "bank", "get", 0
		case 10:
			c.what, c.op, c.key = "bank", "transfer", s.base+1000+c.to
			c.from = r.Int64N(accounts)
			c.to = (c.from + 1 + r.Int64N(accounts-1)) % accounts
		case 11:
			s.sale(s.base + c.to)
			continue
		}
		began := time.Since(s.clock)
		a, known := c.send(server)
		ended := time.Since(s.clock)
		s.note(c, a, known, id, began, ended)
		if !known {
			id = s.clients.Add(1)
		}
	}
}

func (s *story) note(c call, a answer, known bool, client int64, began, ended time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !known {
		if s.unknown++; c.op == "get" {
			return // it says nothing
		}
		a, ended = answer{unknown: true}, math.MaxInt64
	}
	if len(s.kills) > 0 && len(s.ops) >= s.kills[0] {
		s.kills = s.kills[1:]
		s.kill <- struct{}{}
	}
	s.ops = append(s.ops, porcupine.Operation{ClientId: int(client), Input: c, Call: int64(began), Output: a, Return: int64(ended)})
}

// sale sells under a key until it is told that this was done, by whichever server.
func (s *story) sale(id int64) {
	for !s.ended.Load() {
		server := s.server.Load()
		if server == nil {
			<-time.After(time.Millisecond)
			continue
		}
		if _, err := server.sell(id); err == nil {
			s.mu.Lock()
			s.keyed[id] = true
			s.mu.Unlock()
			return
		}
	}
}

// check gives what contradicts that everything happened at one moment between its call and its answer.
func (s *story) check() (problems []string) {
	parts := map[call][]porcupine.Operation{}
	for _, o := range s.ops {
		c := o.Input.(call)
		k := call{what: c.what, key: c.key}
		if c.what == "bank" {
			k.key = 0
		}
		parts[k] = append(parts[k], o)
	}
	first := map[string]string{"register": "0", "bank": s.bank}
	for k, ops := range parts {
		switch porcupine.CheckOperationsTimeout(modelFrom(first[k.what]), ops, time.Minute) {
		case porcupine.Illegal:
			problems = append(problems, problem("history", "%s %d: %d calls cannot have happened one after the other", k.what, k.key, len(ops)))
		case porcupine.Unknown:
			problems = append(problems, problem("undecided", "%s %d: %d calls took more than a minute to check", k.what, k.key, len(ops)))
		}
	}
	return problems
}

// tell makes one history on the bench's folder.
func (b *bench) tell(number int, early bool) (s *story, problems []string) {
	b.t.Helper()
	s = &story{base: int64(number+1) * 100_000, clock: time.Now(), keyed: map[int64]bool{}, kill: make(chan struct{}, storyKills)}
	for i := range storyKills {
		const apart = storyClients * storyCalls / (storyKills + 1)
		s.kills = append(s.kills, i*apart+b.rand.IntN(apart/2))
	}
	b.run(early)
	var rows []account
	if err := b.child.all("accounts?order=id", &rows); err != nil {
		b.t.Fatal(err)
	}
	var balances []int64
	for _, r := range rows {
		balances = append(balances, r.Balance)
	}
	s.bank = mustJSON(balances)
	for k := range int64(storyKeys) {
		for table, column := range map[string]string{"registers": `"value":0`, "lists": `"items":""`} {
			var made []map[string]any
			if err := b.child.returning("POST", "/rest/v1/"+table, fmt.Sprintf(`{"id":%d,%s}`, s.base+1+k, column), &made); err != nil && !early {
				b.t.Fatal(err)
			}
		}
	}
	s.server.Store(b.child)
	var clients sync.WaitGroup
	for i := range storyClients {
		seed := b.rand.Uint64()
		clients.Go(func() { s.client(rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	done := make(chan struct{})
	go func() { clients.Wait(); close(done) }()
	for range storyKills {
		select {
		case <-s.kill:
		case <-done:
		}
		s.server.Store(nil)
		b.kill()
		b.run(early)
		s.server.Store(b.child)
	}
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		b.t.Error("the clients have not come to an end")
	}
	s.ended.Store(true)
	<-done
	problems = s.check()
	var sales []sale
	if err := b.child.all(fmt.Sprintf("sales?name=gt.%d&name=lt.%d", s.base, s.base+100_000), &sales); err != nil {
		b.t.Fatal(err)
	}
	times := map[int64]int{}
	for _, x := range sales {
		times[x.Name]++
	}
	for id := range s.keyed {
		if times[id] != 1 {
			problems = append(problems, problem("repeated", "sale %d was made %d times", id, times[id]))
		}
	}
	for id, n := range times {
		if n > 1 {
			problems = append(problems, problem("repeated", "sale %d was made %d times", id, n))
		}
	}
	b.kill()
	return s, slices.Compact(problems)
}

// Registers, lists, unique rows and a bank behave as if one call were made after the other, whatever is killed; a request with a key has its effect once.
func TestHistoriesAreLinearizable(t *testing.T) {
	began, b, done, calls, open, sales := time.Now(), newBench(t), 0, 0, 0, 0
	for i := range *histories {
		s, problems := b.tell(i, false)
		b.fail(problems)
		if t.Failed() {
			t.Logf("history %d", i)
			return
		}
		calls, open, sales = calls+len(s.ops), open+s.unknown, sales+len(s.keyed)
		if done++; over(began) {
			break
		}
		if i%20 == 19 {
			t.Logf("%d histories, %d calls, %v", i+1, calls, time.Since(began).Round(time.Second))
		}
	}
	b.sound()
	if calls < 50*done || sales == 0 || open == 0 {
		t.Errorf("%d calls, %d of them without an answer, %d keyed requests in %d histories: this shows nothing", calls, open, sales, done)
	}
	t.Logf("%d histories: %d calls, %d of them without an answer, %d keyed requests; %v", done, calls, open, sales, time.Since(began).Round(time.Second))
	keep(t, campaign.Result{
		Name: "R6", Case: "a history of concurrent clients on registers, lists, unique rows, a bank and keyed requests, with two kills, checked with porcupine", Cases: done,
		Seeds: fmt.Sprint(b.seed), Counts: map[string]int{"calls": calls, "calls without an answer": open, "keyed requests": sales},
	}, began, map[string]func(*testing.T){"a server that acknowledges before it commits": TestHistoriesShowEarlyAnswers})
}

// A server that answers before it has written shows states that no order of the calls explains.
func TestHistoriesShowEarlyAnswers(t *testing.T) {
	b := newBench(t)
	for i := range 5 {
		_, problems := b.tell(i, true)
		for _, p := range problems {
			if strings.HasPrefix(p, "history: ") {
				t.Logf("seen in history %d: %s", i+1, p)
				return
			}
		}
	}
	t.Error("no history contradicted itself: the check is blind")
}
