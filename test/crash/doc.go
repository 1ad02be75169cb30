// Package crash kills a server while clients write, and looks for what they were promised. It has only tests:
//
//	go test ./test/crash                                     # a few kills
//	go test ./test/crash -count=1 -kills 1000 -timeout 2h -v # a campaign
//
// A child process serves a project on the embedded engine; clients insert rows and batches, move money between accounts in one function, and
// upsert counters, sell under a key (Idempotency-Key), and note what was acknowledged. The child is killed (SIGKILL, nothing of it runs any more) at a random moment, at exactly the Nth acknowledgement,
// or while it starts; it is started again, and then: every acknowledged write is there; what was not acknowledged is there as a whole or
// not at all; no write appears that nobody sent; sums of money are as the transfers say; a sale that is sent again is made once; SQLite's own check of the file, made on the files as the
// kill left them, finds nothing. What a check has seen must stay.
//
// Two negative controls show that the checker can see: a server that acknowledges before it commits must be caught losing writes, and clients that move money in
// two requests instead of one must be caught half-way.
//
// What the death of a process can show: that nobody is answered before the commit was handed to the operating system; that transactions are whole; that
// recovery at start works; that whatever is done at start can be interrupted. What it cannot show: that the commit reached the disk. The kernel keeps what a dead
// process has written, so synchronous=NORMAL, or no fsync at all, survives every kill here. That needs a cut of power:
//
//   - a loop-mounted file system (ext4, XFS) that is shut down without flushing (ioctl FS_IOC_SHUTDOWN), the server killed, the image mounted again: for
//     root on Linux, with synchronous=NORMAL as the control that must lose;
//   - a SQLite VFS below package store (Options.VFS) that keeps what was written since the last sync apart, and builds from it the files that a cut could have left:
//     each prefix, single writes dropped, the last one torn; likewise I/O errors and a full disk at the Nth operation.
package crash
