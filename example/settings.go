package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"
)

// settings are what the environment decides of the deliveries.
type settings struct {
	// networks may be sent to although they are not public: this machine by
	// default, so that the example's own receiver can be reached. A shop that
	// runs in earnest allows none, or those of its own receivers.
	networks []netip.Prefix
	// schedule is what is waited after each failed try; empty: the plugin's.
	schedule []time.Duration
	// listenDSN reaches PostgreSQL for a connection that hears of new deliveries.
	listenDSN string
}

// readSettings reads ALLOW_NETWORKS and RETRY_SCHEDULE.
func readSettings() (settings, error) {
	var s settings
	networks := cmp.Or(os.Getenv("ALLOW_NETWORKS"), "127.0.0.0/8,::1/128")
	for text := range strings.SplitSeq(networks, ",") {
		network, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return s, fmt.Errorf("ALLOW_NETWORKS %q is not of the form 127.0.0.0/8,::1/128: %q is no network", networks, text)
		}
		s.networks = append(s.networks, network.Masked())
	}
	schedule := os.Getenv("RETRY_SCHEDULE")
	if schedule == "" {
		return s, nil
	}
	for text := range strings.SplitSeq(schedule, ",") {
		wait, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil || wait <= 0 {
			return s, fmt.Errorf("RETRY_SCHEDULE %q is not of the form 5s,1m,2h: %q is no time to wait", schedule, text)
		}
		s.schedule = append(s.schedule, wait)
	}
	return s, nil
}
