//go:build unix && !linux

package server

import "syscall"

// OwnGroup puts a process into a process group of its own.
func OwnGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
