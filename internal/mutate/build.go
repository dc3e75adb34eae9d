package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

//go:embed switch.txt
var switches string

const loaded = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
	packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule

// load reads and checks a package and the tests within it, with other texts in
// place of some files.
func load(pattern string, overlay map[string][]byte) (*packages.Package, error) {
	found, err := packages.Load(&packages.Config{Mode: loaded, Overlay: overlay, Tests: true}, pattern)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(p *packages.Package) bool {
		return strings.HasSuffix(p.PkgPath, ".test") || strings.HasSuffix(p.PkgPath, "_test")
	})
	pkg := found[len(found)-1] // the one with the tests, if there are any
	if len(pkg.CompiledGoFiles) == 0 || pkg.Module == nil || found[0].PkgPath != pkg.PkgPath {
		return nil, fmt.Errorf("%s is not one package of this module", pattern)
	}
	return pkg, nil
}

// A build is a package's test binary, with every mutant in it.
type build struct {
	dir     string // of the package
	binary  string
	mutants []*mutant
	stale   int // mutants that do not compile
}

// compile finds a package's mutants and compiles them all at once, in temp.
// What Go does not allow is found by checking, and left out.
func compile(pattern, temp string) (*build, error) {
	pkg, err := load(pattern, nil)
	if err != nil {
		return nil, err
	}
	if len(pkg.Errors) > 0 {
		return nil, pkg.Errors[0]
	}
	m, err := find(pkg, pkg.Module.Dir)
	if err != nil {
		return nil, err
	}
	b := &build{dir: filepath.Dir(pkg.CompiledGoFiles[0]), binary: filepath.Join(temp, "mutants.test"), mutants: m.mutants}
	for {
		overlay := m.overlay(b.mutants)
		mutated, err := load(pattern, overlay)
		if err != nil {
			return nil, err
		}
		if len(mutated.Errors) == 0 {
			return b, b.link(pattern, temp, overlay)
		}
		kept := withoutErrors(b.mutants, mutated)
		if len(kept) == len(b.mutants) {
			return nil, fmt.Errorf("the mutants of %s do not compile: %w", pattern, mutated.Errors[0])
		}
		b.stale += len(b.mutants) - len(kept)
		b.mutants = kept
	}
}

// overlay is the package's files with these mutants, and that of the switches.
func (m *maker) overlay(mutants []*mutant) map[string][]byte {
	edits := map[string][]edit{}
	var texts strings.Builder
	for _, made := range mutants {
		edits[made.path] = append(edits[made.path], made.edits...)
		if made.text != nil {
			fmt.Fprintf(&texts, "\t%d: {%d, %d, %q},\n", made.number, made.text.start, made.text.end, made.text.text)
		}
	}
	overlay := map[string][]byte{}
	for path, text := range m.sources {
		overlay[path] = apply(text, append(edits[path], m.shared[path]...))
	}
	dir := filepath.Dir(m.pkg.CompiledGoFiles[0])
	overlay[filepath.Join(dir, "mutant_switches.go")] = []byte(strings.NewReplacer(
		"PACKAGE", m.pkg.Name, "COUNT", fmt.Sprint(len(m.mutants)+1), "TEXTS", texts.String()).Replace(switches))
	return overlay
}

// withoutErrors leaves those out that begin at the line of an error.
func withoutErrors(mutants []*mutant, pkg *packages.Package) []*mutant {
	type line struct {
		path string
		line int
	}
	wrong := map[line]bool{}
	for _, err := range pkg.TypeErrors {
		at := position(err)
		wrong[line{at.Filename, at.Line}] = true
	}
	return slices.DeleteFunc(slices.Clone(mutants), func(m *mutant) bool { return wrong[line{m.path, m.line}] && m.text == nil })
}

func position(err types.Error) token.Position { return err.Fset.Position(err.Pos) }

// link compiles the tests with the overlay.
func (b *build) link(pattern, temp string, overlay map[string][]byte) error {
	replaced := map[string]string{}
	for i, path := range slices.Sorted(maps.Keys(overlay)) {
		replaced[path] = filepath.Join(temp, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(replaced[path], overlay[path], 0o666); err != nil {
			return err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return err
	}
	file := filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(file, list, 0o666); err != nil {
		return err
	}
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", file, "-o", b.binary, pattern).CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}
