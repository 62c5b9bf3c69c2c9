package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// auditLog checks that the file of audit events can be written to, or be made. It makes
// nothing: the file belongs to the daemon.
func (c *checker) auditLog(context.Context) stepOutcome {
	path := c.cfg.audit
	switch path {
	case auditOff:
		return warning("AUDIT_LOG=off: nothing keeps what was decided", "set AUDIT_LOG to stdout or to a file, unless that is meant")
	case auditStdout:
		return fine("events go to the standard output of the daemon")
	}
	const remedy = "make its directory, and let the user of the daemon write there"
	at, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return judgeAccess(filepath.Dir(path), fmt.Sprintf("%s can be made", path), remedy)
	case err != nil:
		return failed(err, remedy)
	case at.IsDir():
		return failed(fmt.Errorf("%s is a directory", path), "set AUDIT_LOG to a file in it")
	}
	return judgeAccess(path, fmt.Sprintf("%s can be written to by this user", path), remedy)
}

// judgeAccess says whether this user may write to a file or directory.
func judgeAccess(path, good, remedy string) stepOutcome {
	const write = 2 // W_OK of access(2)
	if err := syscall.Access(path, write); err != nil {
		return failed(&os.PathError{Op: "write to", Path: path, Err: err}, remedy)
	}
	return fine("%s", good)
}
