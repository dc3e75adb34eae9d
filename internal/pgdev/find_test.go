//go:build unix

package pgdev

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// install makes a directory with a server that says it is of that version.
func install(t *testing.T, dir, version string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres", "initdb"} {
		script := "#!/bin/sh\necho '" + name + " (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBinaries(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	on := func(dir, version string) string { return install(t, filepath.Join(root, dir), version) }
	inPath := on("path", "14.2")
	v9, v15, v100 := on("lib/9/bin", "9.6.24"), on("lib/15/bin", "15.8"), on("lib/100/bin", "100.1")
	if err := os.Remove(filepath.Join(on("lib/200/bin", "200.1"), "initdb")); err != nil {
		t.Fatal(err)
	}
	downloaded := on("download", "18.1")
	none := t.TempDir()
	lib := filepath.Join(root, "lib/*/bin")
	download := func(context.Context) (string, error) { return downloaded, nil }
	offline := func(context.Context) (string, error) { return "", errors.New("no network") }

	for _, c := range []struct {
		name, path, usual string
		o                 Options
		wanted            string
		want              string // empty: ErrNotFound
		err               string
	}{
		{name: "PATH first", path: inPath, usual: lib, want: inPath},
		{name: "newest of the usual directories that is whole", path: none, usual: lib, want: v100},
		{name: "the version that wrote the data", path: inPath, usual: lib, wanted: "15", want: v15},
		{name: "an old version that wrote the data", path: inPath, usual: lib, wanted: "9", want: v9},
		{name: "as told", path: inPath, usual: lib, o: Options{Binaries: v15}, want: v15},
		{name: "as told, nothing else", path: inPath, usual: lib, o: Options{Binaries: none, Download: download}},
		{name: "nowhere", path: none, usual: none},
		{name: "no download where one is found", path: inPath, usual: none, o: Options{Download: offline}, want: inPath},
		{name: "download", path: none, usual: none, o: Options{Download: download}, want: downloaded},
		{name: "download for the data", path: inPath, usual: lib, wanted: "18", o: Options{Download: download}, want: downloaded},
		{name: "download of another version", path: none, usual: none, wanted: "17", o: Options{Download: download}},
		{name: "download fails", path: none, usual: none, o: Options{Download: offline}, err: "downloading PostgreSQL: no network"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PATH", c.path)
			before := usual
			usual = []string{c.usual}
			defer func() { usual = before }()
			got, err := c.o.binaries(t.Context(), c.wanted)
			switch {
			case c.want != "" && (err != nil || got != c.want):
				t.Errorf("%s, %v, want %s", got, err, c.want)
			case c.err != "" && (err == nil || err.Error() != c.err):
				t.Errorf("%s, %v, want %s", got, err, c.err)
			case c.want == "" && c.err == "" && !errors.Is(err, ErrNotFound):
				t.Errorf("%s, %v, want %v", got, err, ErrNotFound)
			}
		})
	}
}
