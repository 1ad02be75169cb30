package builtin

func registerVector(r registry) {}
