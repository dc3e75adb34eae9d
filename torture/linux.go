//go:build linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// mountsVariable says that this process has mounts of its own.
const mountsVariable = "TORTURE_MOUNTS"

// inOwnMounts runs this program anew with mounts of its own, which end with its
// last process, however that ends. done: it did, and ended with the code. Where
// that is not allowed nothing can be mounted.
func inOwnMounts() (code int, done bool) {
	if os.Geteuid() != 0 || os.Getenv(mountsVariable) != "" {
		return 0, false
	}
	self := exec.Command("/proc/self/exe", os.Args[1:]...)
	self.Env = append(os.Environ(), mountsVariable+"=1")
	self.Stdin, self.Stdout, self.Stderr = os.Stdin, os.Stdout, os.Stderr
	self.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	if err := self.Start(); err != nil {
		return 0, false
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	go func() {
		for s := range asked {
			_ = self.Process.Signal(s)
		}
	}()
	err := self.Wait()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return 1, true
	}
	return self.ProcessState.ExitCode(), true
}

// mountSmall mounts a file system of so many bytes, in memory.
func mountSmall(dir string, size string) (unmount func() error, err error) {
	if os.Getenv(mountsVariable) == "" {
		return nil, errors.New("only root may mount one, in mounts of its own")
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755,size="+size); err != nil {
		return nil, err
	}
	return func() error { return syscall.Unmount(dir, syscall.MNT_DETACH) }, nil
}

// tied ends a process when we end.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
