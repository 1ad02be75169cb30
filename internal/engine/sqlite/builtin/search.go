package builtin

func registerSearch(r registry) {}
