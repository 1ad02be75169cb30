package leaked

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Lookup asks a service of leaked passwords by ranges: it is told the first five hexadecimal digits of the password's SHA-1 and answers with all it knows that begins
// with them (k-anonymity). The zero Timeout is two seconds.
type Lookup struct {
	URL     string // to which "/" and the five digits are added
	Timeout time.Duration
	Client  *http.Client // nil: one that follows no redirects
}

const (
	prefixDigits = 5
	maxAnswer    = 1 << 20
)

var direct = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// Contains reports whether the service knows the password.
func (l Lookup) Contains(ctx context.Context, password string) (bool, error) {
	timeout := l.Timeout
	if timeout == 0 {
		timeout = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	sum := sha1.Sum([]byte(password)) // what the service speaks; nothing rests on its strength
	digest := strings.ToUpper(hex.EncodeToString(sum[:]))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(l.URL, "/")+"/"+digest[:prefixDigits], nil)
	if err != nil {
		return false, fmt.Errorf("look up a password: %w", err)
	}
	r.Header.Set("Add-Padding", "true") // answers of like length tell nobody on the way which range was asked for
	r.Header.Set("User-Agent", "mainstay")
	client := l.Client
	if client == nil {
		client = direct
	}
	resp, err := client.Do(r)
	if err != nil {
		return false, fmt.Errorf("look up a password: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("look up a password: the service answers %s", resp.Status)
	}
	lines := bufio.NewScanner(io.LimitReader(resp.Body, maxAnswer))
	for lines.Scan() {
		suffix, count, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if strings.EqualFold(suffix, digest[prefixDigits:]) {
			return strings.Trim(count, "0") != "", nil // a count of zero is padding
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("look up a password: %w", err)
	}
	return false, nil
}
