package house

import (
	"regexp"
	"strings"
	"testing"
)

// sleeps is a line that lets time pass and waits for nothing else.
var sleeps = regexp.MustCompile(`\btime\.Sleep\(|\bpg_sleep\(|^\s*<-time\.(After|Tick)\(`)

// TestNoTestSleeps: what a test waits for must come, on however slow a machine.
func TestNoTestSleeps(t *testing.T) {
	slow := 0
	eachGoFile(t, func(file string) {
		if !strings.HasSuffix(file, "_test.go") || file == "sleep_test.go" {
			return
		}
		for i, line := range strings.Split(text(t, file), "\n") {
			switch {
			case !sleeps.MatchString(line):
			case strings.HasSuffix(line, "// a slow client is what is tested"):
				slow++
			default:
				t.Errorf("%s:%d sleeps: %s", file, i+1, strings.TrimSpace(line))
			}
		}
	})
	if slow == 0 {
		t.Error("the client that is slow on purpose does not sleep: this test sees nothing")
	}
}
