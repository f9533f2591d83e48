# SPDX-License-Identifier: Apache-2.0
"""Runs inside the sandbox, on any Python: what has to work there, and what must not. Prints one JSON object, name → outcome.

An attack's outcome is "refused: WHY" or "leaked: WHAT"; anything else is an error of the probe and fails its test.
"""
import ctypes
import errno
import json
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(__file__))
from sandbox_calls import ARM, call  # noqa: E402
from sandbox_needs import WORKS  # noqa: E402

TMP = os.environ["TMPDIR"]
ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__] = function
    return function


def refused_call(label, name, *arguments):
    """An attack that the filter alone has to stop: any other answer than its own would mean that the kernel saw it."""
    def run():
        try:
            call(name, *arguments)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOSYS):
                raise
            return f"the kernel looked at it: {error}"
        return "it was answered"
    ATTACKS[label] = run


def reading(label, path):
    def run():
        with open(path, "rb") as file:
            return f"{len(file.read(16))} bytes"
    ATTACKS[label] = run


def writing(label, path):
    def run():
        with open(path, "ab") as file:
            file.write(b"x")
        return "it was written to"
    ATTACKS[label] = run


def sockets(target):
    @attack
    def connect_tcp():
        socket.create_connection(("127.0.0.1", target["port"]), 1)
        return "connected"

    @attack
    def connect_unix():
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(target["unix"])
        return "connected"

    @attack
    def datagram_pair_to_a_path():
        one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.sendto(b"x", target["datagram"])
        return "sent"

    @attack
    def stream_pair_to_a_path():
        one, _ = socket.socketpair()
        one.sendto(b"x", target["datagram"])
        return "sent"

    @attack
    def bind_tcp():
        socket.create_server(("127.0.0.1", 0))
        return "bound"

    @attack
    def bind_unix():
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(f"{TMP}/socket")
        return "bound"

    for family in ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_ALG", "AF_VSOCK"):
        def make(family=family):
            socket.socket(getattr(socket, family), socket.SOCK_DGRAM)
            return "made"
        ATTACKS[f"socket_{family}"] = make


def executing():
    shell = ["/bin/sh", "-c", "echo escaped"]

    def again(path):
        def run():
            os.execve(path, shell, {})
        return run
    ATTACKS["execve_shell"] = again("/bin/sh")
    loader = next((p for p in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1") if os.path.exists(p)), None)

    @attack
    def execve_through_the_loader():
        os.execve(loader, [loader, "/bin/sh", "-c", "echo escaped"], {})

    def program_in(directory_or_none):
        file = os.memfd_create("program") if directory_or_none is None else os.open(
            f"{directory_or_none}/program", os.O_CREAT | os.O_RDWR, 0o700)
        with open("/bin/true", "rb") as source:
            os.write(file, source.read())
        return file

    @attack
    def execveat_memfd():
        call("execveat", program_in(None), b"", 0, 0, 0x1000)

    @attack
    def execve_proc_fd():
        os.execve(f"/proc/self/fd/{program_in(None)}", ["true"], {})

    @attack
    def execve_own_file():
        os.close(program_in(TMP))
        os.execve(f"{TMP}/program", ["true"], {})

    @attack
    def subprocess_run():
        import subprocess
        return subprocess.run(shell, capture_output=True, check=False).stdout.decode()

    @attack
    def posix_spawn():
        return f"pid {os.posix_spawn('/bin/sh', shell, {})}"


def forking():
    def child():
        os._exit(0)

    @attack
    def fork():
        return child() if os.fork() == 0 else "forked"

    @attack
    def vfork_flags():
        return child() if call("clone", 0x4111, 0, 0, 0, 0) == 0 else "forked"
    for name, flag in {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000}.items():
        refused_call(f"clone_new_{name}", "clone", flag | 17, 0, 0, 0, 0)
        refused_call(f"unshare_{name}", "unshare", flag)
    # Thread flags together with a namespace's: the kernel would refuse most of these, the filter has to refuse all.
    refused_call("clone_thread_new_net", "clone", 0x40000000 | 0x10d00, 0, 0, 0, 0)
    refused_call("clone3_process", "clone3", (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17), 88)


def code():
    import mmap
    ret = b"\xc0\x03\x5f\xd6" * 1024 if ARM else b"\xc3" * 4096

    @attack
    def anonymous_code():
        mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_EXEC)
        return "mapped"

    @attack
    def writable_code_of_a_library():
        with open(sys.executable, "rb") as file:
            mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_WRITE | mmap.PROT_READ | mmap.PROT_EXEC)
        return "mapped"

    @attack
    def memory_becomes_code():
        area = mmap.mmap(-1, 4096)
        address = ctypes.addressof(ctypes.c_char.from_buffer(area))
        call("mprotect", address, 4096, 5)
        return "changed"

    @attack
    def code_of_a_file_in_tmp():
        with open(f"{TMP}/code", "wb") as file:
            file.write(ret)
        with open(f"{TMP}/code", "rb") as file:
            mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
        return "mapped"


def calls(target):
    victim = target["victim"]
    for name, arguments in {
        "ptrace": (16, victim), "process_vm_readv": (victim, 0, 0, 0, 0, 0), "process_vm_writev": (victim, 0, 0, 0, 0, 0),
        "pidfd_open": (victim, 0), "pidfd_getfd": (0, 0, 0), "kcmp": (1, victim, 0, 0, 0),
        "mount": (b"x", b"/tmp", b"tmpfs", 0, 0),
        "umount2": (b"/tmp", 2), "pivot_root": (b".", b"."), "chroot": (b"/",), "open_tree": (-100, b"/", 1),
        "move_mount": (-100, b"/", -100, b"/", 0), "fsopen": (b"tmpfs", 0), "setns": (0, 0), "bpf": (0, 0, 0),
        "io_uring_setup": (1, ctypes.create_string_buffer(256)), "io_uring_enter": (0, 0, 0, 0, 0, 0), "userfaultfd": (1,),
        "keyctl": (0, -3, 0), "add_key": (b"user", b"a", b"b", 1, -3), "request_key": (b"user", b"a", 0, 0),
        "init_module": (0, 0, b""), "finit_module": (0, b"", 0), "delete_module": (b"x", 0), "kexec_load": (0, 0, 0, 0),
        "perf_event_open": (ctypes.create_string_buffer(128), 0, -1, -1, 0), "seccomp": (1, 0, 0), "personality": (0x400000,),
        "mknodat": (-100, f"{TMP}/node".encode(), 0o10600, 0), "fchmodat": (-100, f"{TMP}/.".encode(), 0o777),
        "fchmod": (1, 0o777), "fchownat": (-100, f"{TMP}/.".encode(), 1, 1, 0), "setuid": (0,), "setresuid": (0, 0, 0),
        "setgroups": (0, 0), "capset": (0, 0), "setrlimit": (7, 0), "tkill": (victim, 0), "rt_sigqueueinfo": (victim, 0, 0),
        "memfd_secret": (0,), "landlock_create_ruleset": (0, 0, 1), "syslog": (3, 0, 0), "acct": (0,), "reboot": (0, 0, 0, 0),
        "sethostname": (b"x", 1), "settimeofday": (0, 0), "quotactl": (0, 0, 0, 0), "name_to_handle_at": (-100, b"/", 0, 0, 0),
        "open_by_handle_at": (-100, 0, 0), "fanotify_init": (0, 0), "shmget": (0, 4096, 0o1600), "semget": (0, 1, 0o1600),
        "msgget": (0, 0o1600), "mq_open": (b"x", 0o102, 0o600, 0), "io_setup": (1, ctypes.create_string_buffer(8)),
        "vmsplice": (1, 0, 0, 0), "splice": (0, 0, 1, 0, 1, 0), "sched_setaffinity": (victim, 8, b"\xff" * 8),
        "setpriority": (0, 0, 19), "setsid": (), "pkey_mprotect": (0, 4096, 5, -1), "remap_file_pages": (0, 0, 0, 0, 0),
        "truncate": (f"{TMP}/x".encode(), 0), "utimensat": (-100, b"/usr", 0, 0), "setxattr": (b"/tmp", b"user.a", b"b", 1, 0),
        "linkat": (-100, b"/etc/passwd", -100, f"{TMP}/l".encode(), 0),
    }.items():
        refused_call(name, name, *arguments)
    refused_call("forget_the_parent", "prctl", 1, 0, 0, 0, 0)
    refused_call("become_dumpable", "prctl", 4, 1, 0, 0, 0)
    refused_call("signals_for_another", "fcntl", 1, 8, victim)
    refused_call("type_into_a_terminal", "ioctl", 1, 0x5412, b"x")
    refused_call("kill_another", "kill", victim, 9)
    refused_call("kill_the_parent", "kill", os.getppid(), 9)
    refused_call("kill_everybody", "kill", -1, 9)
    refused_call("kill_the_group", "kill", 0, 9)
    refused_call("tgkill_another", "tgkill", victim, victim, 9)
    refused_call("limits_of_another", "prlimit64", victim, 7, 0, ctypes.create_string_buffer(16))
    refused_call("limits_raised", "prlimit64", 0, 7, (ctypes.c_uint64 * 2)(1 << 20, 1 << 20), 0)


def exhausting(target):
    @attack
    def descriptors():
        held = []
        try:
            for _ in range(target["files"] + 1):
                held.append(os.open("/dev/null", os.O_RDONLY))
        finally:
            [os.close(file) for file in held]
        return f"{len(held)} descriptors"

    @attack
    def address_space():
        return f"{len(bytearray(target['address_space']))} bytes"

    @attack
    def file_size():
        try:
            with open(f"{TMP}/large", "wb") as file:
                file.write(bytes(target["file_size"] + 1))
            return "it was written"
        finally:
            os.unlink(f"{TMP}/large")

    @attack
    def tmp_size():
        written = []
        try:
            for number in range(target["tmp_size"] // target["file_size"] + 1):
                written.append(f"{TMP}/part-{number}")
                with open(written[-1], "wb") as file:
                    file.write(bytes(target["file_size"]))
            return f"{len(written)} files"
        finally:
            [os.unlink(name) for name in written]

    @attack
    def tmp_inodes():
        made = 0
        try:
            while made < 5000:
                os.close(os.open(f"{TMP}/n{made}", os.O_CREAT | os.O_WRONLY))
                made += 1
        finally:
            [os.unlink(f"{TMP}/n{number}") for number in range(made)]
        return f"{made} files"

    @attack
    def thread_bomb():
        import threading
        threading.stack_size(256 << 10)
        end, started = threading.Event(), []
        try:
            for _ in range(target["processes"] + 1):
                started.append(threading.Thread(target=end.wait))
                started[-1].start()
            return f"{len(started)} threads"
        finally:
            end.set()
            [thread.join() for thread in started if thread.ident]


def outcome(run):
    try:
        return f"leaked: {run()}"
    except (OSError, MemoryError, RuntimeError) as error:
        return f"refused: {type(error).__name__} {error}"
    except BaseException as error:
        return f"error: {error!r}"


def main():
    target = json.loads(sys.argv[1])
    for label, path in target["read"].items():
        reading(label, path)
    for label, path in target["write"].items():
        writing(label, path)

    @attack
    def stat_foreign_file():
        return f"{os.stat(target['stat']).st_size} bytes"

    @attack
    def list_root():
        return f"{os.listdir(target['list'])}"
    sockets(target)
    executing()
    forking()
    code()
    calls(target)
    exhausting(target)
    found = {"env": dict(os.environ), "works": {}, "attacks": {}}
    for name, run in WORKS.items():
        try:
            run()
            found["works"][name] = "works"
        except BaseException as error:
            found["works"][name] = f"fails: {error!r}"
    for name, run in ATTACKS.items():
        found["attacks"][name] = outcome(run)
    print(json.dumps(found))


main()
