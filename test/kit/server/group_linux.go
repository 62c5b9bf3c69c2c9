package server

import "syscall"

// OwnGroup puts a process into a process group of its own, and has it killed
// with the test binary should that end without cleaning up, as it does when it
// is interrupted or runs into the time limit of go test.
func OwnGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
