package transfer

// Progress says how far long work is.
type Progress struct {
	Doing       string // in words: "copying", "checking"
	Table       string
	Rows, Total int64 // of all tables
}

// tracker counts rows and tells now and then.
type tracker struct {
	doing       string
	rows, total int64
	tell        func(Progress)
}

const tellRows = 5000 // rows between two tellings

// row counts a row.
func (t *tracker) row(table string) {
	t.rows++
	if t.tell != nil && (t.rows%tellRows == 0 || t.rows == t.total) {
		t.tell(Progress{t.doing, table, t.rows, t.total})
	}
}
