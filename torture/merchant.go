package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A merchant works with webhooks by the API meanwhile, so that its locks take part.
type merchant struct {
	address func() string // of some shop's API
	target  string        // where its own webhooks send

	mu       sync.Mutex
	statuses map[int]int // 0: no answer
}

// ask asks the API, and gives the status; 0: there was no answer.
func (m *merchant) ask(ctx context.Context, method, path, body string, into any) int {
	status := m.try(ctx, method, path, body, into)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.statuses[status]++
	return status
}

func (m *merchant) try(ctx context.Context, method, path, body string, into any) int {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+m.address()+"/private/webhooks"+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0
	}
	if into != nil && answer.StatusCode == http.StatusOK && json.Unmarshal(text, into) != nil {
		return 0
	}
	return answer.StatusCode
}

// create makes a webhook that sends to an address.
func (m *merchant) create(ctx context.Context, id, event, address string) int {
	body, err := json.Marshal(map[string]string{
		"webhook_id": id, "event_type": event, "url": "http://" + address + "/" + id, "http_method": "POST",
		"header_template": "Content-Type: application/json", "body_template": bodyTemplate,
	})
	if err != nil {
		return 0
	}
	return m.ask(ctx, "POST", "", string(body), nil)
}

// secret learns what a webhook signs with.
func (m *merchant) secret(ctx context.Context, id string) (string, error) {
	var said struct{ Secrets []string }
	if status := m.ask(ctx, "GET", "/"+id+"/secret", "", &said); status != http.StatusOK || len(said.Secrets) != 1 {
		return "", fmt.Errorf("the secret of %s was answered with status %d", id, status)
	}
	return said.Secrets[0], nil
}

// work goes on until ctx ends. Answers that tell of faults are what it expects.
func (m *merchant) work(ctx context.Context, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	var passing string
	var left []string // webhooks that may still be there
	for n := 0; rest(ctx, 100*time.Millisecond) == nil; n++ {
		if n%12 == 0 { // another one, so that they do not become many
			left = slices.DeleteFunc(left, func(id string) bool {
				status := m.ask(ctx, "DELETE", id, "", nil)
				return status == http.StatusNoContent || status == http.StatusNotFound
			})
			passing = fmt.Sprintf("/passing-%d", n/12)
			left = append(left, passing)
		}
		switch rng.IntN(6) {
		case 0:
			m.ask(ctx, "POST", "/held-pay/pause", "", nil)
		case 1:
			m.ask(ctx, "POST", "/held-pay/resume", "", nil)
		case 2:
			m.sendAgain(ctx)
		case 3:
			m.create(ctx, passing[1:], "pay", m.target)
		case 4:
			m.ask(ctx, "PATCH", passing, `{"event_type": "refund", "url": "http://`+m.target+passing+
				`", "http_method": "PUT", "body_template": `+quoted(bodyTemplate)+`}`, nil)
		case 5:
			m.ask(ctx, "DELETE", passing, "", nil)
		}
	}
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // a string always can be
	return string(b)
}

// sendAgain sends one of the last deliveries again, whatever became of it.
func (m *merchant) sendAgain(ctx context.Context) {
	var said struct {
		Deliveries []struct {
			ID string `json:"delivery_id"`
		}
	}
	if m.ask(ctx, "GET", "/again-pay/deliveries?limit=5", "", &said) != http.StatusOK || len(said.Deliveries) == 0 {
		return
	}
	m.ask(ctx, "POST", "/again-pay/deliveries/"+said.Deliveries[len(said.Deliveries)-1].ID+"/redeliver", "", nil)
}
