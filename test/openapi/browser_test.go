package openapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// browserTimeout bounds one page in the browser, which on a busy machine takes its time to start.
const browserTimeout = 2 * time.Minute

// chromium is the browser's program, and the arguments without which it does not run here: no network but this machine.
func chromium(t *testing.T) (program string, args []string) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("skipped: Chromium is not installed, so the page cannot be looked at")
	}
	args = []string{"--headless=new", "--disable-gpu", "--user-data-dir=" + t.TempDir(), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=1400,1000"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses its sandbox to root
	}
	return program, args
}

// A page is one page of a browser that is driven through the DevTools protocol, over a pipe: messages are JSON and end with a zero byte.
type page struct {
	t       *testing.T
	out     *os.File
	in      *bufio.Reader
	session string
	last    int
	answers []exchange // of requests that the page sent, in the order of their answers
	sent    map[string]exchange
}

// An exchange is a request of the page and its answer.
type exchange struct {
	URL     string
	Headers map[string]string
	Status  int
}

// open opens a page; the browser ends with the test.
func open(t *testing.T, url string) *page {
	t.Helper()
	program, args := chromium(t)
	theirIn, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append(args, "--remote-debugging-pipe", "about:blank")...)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4, which the browser expects
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close() // the browser has its own
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // killed
		_, _ = out.Close(), in.Close()
	})
	if err := in.SetReadDeadline(time.Now().Add(browserTimeout)); err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, out: out, in: bufio.NewReader(in), sent: map[string]exchange{}}
	var target struct{ TargetID string }
	p.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	p.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p.session = attached.SessionID
	p.call("Network.enable", nil, nil)
	p.call("Page.navigate", map[string]any{"url": url}, nil)
	return p
}

// call calls a method and reads until its answer, noting the page's own requests on the way.
func (p *page) call(method string, params, result any) {
	p.t.Helper()
	p.last++
	m := map[string]any{"id": p.last, "method": method}
	if params != nil {
		m["params"] = params
	}
	if p.session != "" {
		m["sessionId"] = p.session
	}
	b, err := json.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.out.Write(append(b, 0)); err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
	for {
		text, err := p.in.ReadBytes(0)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = fmt.Errorf("no answer within %v", browserTimeout)
			}
			p.t.Fatalf("%s: %v", method, err)
		}
		var m struct {
			ID     int
			Method string
			Params struct {
				RequestID string
				Request   exchange
				Response  struct{ Status int }
			}
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
			p.t.Fatalf("%s: %v: %s", method, err, text)
		}
		switch {
		case m.Method == "Network.requestWillBeSent":
			p.sent[m.Params.RequestID] = m.Params.Request
		case m.Method == "Network.responseReceived":
			x := p.sent[m.Params.RequestID]
			x.Status = m.Params.Response.Status
			p.answers = append(p.answers, x)
		case m.ID != p.last:
		case m.Error != nil:
			p.t.Fatalf("%s: %s", method, m.Error.Message)
		case result == nil:
			return
		default:
			if err := json.Unmarshal(m.Result, result); err != nil {
				p.t.Fatalf("%s: %v: %s", method, err, m.Result)
			}
			return
		}
	}
}

// run runs JavaScript in the page and gives what it, or its promise, results in.
func (p *page) run(script string) string {
	p.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	p.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true}, &r)
	if r.ExceptionDetails != nil {
		p.t.Fatalf("%s\n%s", script, r.ExceptionDetails.Exception.Description)
	}
	return fmt.Sprint(r.Result.Value)
}

// wait waits until an expression is true of the page: it is asked again whenever the page has drawn.
func (p *page) wait(what, expression string) {
	p.t.Helper()
	const script = `new Promise((done, fail) => {
		const until = performance.now() + %d
		const ask = () => {
			if (%s) return done('yes')
			if (performance.now() > until) return fail(new Error(document.body?.innerText.slice(0, 1500)))
			requestAnimationFrame(ask)
		}
		ask()
	})`
	if p.run(fmt.Sprintf(script, (browserTimeout / 2).Milliseconds(), expression)); p.t.Failed() {
		p.t.Fatalf("waiting for %s", what)
	}
}

// button is an expression for the button whose text begins so.
func button(text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('button')].find(b => b.innerText.trim().startsWith(%q))`, text)
}

// click clicks what an expression finds, once it is there.
func (p *page) click(what string) {
	p.t.Helper()
	p.wait(what, what)
	p.run(what + `.click()`)
}

// answer waits for an answer to a request of the page whose address holds a text.
func (p *page) answer(part string) exchange {
	p.t.Helper()
	for {
		for _, x := range p.answers {
			if strings.Contains(x.URL, part) {
				return x
			}
		}
		p.run(`new Promise(done => requestAnimationFrame(done))`)
	}
}
