//go:build linux || darwin

package audit

import (
	"os"
	"syscall"
)

// noSpace reports whether the file system of a path says that it is full.
func noSpace(path string) bool {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil || s.Blocks == 0 {
		return false
	}
	if os.Geteuid() == 0 { // may use what is reserved
		return s.Bfree == 0
	}
	return s.Bavail == 0
}
