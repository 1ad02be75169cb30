package plpgsql

// Types is the table of the types that stand in the interfaces of trees, for codec.New (beside sql.Types).
func Types() []any {
	return []any{
		(*Block)(nil),
		(*Assign)(nil),
		(*If)(nil),
		(*Case)(nil),
		(*Loop)(nil),
		(*ForInt)(nil),
		(*ForQuery)(nil),
		(*ForEach)(nil),
		(*Exit)(nil),
		(*Return)(nil),
		(*ReturnNext)(nil),
		(*ReturnQuery)(nil),
		(*Raise)(nil),
		(*Assert)(nil),
		(*Perform)(nil),
		(*Exec)(nil),
		(*DynExec)(nil),
		(*GetDiagnostics)(nil),
		(*Open)(nil),
		(*Fetch)(nil),
		(*Close)(nil),
		(*Call)(nil),
		(*Null)(nil),
		(*Commit)(nil),
		(*Unsupported)(nil),
	}
}
