//go:build unix

package session

import (
	"os"
	"syscall"
)

// killSignal kills a session: the level, not the process.
const killSignal = syscall.SIGUSR1

// signalKill wakes a session that sleeps. The KILL file stands without it.
func signalKill(pid int) { _ = syscall.Kill(pid, killSignal) }

// ownedByUs reports whether a file belongs to the user of this process.
func ownedByUs(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// missing reports whether there is certainly nothing at a path. It is asked at every
// approval: the call itself costs a third of what os.Lstat does when there is nothing.
func missing(path string) bool {
	var st syscall.Stat_t
	return syscall.Lstat(path, &st) == syscall.ENOENT
}
