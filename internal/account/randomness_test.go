package account

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

// TestWithoutRandomnessNothingIsMade is attack D13: when the system gives no randomness the process ends, and nothing that can be foreseen is made. It runs itself, because it ends.
func TestWithoutRandomnessNothingIsMade(t *testing.T) {
	const variable = "MAINSTAY_TEST_WITHOUT_RANDOMNESS"
	makers := map[string]func() string{
		"an id": newID, "a code": func() string { return digits(6) }, "a text": func() string { return randomText(16) },
	}
	if what := os.Getenv(variable); what != "" {
		rand.Reader = broken{}
		fmt.Println("made", makers[what]())
		return
	}
	for what := range makers {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), variable+"="+what)
		out, err := cmd.CombinedOutput()
		if err == nil || strings.Contains(string(out), "made") {
			t.Errorf("%s without randomness: %v %s", what, err, out)
		}
	}
}
