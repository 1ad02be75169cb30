//go:build unix

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const supported = true

const maxSocketPath = 100 // sun_path holds 104 bytes on macOS, 108 on Linux

// account is who the server runs as; nil is ourselves.
type account struct{ *syscall.Credential }

// serverUser is an unprivileged account when we are root, which the server refuses to run as.
func serverUser() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: false}}, nil
		}
	}
	return account{}, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// mkdir makes a folder that only the server's user (and root) may enter.
func (a account) mkdir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if a.Credential == nil {
		return nil
	}
	return os.Chown(dir, int(a.Uid), int(a.Gid))
}

// letIn lets the account pass through the folder above dir, when that is a private one of ours: to pass is neither to list nor to read.
func (a account) letIn(dir string) error {
	if a.Credential == nil {
		return nil
	}
	above := filepath.Dir(dir)
	i, err := os.Stat(above)
	if err != nil {
		return err
	}
	if s, ok := i.Sys().(*syscall.Stat_t); ok && s.Uid == 0 && i.Mode().Perm() == 0o700 && above != home() {
		return os.Chmod(above, 0o711)
	}
	return nil
}

func home() string {
	h, _ := os.UserHomeDir() // none: nothing to spare
	return filepath.Clean(h)
}

// reaches says whether the account can get to the folder at all: every folder above must let it pass.
func (a account) reaches(dir string) error {
	if a.Credential == nil {
		return nil
	}
	for d := filepath.Dir(dir); d != filepath.Dir(d); d = filepath.Dir(d) {
		i, err := os.Stat(d)
		if err != nil {
			return err
		}
		s, ok := i.Sys().(*syscall.Stat_t)
		bit := os.FileMode(0o001)
		if ok && s.Uid == a.Uid {
			bit = 0o100
		}
		if i.Mode()&bit == 0 {
			return fmt.Errorf("PostgreSQL runs as user %d, which may not enter %s: choose a data folder elsewhere, or run as an ordinary user", a.Uid, d)
		}
	}
	return nil
}

// applyTo makes cmd run as the account, in a process group of its own: a terminal's interrupt is for us to pass on.
func (a account) applyTo(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.Credential, Setpgid: true}
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME=/")
}
