package password

import "syscall"

// niceness is how far hashes stand back where processors are short: to about a tenth of a share each. Further back, a machine that is busy with other things lets nobody in.
const niceness = 10

// yield lets the calling thread's work wait for the rest of the machine's. It holds for the thread as long as it lives.
func yield() {
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness) // 0 is the calling thread (setpriority(2)); a hash that does not yield is a hash
}
