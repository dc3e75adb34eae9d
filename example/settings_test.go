package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	for _, test := range []struct {
		networks, schedule string
		want, complaint    string
	}{
		{"", "", "[127.0.0.0/8 ::1/128] []", ""},
		{" 10.0.0.7/8 ,fd00::/8", "1s, 2s,1m30s", "[10.0.0.0/8 fd00::/8] [1s 2s 1m30s]", ""},
		{"10.0.0.1", "", "", `ALLOW_NETWORKS "10.0.0.1" is not of the form 127.0.0.0/8,::1/128: "10.0.0.1" is no network`},
		{"10.0.0.0/8,", "", "", `ALLOW_NETWORKS "10.0.0.0/8," is not of the form 127.0.0.0/8,::1/128: "" is no network`},
		{"", "1s,5", "", `RETRY_SCHEDULE "1s,5" is not of the form 5s,1m,2h: "5" is no time to wait`},
		{"", "0s", "", `RETRY_SCHEDULE "0s" is not of the form 5s,1m,2h: "0s" is no time to wait`},
		{"", "-1s", "", `RETRY_SCHEDULE "-1s" is not of the form 5s,1m,2h: "-1s" is no time to wait`},
	} {
		t.Setenv("ALLOW_NETWORKS", test.networks)
		t.Setenv("RETRY_SCHEDULE", test.schedule)
		got, err := readSettings()
		if complaint := fmt.Sprint(err); err != nil && complaint != test.complaint || err == nil && test.complaint != "" {
			t.Errorf("%q, %q: %v, want %q", test.networks, test.schedule, err, test.complaint)
		}
		if err == nil && fmt.Sprint(got.networks, got.schedule) != test.want {
			t.Errorf("%q, %q: %v %v, want %s", test.networks, test.schedule, got.networks, got.schedule, test.want)
		}
	}
}

// TestS1Networks lets webhooks send to this machine, in the example, and only as
// long as nothing else is set.
func TestS1Networks(t *testing.T) {
	for want, change := range map[int]func(*settings){
		http.StatusNoContent:  func(*settings) {},
		http.StatusBadRequest: func(with *settings) { with.networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} },
	} {
		t.Run(http.StatusText(want), func(t *testing.T) {
			s := newSite(t, change)
			got, text := s.ask(http.MethodPost, "", stored{ID: "w", Event: "pay", URL: s.URL + "/receiver", Method: "POST"})
			if got != want {
				t.Errorf("a webhook to this machine is answered with %d %s, want %d", got, text, want)
			}
		})
	}
}

// TestRefusals wants status 1 and one clear sentence.
func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, test := range map[string]struct {
		settings []string
		says     string
	}{
		"port in use":        {[]string{"ADDR=" + taken.Addr().String()}, `address already in use`},
		"no address":         {[]string{"ADDR=here"}, `ADDR "here"`},
		"no network":         {[]string{"ALLOW_NETWORKS=here"}, `ALLOW_NETWORKS "here" is not of the form`},
		"no schedule":        {[]string{"RETRY_SCHEDULE=soon"}, `RETRY_SCHEDULE "soon" is not of the form`},
		"no database there":  {[]string{"DATABASE_URL=postgres://u:hidden@127.0.0.1:1/x?sslmode=disable"}, `can not be reached`},
		"no database's form": {[]string{"DATABASE_URL=postgres://u:hidden@%zz"}, `DATABASE_URL is not of the form`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			command := exec.CommandContext(ctx, binary)
			command.Env = append(os.Environ(), append([]string{"ADDR=127.0.0.1:0"}, test.settings...)...)
			out, err := command.CombinedOutput()
			if command.ProcessState.ExitCode() != 1 {
				t.Errorf("ended with %v, want status 1", err)
			}
			if !regexp.MustCompile(`^example: .*` + regexp.QuoteMeta(test.says) + `.*\n$`).Match(out) {
				t.Errorf("said %q, want one sentence with %q", out, test.says)
			}
			if bytes.Contains(out, []byte("hidden")) {
				t.Errorf("said the password: %q", out)
			}
		})
	}
}
