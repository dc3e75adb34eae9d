package handlers_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

// usual are the options that docs/openapi.json is made with: a host that
// configures nothing but its currency.
func usual(t testing.TB) handlers.Options {
	t.Helper()
	catalogue, err := webhook.NewCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return handlers.Options{
		Policy: webhook.Policy{EventTypes: catalogue}, Currency: &handlers.Currency{Code: "KUDOS"},
		DefaultInstance: "admin", MaxBody: 1 << 20, MaxWebhooks: 10_000,
	}
}

func description(t testing.TB, o handlers.Options) (whole, ofInstance []byte) {
	t.Helper()
	whole, ofInstance, err := handlers.Description(o)
	if err != nil {
		t.Fatal(err)
	}
	return whole, ofInstance
}

// An outline is what these tests read of a description themselves.
type outline struct {
	Info    struct{ Version string }
	Servers []struct {
		URL       string
		Variables map[string]struct{ Default string }
	}
	Paths map[string]map[string]json.RawMessage
}

func outlined(t testing.TB, text []byte) (o outline) {
	t.Helper()
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("the description is no JSON: %v", err)
	}
	return o
}

// TestO3_Version holds that the description does not change without its version.
func TestO3_Version(t *testing.T) {
	file := filepath.Join(root, "docs", "openapi.json")
	committed, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	now, _ := description(t, usual(t))
	if bytes.Equal(now, committed) {
		return
	}
	version := outlined(t, now).Info.Version
	switch {
	case err == nil && outlined(t, committed).Info.Version == version:
		t.Errorf("the API's description has changed (see git diff after another version), and is version %s still: "+
			"give describedVersion another, and run this test with -update", version)
	case !*update:
		t.Errorf("%s is not of version %s: run this test with -update", file, version)
	default:
		if err := os.WriteFile(file, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestO3_Document holds the description against OpenAPI's own schema, and its
// examples against its schemas.
func TestO3_Document(t *testing.T) {
	whole, ofInstance := description(t, usual(t))
	for name, text := range map[string][]byte{"of all instances": whole, "of one": ofInstance} {
		document, err := libopenapi.NewDocument(text)
		if err != nil {
			t.Fatal(err)
		}
		check, errs := validator.NewValidator(document)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if ok, errs := check.ValidateDocument(); !ok {
			t.Errorf("the description %s is no OpenAPI 3.1: %s", name, told(errs))
		}
	}
	for _, part := range strings.Split(string(whole), `"$ref": "#/components/`)[1:] {
		ref, _, _ := strings.Cut(part, `"`)
		_, name, _ := strings.Cut(ref, "/")
		if !strings.Contains(string(whole), "\n      \""+name+`": {`) {
			t.Errorf("the description refers to %s, which it has not", ref)
		}
	}
}

// TestO3_Examples holds each example of a body against its schema.
func TestO3_Examples(t *testing.T) {
	whole, _ := description(t, usual(t))
	j := newMeasure(t, whole)
	check, n := schema_validation.NewSchemaValidator(), 0
	holds := func(where string, media *v3.MediaType) {
		if media == nil || media.Example == nil {
			return
		}
		var example any
		if err := media.Example.Decode(&example); err != nil {
			t.Fatal(err)
		}
		n++
		if ok, errs := check.ValidateSchemaObject(media.Schema.Schema(), example); !ok {
			t.Errorf("the example of %s is not of its schema: %s", where, told(errs))
		}
	}
	for path, item := range j.model.Paths.PathItems.FromOldest() {
		for method, operation := range item.GetOperations().FromOldest() {
			if operation.RequestBody != nil {
				holds(method+" "+path, operation.RequestBody.Content.GetOrZero("application/json"))
			}
			for status, response := range operation.Responses.Codes.FromOldest() {
				if response.Content != nil {
					holds(method+" "+path+" "+status, response.Content.GetOrZero("application/json"))
				}
			}
		}
	}
	if n < 12 {
		t.Errorf("there are %d examples: this test sees too few", n)
	}
}

// TestO3_Table holds that the description has the operations of the table, no
// more and no fewer, with their permissions.
func TestO3_Table(t *testing.T) {
	whole, _ := description(t, usual(t))
	var want, got []string
	for _, op := range handlers.APIOperations() {
		path := strings.NewReplacer(":webhook_id", "{webhook_id}", ":delivery_id", "{delivery_id}").Replace("/" + op.Endpoint)
		want = append(want, strings.ToLower(op.Method)+" "+path+" "+string(op.Permission))
	}
	for path, item := range outlined(t, whole).Paths {
		for method, text := range item {
			var operation struct{ Security []map[string][]string }
			if method == "parameters" {
				continue
			}
			if err := json.Unmarshal(text, &operation); err != nil {
				t.Fatal(err)
			}
			permission := ""
			if len(operation.Security) == 1 {
				permission = strings.Join(operation.Security[0]["bearer"], " ")
			}
			got = append(got, method+" "+path+" "+permission)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("described are\n%s\nthe table has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestO3_Host holds that the description is the host's own.
func TestO3_Host(t *testing.T) {
	own := usual(t)
	own.Currency = nil
	own.MaxBody, own.MaxWebhooks, own.DefaultInstance = 12345, 77, "shop"
	catalogue, err := webhook.NewCatalogue(webhook.EventType{Name: "stock_low", Meaning: "Sent when little is left."})
	if err != nil {
		t.Fatal(err)
	}
	own.Policy.EventTypes = catalogue
	whole, ofInstance := description(t, own)
	for _, part := range []string{`"stock_low"`, "Sent when little is left.", "12345 bytes", "77 webhooks"} {
		if !bytes.Contains(whole, []byte(part)) {
			t.Errorf("the description does not hold %q", part)
		}
	}
	o := outlined(t, whole)
	if paths := slices.Collect(maps.Keys(o.Paths)); slices.Contains(paths, "/config") || len(paths) < 14 {
		t.Errorf("without a currency %q are described", paths)
	}
	if len(o.Servers) != 2 || o.Servers[0].URL != ".." || o.Servers[1].URL != "../instances/{instance}" || o.Servers[1].Variables["instance"].Default != "shop" {
		t.Errorf("the servers are %v", o.Servers)
	}
	if o := outlined(t, ofInstance); len(o.Servers) != 1 || o.Servers[0].URL != ".." {
		t.Errorf("of one instance the servers are %v", o.Servers)
	}
	own.MaxWebhooks = -1
	if whole, _ := description(t, own); !bytes.Contains(whole, []byte("any number of webhooks")) {
		t.Error("without a limit one is described")
	}
	own.Instance = func(*gin.Context) (string, error) { return "shop", nil } // then there are no paths with instances
	whole, ofInstance = description(t, own)
	if !bytes.Equal(whole, ofInstance) {
		t.Error("a host that tells instances itself describes paths of instances")
	}
}
