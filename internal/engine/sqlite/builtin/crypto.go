package builtin

func registerCrypto(r registry) {}
