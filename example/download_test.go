package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

// archive is a PostgreSQL as the library wants it, a jar that holds a tar.xz of
// bin/. Its programs call those of this machine: to pack and unpack these would
// take longer than all else.
func archive(t *testing.T) []byte {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if installed, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(installed); err == nil {
			found = append(found, target)
		}
	}
	if len(found) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("no PostgreSQL to make an archive of")
		}
		t.Skip("no PostgreSQL to make an archive of: install it")
	}
	bin := filepath.Dir(found[len(found)-1])
	programs := fstest.MapFS{}
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		script := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\"\n", filepath.Join(bin, name))
		programs["bin/"+name] = &fstest.MapFile{Data: []byte(script), Mode: 0o755}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, programs); err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(dir, "postgres.txz")
	if out, err := exec.Command("tar", "-C", dir, "-cJf", packed, "bin").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	txz, err := os.ReadFile(packed)
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	w := zip.NewWriter(&jar)
	file, err := w.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(txz); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

// TestDownload lets a server of its own serve PostgreSQL, and starts what was
// downloaded.
func TestDownload(t *testing.T) {
	jar := archive(t)
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			sum := sha256.Sum256(jar)
			w.Write([]byte(hex.EncodeToString(sum[:])))
			return
		}
		w.Write(jar)
	}))
	defer server.Close()
	config := embeddedpostgres.DefaultConfig().BinaryRepositoryURL(server.URL)
	dir := filepath.Join(strings.TrimPrefix(cache(t), "XDG_CACHE_HOME="), "postgresql")
	log := slog.New(slog.DiscardHandler)

	programs, err := download(config, dir, log)
	if err != nil {
		t.Fatal(err)
	}
	postgres, err := pgdev.Start(pgdev.Options{Context: t.Context(), Binaries: programs})
	if err != nil {
		t.Fatalf("what was downloaded does not run: %v", err)
	}
	defer postgres.Stop()
	db, closePool, err := openPool(context.Background(), postgres.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer closePool()
	if err := db.Ping(); err != nil {
		t.Error(err)
	}

	before := asked.Load()
	if again, err := download(config, dir, log); err != nil || again != programs || asked.Load() != before {
		t.Errorf("the second start downloaded again: %s, %v", again, err)
	}
	if left, _ := filepath.Glob(dir + ".*"); len(left) > 0 {
		t.Errorf("it left %v behind", left)
	}
}

// TestDownloadFails wants one sentence that says what to do instead, and nothing
// half done that the next start would take for PostgreSQL.
func TestDownloadFails(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"nothing there": http.NotFound,
		"not an archive": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("<html>"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			dir := filepath.Join(t.TempDir(), "postgresql")
			_, err := download(embeddedpostgres.DefaultConfig().BinaryRepositoryURL(server.URL), dir, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), "set DATABASE_URL") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Error("it left a directory that looks like PostgreSQL")
			}
		})
	}
}
