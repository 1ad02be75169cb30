package crash

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	accounts       = 8
	initialBalance = 1_000_000
	counters       = 3
	batchRows      = 10
)

var project = map[string]string{
	"mainstay.toml": "name = \"crash\"\n[api]\nmax_rows = 100000000\n",
	"migrations/20260101000000_bank.sql": `create table entries (id bigint primary key, batch bigint not null, note text not null);
create index on entries (batch);
create table counters (id integer primary key, value bigint not null);
create table accounts (id integer primary key, balance bigint not null);
create table transfers (id bigint primary key, source integer not null references accounts, target integer not null references accounts, amount bigint not null);
create table registers (id bigint primary key, value bigint not null);
create table uniques (id bigint primary key, owner bigint not null);
create table lists (id bigint primary key, items text not null);
create table sales (id bigint generated always as identity primary key, name bigint not null);
insert into accounts select n, 1000000 from generate_series(0, 7) n;

alter table entries enable row level security;
alter table counters enable row level security;
alter table accounts enable row level security;
alter table transfers enable row level security;
alter table sales enable row level security;
alter table registers enable row level security;
alter table uniques enable row level security;
alter table lists enable row level security;
create policy "users" on registers to authenticated using (auth.uid() is not null);
create policy "users" on uniques to authenticated using (auth.uid() is not null);
create policy "users" on lists to authenticated using (auth.uid() is not null);
create policy "users" on entries to authenticated using (auth.uid() is not null);
create policy "users" on counters to authenticated using (auth.uid() is not null);
create policy "users" on accounts to authenticated using (auth.uid() is not null);
create policy "users" on sales to authenticated using (auth.uid() is not null);
create policy "users" on transfers to authenticated using (auth.uid() is not null);

create function transfer(p_id bigint, p_source integer, p_target integer, p_amount bigint) returns void language plpgsql as $$
begin
  update accounts set balance = balance - p_amount where id = p_source;
  update accounts set balance = balance + p_amount where id = p_target;
  insert into transfers values (p_id, p_source, p_target, p_amount);
end $$;

create function append(p_id bigint, p_item text) returns void language sql as $$
  update lists set items = items || p_item || ',' where id = p_id
$$;

create function move(p_account integer, p_amount bigint) returns void language sql as $$
  update accounts set balance = balance + p_amount where id = p_account
$$;
`,
}

// mode is what is wrong on purpose.
type mode struct {
	early  bool // the server acknowledges before it commits
	halves bool // clients move money in two requests
}

// ledger is what clients know.
type ledger struct {
	mu   sync.Mutex
	next int64              // guarded by mu, like all below
	sent map[int64]*written // by id: entries (also each batch) and transfers
	high [counters]struct{ acknowledged, sent int64 }

	moved   [accounts]int64 // by the transfers that the last check saw
	settled [accounts]int64 // by those that were deleted

	acknowledged, unanswered, appeared int
}

// written is a write that was sent.
type written struct {
	kind         string // entry, batch, transfer or sale
	size         int    // of an entry's note
	source       int
	target       int
	amount       int64
	acknowledged bool // or seen by a check
}

func newLedger() ledger { return ledger{sent: map[int64]*written{}} }

// add notes a write before it is sent. Ids of batches are followed by those of its rows.
func (l *ledger) add(w *written) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next += batchRows + 1
	l.sent[l.next] = w
	return l.next
}

// answered notes an outcome: an acknowledgement, or that there was none.
func (l *ledger) answered(err error, acknowledge func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.unanswered++
		return
	}
	l.acknowledged++
	acknowledge()
}

// clients write until their server dies.
type clients struct {
	b      *bench
	m      mode
	server *child
	wg     sync.WaitGroup
	acks   atomic.Int64
	cut    atomic.Bool // the disk is gone: refusals are expected
	at     int64       // kill at this acknowledgement; 0: never
}

// start starts the server and prepares the clients.
func (b *bench) start(m mode) *clients {
	b.t.Helper()
	b.run(m.early)
	return &clients{b: b, m: m, server: b.child}
}

func (c *clients) untilAcknowledged(n int) {
	c.at = int64(n)
	c.write()
	// A server that is so slow is killed then.
	timer := time.AfterFunc(time.Minute, c.server.kill)
	defer timer.Stop()
	c.wg.Wait()
	c.b.kill()
}

func (c *clients) untilTime(d time.Duration) {
	c.write()
	<-time.After(d)
	c.b.kill()
	c.wg.Wait()
}

// errCut is for answers that come after the cut. A machine without power gives none; one whose file system was shut down does: a sync that was under way may return
// without an error then, on ext4 and on XFS, since nothing is left that it would have to wait for.
var errCut = errors.New("the power is cut")

// untilCut has the clients write for a time and then takes the disk away.
func (c *clients) untilCut(d time.Duration, cut func()) {
	c.write()
	<-time.After(d)
	c.cut.Store(true)
	cut()
	c.b.kill()
	c.wg.Wait()
}

func (c *clients) write() {
	for i := range 3 {
		c.loop(func(n int) (func() error, func()) { return c.entry(100 + 37*(n+i)%400) })
	}
	c.loop(func(int) (func() error, func()) { return c.entry(32 << 10) })
	for range 2 {
		c.loop(func(int) (func() error, func()) { return c.batch() })
	}
	for i := range 3 {
		c.loop(func(n int) (func() error, func()) { return c.transfer(n%accounts, (n+1+i)%accounts) })
	}
	for range 2 {
		c.loop(func(int) (func() error, func()) { return c.sale() })
	}
	for i := range counters {
		c.loop(func(int) (func() error, func()) { return c.upsert(i) })
	}
}

// loop is one client: next prepares a write and what to note when it is acknowledged.
func (c *clients) loop(next func(n int) (send func() error, acknowledge func())) {
	c.wg.Go(func() {
		for n := 0; ; n++ {
			send, acknowledge := next(n)
			err := send()
			if c.cut.Load() {
				err = errors.Join(errCut, err)
			}
			c.b.answered(err, acknowledge)
			var refused *refusedError
			if errors.As(err, &refused) && !c.cut.Load() {
				c.b.t.Errorf("a write was refused: %v", err)
			}
			if err != nil {
				return
			}
			if c.acks.Add(1) == c.at {
				c.server.kill()
			}
		}
	})
}

func (c *clients) post(path, body string) func() error {
	return func() error { return c.server.send("POST", path, body) }
}

func (c *clients) entry(size int) (func() error, func()) {
	w := &written{kind: "entry", size: size}
	id := c.b.add(w)
	return c.post("/rest/v1/entries", fmt.Sprintf(`{"id":%d,"batch":%d,"note":%q}`, id, id, note(id, size))), func() { w.acknowledged = true }
}

func note(id int64, size int) string {
	text := fmt.Sprintf("note %d ", id)
	return strings.Repeat(text, size/len(text)+1)[:size]
}

func (c *clients) batch() (func() error, func()) {
	w := &written{kind: "batch", size: 20}
	id := c.b.add(w)
	rows := make([]string, batchRows)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"id":%d,"batch":%d,"note":%q}`, id-int64(i), id, note(id, w.size))
	}
	return c.post("/rest/v1/entries", "["+strings.Join(rows, ",")+"]"), func() { w.acknowledged = true }
}

func (c *clients) transfer(source, target int) (func() error, func()) {
	const amount = 5
	if c.m.halves {
		return func() error {
			if err := c.post("/rest/v1/rpc/move", fmt.Sprintf(`{"p_account":%d,"p_amount":%d}`, source, -amount))(); err != nil {
				return err
			}
			return c.post("/rest/v1/rpc/move", fmt.Sprintf(`{"p_account":%d,"p_amount":%d}`, target, amount))()
		}, func() {}
	}
	w := &written{kind: "transfer", source: source, target: target, amount: amount}
	id := c.b.add(w)
	return c.post("/rest/v1/rpc/transfer", fmt.Sprintf(`{"p_id":%d,"p_source":%d,"p_target":%d,"p_amount":%d}`, id, source, target, amount)),
		func() { w.acknowledged = true }
}

// sale inserts a row that nothing but the request's key keeps from being there twice.
func (c *clients) sale() (func() error, func()) {
	w := &written{kind: "sale"}
	id := c.b.add(w)
	return func() error {
		_, err := c.server.sell(id)
		return err
	}, func() { w.acknowledged = true }
}

// upsert writes growing numbers to a counter that nobody else writes.
func (c *clients) upsert(counter int) (func() error, func()) {
	h := &c.b.high[counter]
	c.b.mu.Lock()
	h.sent++
	value := h.sent
	c.b.mu.Unlock()
	return c.post("/rest/v1/counters?on_conflict=id", fmt.Sprintf(`{"id":%d,"value":%d}`, counter, value)), func() { h.acknowledged = value }
}
