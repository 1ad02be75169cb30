// Package browsertest drives a real Chromium inside a test, through the DevTools protocol over a pipe.
//
// Main types in order of meeting them: Browser, Page, Exchange. Open starts a browser with one page; Page.Tab opens another page in it.
//
// Invariants: the browser reaches no address but this machine's, keeps what it stores in a folder of the test, and ends with the test. It is driven by one goroutine.
package browsertest

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

// Timeout bounds everything that is done with one browser, which on a busy machine takes its time to start.
const Timeout = 2 * time.Minute

// Program is the browser's program, and the arguments without which it does not run here: no network but this machine.
func Program(t testing.TB) (program string, args []string) {
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
	args = []string{
		"--headless=new", "--disable-gpu", "--user-data-dir=" + t.TempDir(), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--window-size=1400,1000",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses its sandbox to root
	}
	return program, args
}

// Browser is a running browser. Messages to and from it are JSON and end with a zero byte.
type Browser struct {
	t     testing.TB
	out   *os.File
	in    *bufio.Reader
	last  int
	pages map[string]*Page // by session
}

// Page is one page of a browser.
type Page struct {
	Answers []Exchange // of requests that the page sent, in the order of their answers
	Log     []string   // what the browser complains of: the page's errors, and what its policy has kept from it
	b       *Browser
	session string
	sent    map[string]Exchange
}

// An Exchange is a request of the page and its answer.
type Exchange struct {
	URL     string
	Headers map[string]string
	Status  int
}

// Open starts a browser and opens a page in it.
func Open(t testing.TB, url string) *Page {
	t.Helper()
	program, args := Program(t)
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
	if err := in.SetReadDeadline(time.Now().Add(Timeout)); err != nil {
		t.Fatal(err)
	}
	b := &Browser{t: t, out: out, in: bufio.NewReader(in), pages: map[string]*Page{}}
	t.Cleanup(func() {
		// Asked to end it takes its helpers along, which would write on into the folder that the test removes.
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() }) // it may have ended
		_ = b.call("", "Browser.close", nil, nil)                                 // likewise
		_ = cmd.Wait()                                                            // however it ended
		late.Stop()
		_, _ = out.Close(), in.Close()
	})
	return b.open(url)
}

func (b *Browser) open(url string) *Page {
	b.t.Helper()
	var target struct{ TargetID string }
	b.must("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.must("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p := &Page{b: b, session: attached.SessionID, sent: map[string]Exchange{}}
	b.pages[p.session] = p
	for _, domain := range []string{"Network", "Log", "Runtime", "Page"} {
		p.Call(domain+".enable", nil, nil)
	}
	p.Goto(url)
	return p
}

func (b *Browser) must(method string, params, result any) {
	b.t.Helper()
	if err := b.call("", method, params, result); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
}

// Tab opens another page in the same browser.
func (p *Page) Tab(url string) *Page {
	p.b.t.Helper()
	return p.b.open(url)
}

// Goto opens another address in the page.
func (p *Page) Goto(url string) {
	p.b.t.Helper()
	p.Call("Page.navigate", map[string]any{"url": url}, nil)
}

// Call calls a method of the DevTools protocol.
func (p *Page) Call(method string, params, result any) {
	p.b.t.Helper()
	if err := p.b.call(p.session, method, params, result); err != nil {
		p.b.t.Fatalf("%s: %v", method, err)
	}
}

// event is what the browser tells unasked.
type event struct {
	RequestID string
	Request   Exchange
	Response  struct{ Status int }
	Entry     struct{ Level, Text, URL string }
	Details   struct {
		Text      string
		Exception struct{ Description string }
	} `json:"exceptionDetails"`
}

func (p *Page) note(method string, e *event) {
	switch method {
	case "Network.requestWillBeSent":
		p.sent[e.RequestID] = e.Request
	case "Network.responseReceived":
		x := p.sent[e.RequestID]
		x.Status = e.Response.Status
		p.Answers = append(p.Answers, x)
	case "Log.entryAdded":
		if e.Entry.Level == "error" {
			p.Log = append(p.Log, e.Entry.Text+" "+e.Entry.URL)
		}
	case "Runtime.exceptionThrown":
		p.Log = append(p.Log, e.Details.Text+" "+e.Details.Exception.Description)
	}
}

// call calls a method and reads until its answer, noting what pages do on the way.
func (b *Browser) call(session, method string, params, result any) error {
	b.last++
	m := map[string]any{"id": b.last, "method": method}
	if params != nil {
		m["params"] = params
	}
	if session != "" {
		m["sessionId"] = session
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := b.out.Write(append(text, 0)); err != nil {
		return err
	}
	for {
		text, err := b.in.ReadBytes(0)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = fmt.Errorf("no answer within %v", Timeout)
			}
			return err
		}
		var m struct {
			ID        int
			SessionID string
			Method    string
			Params    json.RawMessage
			Result    json.RawMessage
			Error     *struct{ Message string }
		}
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
		switch p := b.pages[m.SessionID]; {
		case m.Method != "":
			var e event
			if p != nil && json.Unmarshal(m.Params, &e) == nil { // others have forms of their own
				p.note(m.Method, &e)
			}
		case m.ID != b.last: // of a page that has gone
		case m.Error != nil:
			return errors.New(m.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(m.Result, result)
		}
	}
}

// Run runs JavaScript in the page and gives what it, or its promise, results in.
func (p *Page) Run(script string) string {
	p.b.t.Helper()
	v, err := p.run(script)
	if err != nil {
		p.b.t.Fatalf("%s\n%v", script, err)
	}
	return v
}

func (p *Page) run(script string) (string, error) {
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	err := p.b.call(p.session, "Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true}, &r)
	if err == nil && r.ExceptionDetails != nil {
		err = errors.New(r.ExceptionDetails.Text + " " + r.ExceptionDetails.Exception.Description)
	}
	return fmt.Sprint(r.Result.Value), err
}

// Wait waits until an expression is true of the page, also across its going to other addresses.
func (p *Page) Wait(what, expression string) {
	p.b.t.Helper()
	const script = `new Promise(done => {
		const until = performance.now() + 500
		const ask = () => {
			let is = false
			try { is = %s } catch {}
			if (is || performance.now() > until) return done(Boolean(is))
			setTimeout(ask, 20)
		}
		ask()
	})`
	for end := time.Now().Add(Timeout / 3); time.Now().Before(end); {
		// An error is a page that goes on to another: its scripts end.
		if v, err := p.run(fmt.Sprintf(script, expression)); err == nil && v == "true" {
			return
		}
	}
	p.b.t.Fatalf("waiting for %s at %s: %s\n%v", what, p.Run("location.href"), p.Run(`document.body?.innerText.slice(0, 1500)`), p.Log)
}

// Button is an expression for the button whose text begins so.
func Button(text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('button')].find(b => b.innerText.trim().startsWith(%q))`, text)
}

// Click clicks what an expression finds, once it is there.
func (p *Page) Click(what string) {
	p.b.t.Helper()
	p.Wait(what, what)
	p.Run(what + `.click()`)
}

// Type types a text into what has the focus, as a keyboard does.
func (p *Page) Type(text string) {
	p.b.t.Helper()
	p.Call("Input.insertText", map[string]any{"text": text}, nil)
}

// Press presses a key: "Tab", "Enter", " ".
func (p *Page) Press(key string) {
	p.b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, " ": 32, "Escape": 27}
	text := map[string]string{"Enter": "\r", " ": " "}[key]
	for _, kind := range []string{"keyDown", "keyUp"} {
		m := map[string]any{"type": kind, "key": key, "code": strings.Replace(key, " ", "Space", 1), "windowsVirtualKeyCode": codes[key]}
		if text != "" && kind == "keyDown" {
			m["text"] = text
		}
		p.Call("Input.dispatchKeyEvent", m, nil)
	}
}

// Answer waits for an answer to a request of the page whose address holds a text.
func (p *Page) Answer(part string) Exchange {
	p.b.t.Helper()
	for {
		for _, x := range p.Answers {
			if strings.Contains(x.URL, part) {
				return x
			}
		}
		p.Run(`new Promise(done => setTimeout(done, 20))`)
	}
}
