// Package crash kills a server while clients write, cuts the power, breaks the disk, and looks for what clients were promised. It has only tests:
//
//	go test ./test/crash  # some seconds of each
//	make crash            # campaigns; where MAINSTAY_CAMPAIGNS names a folder they keep their figures there (package campaign)
//
// What a server is asked: a child process serves a project on the embedded engine; clients insert rows and batches, move money between accounts in one function,
// upsert counters, sell under a key (Idempotency-Key), and note what was acknowledged. Then: every acknowledged write is there; what was not acknowledged is there as
// a whole or not at all; no write appears that nobody sent; sums of money are as the transfers say; a sale that is sent again is made once; SQLite's own check, made on
// the files as they were left, finds nothing. What a check has seen must stay.
//
//   - crash_test.go: kills (SIGKILL) at a random moment, at exactly the Nth acknowledgement, while it starts; strace_test.go: at exactly the Nth sync of a thread, and a sync that fails.
//   - power_test.go: file systems (ext4, XFS) on loop devices are shut down without flushing, and mounted again; one is full. For root on Linux.
//   - history_test.go: histories of concurrent clients with kills between, checked with porcupine for an order of the calls that explains all answers.
//
// What the store below is asked, in small_test.go and states_test.go: a workload of few transactions runs on package faultdisk. Each operation of the disk fails, in
// several ways; each state is opened that a cut of power could leave, with unsynced writes missing, reordered and torn; likewise after each sync that failed and the
// new start that follows it.
//
// Each has a negative control that must be caught: a server that acknowledges before it commits, clients that move money in two requests, syncs that do nothing.
//
// What none of this shows: that a disk does what it says. One that loses what it has synced loses acknowledged writes.
package crash
