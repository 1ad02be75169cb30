package password

import "syscall"

// niceness is how far hashes stand back behind the rest of the server where processors are short: to about a tenth of a share each. Further back, a machine that is busy with
// other things lets nobody in.
const niceness = 10

// yield lets the calling thread's work wait for the rest of the machine's. It holds for the thread as long as it lives.
func yield() {
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // 0 is the calling thread; the call itself gives 20 less the niceness (getpriority(2), notes)
	if err == nil {
		err = syscall.Setpriority(syscall.PRIO_PROCESS, 0, min(20-raw+niceness, 19))
	}
	_ = err // a hash that does not yield is a hash
}
