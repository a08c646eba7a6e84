"""What code in a sandboxed room may ask of the kernel: two filters, built by libseccomp and named by system call.

The first binds the whole room: what is not on its list does not exist there. The second binds the child in which a
submission sits, and leaves it threads but no process. Both are compiled outside and go in as bytes.
"""

import errno
import functools
import os
from collections.abc import Iterable

import pyseccomp as seccomp

# Everything that NumPy, PyTorch, Matplotlib and plain Python were seen to need, and what is of the same kind.
ALLOWED = (
    # files, all of them in the room's own view
    "access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64"
    " fallocate fchdir fchmod fchmodat fchown fcntl fdatasync fgetxattr flock fstat fstatfs fsync ftruncate futimesat"
    " getcwd getdents getdents64 getxattr ioctl lchown lgetxattr link linkat lseek lstat mkdir mkdirat newfstatat open"
    " openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename"
    " renameat renameat2 rmdir sendfile splice stat statfs statx symlink symlinkat sync_file_range tee truncate umask"
    " unlink unlinkat utime utimensat utimes write writev",
    # waiting, and the pipes and socket pairs that threads and event loops wake each other with
    "epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 pipe pipe2 poll ppoll"
    " pselect6 select socketpair recvfrom recvmsg sendmsg sendto shutdown getsockname getsockopt setsockopt"
    " timerfd_create timerfd_gettime timerfd_settime signalfd signalfd4",
    # memory
    "brk madvise membarrier mincore mmap mprotect mremap msync munmap",
    # time
    "alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time times"
    " timer_create timer_delete timer_getoverrun timer_gettime timer_settime",
    # threads and processes
    "arch_prctl execve exit exit_group fork futex get_robust_list get_thread_area getcpu getegid geteuid getgid"
    " getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid"
    " kill pause pidfd_open prctl restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo"
    " rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min"
    " sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_yield seccomp"
    " set_robust_list set_thread_area set_tid_address setgid setgroups setpgid setresgid setresuid setrlimit setsid"
    " setuid sigaltstack tgkill tkill vfork wait4 waitid",
    # facts
    "capget getrandom sysinfo uname",
)

# Refused in words that a reader understands ("Operation not permitted"); all else is "not implemented".
REFUSED = (
    "accept accept4 bind connect listen socket sendmmsg recvmmsg add_key request_key keyctl bpf chroot mount umount2"
    " pivot_root unshare setns ptrace process_vm_readv process_vm_writev perf_event_open io_uring_setup io_uring_enter"
    " io_uring_register userfaultfd memfd_create shmget shmat shmctl semget semop semctl msgget msgsnd msgrcv mq_open"
    " mknod mknodat personality sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set capset"
    " kexec_load init_module finit_module reboot swapon swapoff sethostname settimeofday clock_settime quotactl acct"
    " open_by_handle_at name_to_handle_at"
)

CLONE_THREAD = 0x00010000
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET


@functools.cache
def room_filter() -> bytes:
    """Return the filter of a whole room, as BPF."""
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    _add(rules, seccomp.ALLOW, ALLOWED)
    _add(rules, seccomp.ERRNO(errno.EPERM), [REFUSED])
    # clone3 hides its flags from a filter: glibc falls back to clone where it does not exist, and so it does not.
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, NEW_NAMESPACES, 0))
    # Its own limits and processors alone: the room's server must not be slowed for the next one.
    for name in ("prlimit64", "sched_setaffinity"):
        rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(0, seccomp.EQ, 0))
    return _compiled(rules)


@functools.cache
def candidate_filter() -> bytes:
    """Return the filter that a submission's process puts on top: threads, but no process and no other program."""
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    _add(rules, refuse, ["fork vfork execve execveat setsid setpgid"])
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_THREAD, 0))
    return _compiled(rules)


def _add(rules: seccomp.SyscallFilter, action: int, groups: Iterable[str]) -> None:
    for name in " ".join(groups).split():
        # Not every machine has every call: some exist on one architecture only, some are newer than the library.
        if seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0:
            rules.add_rule(action, name)


def _compiled(rules: seccomp.SyscallFilter) -> bytes:
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
