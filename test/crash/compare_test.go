package crash

// entry, counter, account and transfer are rows as the server answers them.
type (
	entry struct {
		ID, Batch int64
		Note      string
	}
	counter  struct{ ID, Value int64 }
	account  struct{ ID, Balance int64 }
	transfer struct {
		ID             int64
		Source, Target int
		Amount         int64
	}
	sale struct{ ID, Name int64 }
)

// mostRepeated is how many sales that were acknowledged a check repeats.
const mostRepeated = 20

// repeat sends sales again under their keys: those whose outcome is not known, as a client has to, and some that were acknowledged. It gives how many
// rows each sale has then.
func (l *ledger) repeat(c *child, report func(kind, format string, args ...any)) map[int64]int {
	read := func() map[int64]int {
		var sales []sale
		if err := c.all("sales", &sales); err != nil {
			report("unreadable", "sales: %v", err)
		}
		rows := map[int64]int{}
		for _, s := range sales {
			rows[s.Name]++
		}
		return rows
	}
	rows, repeated := read(), 0
	for id, w := range l.sent {
		if w.kind != "sale" || w.acknowledged && repeated == mostRepeated {
			continue
		}
		if w.acknowledged {
			repeated++
		}
		before, err := c.sell(id)
		if err != nil || before != (rows[id] > 0) {
			report("repeated", "sale %d has %d rows; sent again it was made before: %t, %v", id, rows[id], before, err)
		}
	}
	return read()
}

// compare reads everything and gives what contradicts the clients' knowledge. What it has seen must be there from then on.
func (l *ledger) compare(c *child) (problems []string) {
	report := func(kind, format string, args ...any) { problems = append(problems, problem(kind, format, args...)) }
	var entries []entry
	var numbers []counter
	var balances []account
	var transfers []transfer
	for path, into := range map[string]any{"entries": &entries, "counters": &numbers, "accounts": &balances, "transfers": &transfers} {
		if err := c.all(path, into); err != nil {
			return []string{problem("unreadable", "%s: %v", path, err)}
		}
	}

	found := map[int64]int{} // by id of the write: how many rows
	for _, e := range entries {
		w := l.sent[e.Batch]
		switch {
		case w == nil || w.kind != "entry" && w.kind != "batch" || e.ID > e.Batch || e.ID <= e.Batch-batchRows:
			report("unknown", "entry %d was never sent", e.ID)
			continue
		case e.Note != note(e.Batch, w.size):
			report("changed", "entry %d holds %.40q", e.ID, e.Note)
		}
		found[e.Batch]++
	}
	for id, n := range l.repeat(c, report) {
		if w := l.sent[id]; w == nil || w.kind != "sale" {
			report("unknown", "sale %d was never sent", id)
			continue
		}
		found[id] = n
	}
	var moved [accounts]int64
	for _, t := range transfers {
		w := l.sent[t.ID]
		if w == nil || w.kind != "transfer" || w.source != t.Source || w.target != t.Target || w.amount != t.Amount {
			report("unknown", "transfer %d was never sent so", t.ID)
			continue
		}
		found[t.ID]++
		moved[t.Source] -= t.Amount
		moved[t.Target] += t.Amount
	}
	for id, w := range l.sent {
		n, whole := found[id], 1
		if w.kind == "batch" {
			whole = batchRows
		}
		switch {
		case n == 0 && w.acknowledged:
			report("lost", "%s %d was acknowledged and is not there", w.kind, id)
		case n != 0 && n != whole:
			report("half", "%s %d has %d of %d rows", w.kind, id, n, whole)
		case n == whole && !w.acknowledged:
			w.acknowledged = true
			l.appeared++
		case n == 0:
			delete(l.sent, id) // it did not happen, and may not happen later
		}
	}

	sum := int64(0)
	for _, a := range balances {
		sum += a.Balance
		if want := initialBalance + l.settled[a.ID] + moved[a.ID]; a.Balance != want {
			report("moved", "account %d has %d, its transfers make %d", a.ID, a.Balance, want)
		}
	}
	if len(balances) != accounts || sum != accounts*initialBalance {
		report("sum", "%d accounts hold %d together", len(balances), sum)
	}
	l.moved = moved

	var values [counters]int64
	for _, n := range numbers {
		values[n.ID] = n.Value
	}
	for i := range l.high {
		h := &l.high[i]
		if values[i] < h.acknowledged {
			report("lost", "counter %d is %d, %d was acknowledged", i, values[i], h.acknowledged)
		}
		if values[i] > h.sent {
			report("unknown", "counter %d is %d, only %d were sent", i, values[i], h.sent)
		}
		h.acknowledged = values[i]
	}
	return problems
}

// forget notes that entries and transfers were deleted.
func (l *ledger) forget() {
	clear(l.sent)
	for i, n := range l.moved {
		l.settled[i] += n
	}
	l.moved = [accounts]int64{}
}
