# SPDX-License-Identifier: Apache-2.0
"""System calls by name, past the C library, for sandbox_probe.py: in the sandbox there is only what lies beside it."""
import ctypes
import os
import platform

LIBC = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"
# name: (x86-64, arm64)
NUMBERS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "kcmp": (312, 272), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "unshare": (272, 97),
    "setns": (308, 268), "bpf": (321, 280), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "perf_event_open": (298, 241), "seccomp": (317, 277), "personality": (135, 92), "mknodat": (259, 33),
    "fchmodat": (268, 53), "fchmod": (91, 52), "fchownat": (260, 54), "setuid": (105, 146), "setresuid": (117, 147),
    "setgroups": (116, 159), "capset": (126, 91), "setrlimit": (160, 164), "clone": (56, 220), "clone3": (435, 435),
    "execve": (59, 221), "execveat": (322, 281), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "memfd_secret": (447, 447), "landlock_create_ruleset": (444, 444), "syslog": (103, 116), "acct": (163, 89),
    "reboot": (169, 142), "sethostname": (170, 161), "settimeofday": (164, 170), "quotactl": (179, 60),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "shmget": (29, 194),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180), "io_setup": (206, 0), "vmsplice": (278, 75),
    "splice": (275, 76), "sched_setaffinity": (203, 122), "setpriority": (141, 140), "setsid": (112, 157),
    "pkey_mprotect": (329, 288), "remap_file_pages": (216, 234), "truncate": (76, 45), "utimensat": (280, 88),
    "setxattr": (188, 5), "linkat": (265, 37), "prctl": (157, 167), "mprotect": (10, 226), "fcntl": (72, 25),
    "ioctl": (16, 29), "kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261), "getpid": (39, 172),
}


def call(name, *arguments):
    """The result of the bare system call; OSError with the kernel's reason."""
    ctypes.set_errno(0)
    words = [a if isinstance(a, (bytes, ctypes.Array, ctypes.c_void_p)) else ctypes.c_long(a) for a in arguments]
    result = LIBC.syscall(ctypes.c_long(NUMBERS[name][ARM]), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
