package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// A disk is a small file system that PostgreSQL has alone.
type disk struct{ dir string }

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill leaves not a byte.
func (d *disk) fill() error {
	file, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer file.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := file.Write(block); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				return err
			}
			block = block[:len(block)/2]
		}
	}
	return nil
}

func (d *disk) empty() error { return os.Remove(d.ballast()) }
