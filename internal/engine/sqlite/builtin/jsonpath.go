package builtin

func registerJSONPath(r registry) {}
