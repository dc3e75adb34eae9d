package plugin_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// observability are the files that the example has for Prometheus and Grafana.
const observability = "../example/observability/"

// readFile is one of them.
func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(observability + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// queries are those of the dashboard, as Prometheus gets them from Grafana.
func queries(t *testing.T) (all []string) {
	t.Helper()
	var dashboard struct {
		Title         string
		UID           string
		SchemaVersion int
		Panels        []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ RefID, Expr string }
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, "dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.ID == 0 || p.Type == "" || p.Title == "" || p.GridPos.W < 1 || p.GridPos.H < 1 || p.GridPos.X+p.GridPos.W > 24 || len(p.Targets) == 0 {
			t.Errorf("O1 a panel that Grafana can not show: %+v", p)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			all = append(all, strings.NewReplacer("$__rate_interval", "1m", "$schema", ".*").Replace(target.Expr))
		}
	}
	return all
}

// knowsItsMetrics holds that dashboard and alerts ask for what a registry has
// after a run, and that the README lists it.
func knowsItsMetrics(t *testing.T, r prometheus.Gatherer) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, family := range families {
		name := family.GetName()
		known[name] = true
		for _, end := range []string{"_bucket", "_count", "_sum"} {
			known[name+end] = family.GetType().String() == "HISTOGRAM"
		}
		if !strings.Contains(string(readme), name) && !strings.Contains(string(readme), "`…"+strings.TrimPrefix(name, "merchant_webhooks")+"`") {
			t.Errorf("O1 README.md does not list %s", name)
		}
	}
	all := strings.Join(queries(t), "\n")
	for file, text := range map[string]string{"dashboard.json": all, "alerts.yml": readFile(t, "alerts.yml"), "alerts_test.yml": readFile(t, "alerts_test.yml")} {
		names := regexp.MustCompile(`merchant_webhooks_\w+`).FindAllString(text, -1)
		if len(names) == 0 {
			t.Errorf("O1 %s asks for nothing", file)
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("O1 %s asks for %s, which is not there", file, name)
			}
		}
	}
}

// TestO1_Promtool has Prometheus' own tool read what the example has for it, and
// the dashboard's queries.
func TestO1_Promtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		beside, _ := filepath.Abs("../bin/promtool")
		promtool, err = exec.LookPath(beside)
	}
	if err != nil {
		t.Skip("promtool is not there: make setup")
	}
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i, query := range queries(t) {
		rules.WriteString("      - record: query:" + strconv.Itoa(i) + "\n        expr: " + strconv.Quote(query) + "\n")
	}
	dashboard := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(dashboard, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"}, {"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}, {"check", "rules", dashboard},
	} {
		command := exec.CommandContext(t.Context(), promtool, args...)
		command.Dir = observability
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("O1 promtool %v: %v\n%s", args, err, out)
		}
	}
}
