package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// A process is one that is killed and started anew.
type process struct {
	role, name string
	env        []string
	logs       string // a directory; empty: none
	hears      func(what, about string)

	mu      sync.Mutex // held while it is started or ended
	command *exec.Cmd
	stdin   io.WriteCloser
	ended   chan struct{} // closed when it has ended, and all that it said was heard
	lives   int
}

func (p *process) start() error {
	p.lives++
	command := exec.Command("/proc/self/exe")
	if self, err := os.Executable(); err == nil {
		command.Path = self
	}
	command.Env = append(append(os.Environ(), p.env...),
		roleVariable+"="+p.role, fmt.Sprintf("%s=%s.%d", nameVariable, p.name, p.lives))
	command.SysProcAttr = tied()
	log, err := p.log()
	if err != nil {
		return err
	}
	command.Stderr = log
	p.stdin, err = command.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.command, p.ended = command, ended
	go func() {
		defer close(ended)
		hear(stdout, p.hears)
		_ = command.Wait() // whoever asks sees its state
		if log != nil {
			_ = log.Close()
		}
	}()
	return nil
}

func (p *process) log() (*os.File, error) {
	if p.logs == "" {
		return nil, nil
	}
	return os.OpenFile(filepath.Join(p.logs, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// restart kills it and starts it anew.
func (p *process) restart() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hasEnded() {
		return fmt.Errorf("%s has ended by itself", p.name)
	}
	_ = p.command.Process.Kill()
	<-p.ended
	return p.start()
}

// freeze stops it for a while, as a machine does that is moved.
func (p *process) freeze(ctx context.Context, f fault) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.command.Process.Signal(syscall.SIGSTOP)
	err := rest(ctx, f.hold)
	_ = p.command.Process.Signal(syscall.SIGCONT)
	return err
}

// finish lets it come to its end.
func (p *process) finish() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hasEnded() {
		return fmt.Errorf("%s has ended by itself", p.name)
	}
	_ = p.stdin.Close()
	<-p.ended
	if !p.command.ProcessState.Success() {
		return fmt.Errorf("%s ended with %v", p.name, p.command.ProcessState)
	}
	return nil
}

// end kills it for good.
func (p *process) end() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.command.Process.Kill() // it may have ended
	<-p.ended
	return nil
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
