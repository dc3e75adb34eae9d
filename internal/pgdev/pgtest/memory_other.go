//go:build !linux

package pgtest

// memory is empty: the usual directory for what is temporary.
func memory() string { return "" }
