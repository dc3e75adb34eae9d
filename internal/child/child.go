// Package child runs this program anew, as a process of its own that serves HTTP:
// the memory and the time that are told of it are its alone.
package child

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// A Child is such a process. It ends with its parent.
type Child struct {
	// Address is where it serves: host and port.
	Address string

	cmd   *exec.Cmd
	leash io.Closer // it ends when this is closed, or we end
}

// Start starts this program with the arguments, which must lead it to Serve, and
// waits until it serves. Its errors go to ours.
func Start(args ...string) (*Child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &Child{cmd: exec.Command(program, args...)}
	c.cmd.Stderr = os.Stderr
	if c.leash, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	said, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		c.Stop()
		return nil, fmt.Errorf("%s did not start: %w", strings.Join(args, " "), err)
	}
	c.Address = strings.TrimSpace(address)
	return c, nil
}

// Stop ends it, and waits until it has ended.
func (c *Child) Stop() {
	_ = c.leash.Close()
	_ = c.cmd.Wait() // it was made to end
}

// Serve is the child's side: it serves, says its address, and ends with its input.
func Serve(server *http.Server) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return server.Serve(listener)
}

// KiB is a line of its status as proc(5) has it, such as VmRSS.
func (c *Child) KiB(line string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for text := range strings.Lines(string(status)) {
		if size, ok := strings.CutPrefix(text, line+":"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(size), "kB")))
		}
	}
	return 0, fmt.Errorf("no %s in the status of a process", line)
}

// ForgetPeak begins VmHWM, the most memory that it has had, anew. What getrusage
// tells of that is, after a fork, the parent's.
func (c *Child) ForgetPeak() error {
	const peak = "5" // proc(5), clear_refs
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", c.cmd.Process.Pid), []byte(peak), 0)
}
