//go:build unix

package pgdev

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// usual is where distributions put the server, outside PATH.
var usual = []string{
	"/usr/lib/postgresql/*/bin",       // Debian, Ubuntu
	"/usr/pgsql-*/bin",                // PGDG on Red Hat and its kin
	"/usr/libexec/postgresql*",        // Alpine
	"/opt/homebrew/opt/postgres*/bin", // Homebrew
	"/usr/local/opt/postgres*/bin",    // Homebrew on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/opt/local/lib/postgresql*/bin", // MacPorts
	"/usr/local/pgsql/bin",           // built from source
}

// binaries returns the directory of the server to use. Data that a major
// version wrote, only that version reads: wanted names it, and is empty when
// there are no data yet.
func (o Options) binaries(ctx context.Context, wanted string) (string, error) {
	dirs, places := installed(), append([]string{"PATH"}, usual...)
	if o.Binaries != "" {
		dirs, places = []string{o.Binaries}, []string{o.Binaries}
	}
	fits := func(dir string) bool { return serves(dir, wanted) }
	best := slices.IndexFunc(dirs, fits)
	if best < 0 && o.Binaries == "" && o.Download != nil {
		downloaded, err := o.Download(ctx)
		if err != nil {
			return "", fmt.Errorf("downloading PostgreSQL: %w", err)
		}
		dirs, places = []string{downloaded}, []string{downloaded}
		best = slices.IndexFunc(dirs, fits)
	}
	if best >= 0 {
		return filepath.Abs(dirs[best])
	}
	if wanted != "" {
		wanted = " of version " + wanted + ", which wrote the data,"
	}
	return "", fmt.Errorf("%w: no postgres and initdb%s in %s", ErrNotFound, wanted, strings.Join(places, ", "))
}

// installed lists directories with a server, the best first.
func installed() []string {
	var dirs []string
	if postgres, err := exec.LookPath("postgres"); err == nil {
		if program, err := filepath.EvalSymlinks(postgres); err == nil {
			dirs = append(dirs, filepath.Dir(program))
		}
	}
	for _, pattern := range usual {
		matches, _ := filepath.Glob(pattern)
		slices.SortStableFunc(matches, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
		dirs = append(dirs, matches...)
	}
	return slices.DeleteFunc(dirs, func(dir string) bool { return !serves(dir, "") })
}

var number = regexp.MustCompile(`\d+(\.\d+)?`)

// version reads the version out of a directory's name; 0 when it has none.
func version(dir string) float64 {
	v, _ := strconv.ParseFloat(number.FindString(dir), 64)
	return v
}

// serves reports whether dir holds a server, of the wanted major version when
// one is wanted.
func serves(dir, wanted string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	if wanted == "" {
		return true
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	major, _, _ := strings.Cut(number.FindString(string(out)), ".")
	return err == nil && major == wanted
}

// dataVersion is the major version that wrote the data; empty without data.
func dataVersion(data string) string {
	text, _ := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	return strings.TrimSpace(string(text))
}
