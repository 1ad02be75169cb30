package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed testdata/pocketbase.go.txt
var pocketBaseProgram string

var pocketBaseDialect = dialect{
	durability: "the operating system alone (synchronous=NORMAL: a power cut may lose it)",
	auth:       func(t *target, o int) string { return "Authorization: " + t.tokens[o] + "\r\n" },
	key: func(b []byte, prefix byte, n int) []byte {
		if prefix == 0 {
			return strconv.AppendInt(b, int64(n), 10)
		}
		return fmt.Appendf(b, "%c%014d", prefix, n)
	},
	one:         "/api/collections/posts/records/KEY",
	list:        "/api/collections/posts/records?filter=(category=KEY)&sort=-created&perPage=30&skipTotal=1",
	total:       "/api/collections/articles/records?sort=-created&perPage=20",
	nested:      "/api/collections/docs/records?sort=-created&perPage=20&skipTotal=1",
	nestedTotal: "/api/collections/docs/records?sort=-created&perPage=20",
	embed:       "/api/collections/articles/records?sort=-created&perPage=20&skipTotal=1&expand=author",
	insertPath:  "/api/collections/posts/records",
	insertBody: `{"owner":"OWNER","category":1000,"title":"New item","body":"` + strings.Repeat(sentence, 5) +
		`","price":1234,"stock":7,"created":"2026-01-01 00:00:00.000Z"}`,
	updatePath: "/api/collections/posts/records/KEY", updateBody: `{"stock":7}`,
	removePath: "/api/collections/folders/records/KEY",
	signInPath: "/api/collections/users/auth-with-password", signInBody: `{"identity":"userKEY@example.com","password":"` + peerPassword + `"}`,
	inserted: 200, updated: 200, cut: 200,
	owner: func(o int) string { return fmt.Sprintf("u%014d", o) },
	rows: func(body []byte) ([]map[string]any, int, error) {
		var list struct {
			Items []map[string]any
			Total int `json:"totalItems"`
		}
		if err := decodeInto(body, &list); err != nil || list.Items != nil {
			return list.Items, list.Total, err
		}
		var one map[string]any
		err := decodeInto(body, &one)
		return []map[string]any{one}, -1, err
	},
}

// startPocketBase builds PocketBase from its Go module, in a module that is thrown away, and serves the world with it.
func startPocketBase(ctx context.Context, version, folder string) (*peer, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	program := strings.ReplaceAll(pocketBaseProgram, "FOLDERS", strconv.Itoa(peerFolders))
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(program), 0o600); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "building PocketBase %s\n", version)
	for _, args := range [][]string{{"mod", "init", "peer"}, {"get", "github.com/pocketbase/pocketbase@" + version}, {"build", "-o", "pocketbase", "."}} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, text)
		}
	}
	t := &target{name: "PocketBase"}
	var err error
	if t.addr, err = freeAddr(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(folder, "pocketbase"), "serve", "--http", t.addr, "--dir", filepath.Join(folder, "data"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if _, err := t.run(cmd); err != nil {
		return nil, err
	}
	said := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(out).ReadBytes('\n')
		var told struct{ Tokens []string }
		if err == nil {
			err = json.Unmarshal(line, &told)
		}
		if err == nil && copy(t.tokens[:], told.Tokens) != owners {
			err = errors.New("it told too few tokens")
		}
		said <- err
	}()
	select {
	case err = <-said:
	case <-time.After(5 * time.Minute):
		err = errors.New("it did not begin to serve")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_ = t.stop() // the first error is the one to tell
		return nil, err
	}
	return &peer{target: t, d: &pocketBaseDialect, version: version}, nil
}
