package builtin

func registerRanges(r registry) {}
