package pages

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// eval evaluates an expression in the page; false where it throws, as it does
// while a page is being loaded.
func (b *browser) eval(expression string, value any) bool {
	b.t.Helper()
	var got struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Exception any `json:"exceptionDetails"`
	}
	raw, err := b.send(b.session, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true})
	if err != nil || decode(raw, &got) != nil || got.Exception != nil {
		return false
	}
	switch v := value.(type) {
	case *string:
		*v, _ = got.Result.Value.(string)
	case *bool:
		*v, _ = got.Result.Value.(bool)
	case *[]any:
		*v, _ = got.Result.Value.([]any)
	}
	return true
}

// await waits until the page's text holds all parts.
func (b *browser) await(parts ...string) string {
	b.t.Helper()
	var text string
	b.until(strings.Join(parts, ", "), func() bool {
		b.eval("document.readyState === 'complete' ? document.body.innerText : ''", &text)
		for _, p := range parts {
			if !strings.Contains(text, p) {
				return false
			}
		}
		return true
	}, func() string { return text })
	return text
}

// awaitScript waits until an expression is true.
func (b *browser) awaitScript(expression string) {
	b.t.Helper()
	b.until(expression, func() bool {
		var yes bool
		return b.eval(expression, &yes) && yes
	}, func() string { return b.text() })
}

func (b *browser) until(what string, done func() bool, shows func() string) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); !done(); {
		select {
		case <-tick.C:
		case <-end:
			b.t.Fatalf("the page does not come to %s; it shows:\n%s", what, shows())
		}
	}
}

func (b *browser) text() string {
	var text string
	b.eval("document.body.innerText", &text)
	return text
}

// visit goes to an address and waits for the page.
func (b *browser) visit(url string) {
	b.t.Helper()
	var got struct {
		Error string `json:"errorText"`
	}
	b.must("Page.navigate", map[string]any{"url": url}, &got)
	if got.Error != "" {
		b.t.Fatalf("%s: %s", url, got.Error)
	}
	b.awaitScript(fmt.Sprintf("document.readyState === 'complete' && location.href === %q", url))
}

// click presses the mouse in the middle of the first element that a selector
// finds, and whose text is what is wanted unless that is "".
func (b *browser) click(selector, text string) {
	b.t.Helper()
	find := fmt.Sprintf("[...document.querySelectorAll(%q)].find(e => %q === '' || e.innerText.trim() === %q)", selector, text, text)
	b.awaitScript("document.readyState === 'complete' && !!" + find)
	var at []any
	b.eval(fmt.Sprintf("(e => { e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })(%s)", find), &at)
	if len(at) != 2 {
		b.t.Fatalf("%s %q cannot be clicked", selector, text)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.must("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1}, nil)
	}
}

// write clicks into a field and types.
func (b *browser) write(selector, text string) {
	b.t.Helper()
	b.click(selector, "")
	b.must("Input.insertText", map[string]any{"text": text}, nil)
}

// screenshot is a picture of the whole page.
func (b *browser) screenshot() []byte {
	b.t.Helper()
	var size struct {
		CSS struct {
			Height float64 `json:"height"`
		} `json:"cssContentSize"`
	}
	b.must("Page.getLayoutMetrics", nil, &size)
	var got struct {
		Data string `json:"data"`
	}
	b.must("Page.captureScreenshot", map[string]any{
		"format": "png", "captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": 0, "width": 1200, "height": size.CSS.Height, "scale": 1},
	}, &got)
	png, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil || len(png) < 1000 {
		b.t.Fatalf("a screenshot of %d bytes: %v", len(png), err)
	}
	return png
}

// wantQuiet checks that the pages complained about nothing, such as a policy that
// was broken, and asked nobody but those who serve them.
func (b *browser) wantQuiet(origins ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("a page complains: %s", p)
	}
	for _, url := range b.asked {
		own := strings.HasPrefix(url, "about:")
		for _, o := range origins {
			own = own || strings.HasPrefix(url, o)
		}
		if !own {
			b.t.Errorf("a page asks elsewhere: %s", url)
		}
	}
	if len(b.asked) < 5 {
		b.t.Errorf("only %d requests were seen", len(b.asked))
	}
}
