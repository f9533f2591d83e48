# SPDX-License-Identifier: Apache-2.0
"""What a worker is handed, what the launcher refuses, and what `buckler sandbox check` says."""
import json
import os
import shutil
import signal
import socket
import subprocess

import pytest
from conftest import BUCKLER
from sandbox import LAUNCHER, OUTER_FILTER, PYTHON, READ, place  # noqa: F401


def test_only_listed_variables_arrive(place):
    result = place.python("import json, os; print(json.dumps(dict(os.environ)))", "--env", "GIVEN", "--env", "UNSET",
                          env={"GIVEN": "a=b", "SECRET": "s", "LD_PRELOAD": "", "PYTHONSTARTUP": "x"})
    found = json.loads(result.stdout)
    found.pop("LC_CTYPE", None)
    assert set(found) == {"GIVEN", "TMPDIR", "BUCKLER_SANDBOX"} and found["GIVEN"] == "a=b"
    held = set(found["BUCKLER_SANDBOX"].split(","))
    assert {"landlock", "seccomp", "no-new-privileges", "capabilities", "one-shot-exec"} <= held


def test_kept_descriptors_are_at_20_and_no_others_are_open(place):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stray, kept = os.open("/etc/passwd", os.O_RDONLY), os.memfd_create("area")
    with ours, theirs:
        fds = (theirs.fileno(), stray, kept)
        result = place.python("""
import os, socket
channel = socket.socket(fileno=20)
channel.send(b"%d" % os.fstat(21).st_size)
assert channel.recv(10) == b"answer" and os.read(0, 1) == b""
def is_open(fd):
    try: os.fstat(fd)
    except OSError: return False
    return True
print([fd for fd in range(1024) if is_open(fd)])
""", "--keep", theirs.fileno(), "--keep", kept, pass_fds=fds, stdin=stray) if ours.send(b"answer") else None
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout) == [0, 1, 2, 20, 21] and ours.recv(10) == b"0"
    os.close(stray)
    os.close(kept)


def test_how_the_program_ends_is_told(place):
    assert place.python("raise SystemExit(7)").returncode == 7
    # The first process of a PID namespace cannot send itself a signal that it has no handler for: libc then faults.
    aborted = place.python("import os; os.abort()").returncode
    assert aborted == (-signal.SIGSEGV if "pid-namespace" in place.held() else -signal.SIGABRT)
    assert place.python("while True: pass", limits=[("--limit-cpu", 1)]).returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_the_onnx_profile_has_no_place_to_write_and_no_sockets(place):
    words = place.arguments(program=[PYTHON, "-I", "-c", """
import ctypes, os, struct
def seccomp(flags):
    # With a listener of its own (8) it could say yes to its own execve.
    held = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
    class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("at", ctypes.c_void_p)]
    program = Program(1, ctypes.cast(held, ctypes.c_void_p))
    number = 277 if os.uname().machine == "aarch64" else 317
    if ctypes.CDLL(None).syscall(number, 1, flags, ctypes.byref(program)) < 0: raise OSError
seccomp(1)
for attempt in (lambda: open(os.environ["TMPDIR"] + "/x", "w"), lambda: os.memfd_create("x"), lambda: os.mkdir("x"),
                lambda: os.kill(os.getpid(), 0), lambda: os.symlink("a", "b"), lambda: seccomp(0), lambda: seccomp(8),
                lambda: seccomp(9)):
    try: attempt()
    except OSError: continue
    raise SystemExit("it worked")
"""])
    words[words.index("python", len(place.wrapper))] = "onnx"
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_where_an_outer_filter_has_the_listener_the_worker_adds_its_own(place):
    if place.situation.endswith("refused"):
        pytest.skip("not proven here: the situation has an outer filter already")
    words = place.arguments(program=[PYTHON, "-I", "-c", """
import ctypes, os, struct
assert os.environ["BUCKLER_SANDBOX_SECOND_FILTER"] == "1" and "one-shot-exec" not in os.environ["BUCKLER_SANDBOX"]
arm = os.uname().machine == "aarch64"
program = struct.pack("HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, 221 if arm else 59, 6, 0, 0, 0x50001, 6, 0, 0, 0x7fff0000)
held = ctypes.create_string_buffer(program)
class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("at", ctypes.c_void_p)]
arguments = Program(4, ctypes.cast(held, ctypes.c_void_p))
assert ctypes.CDLL(None).syscall(277 if arm else 317, 1, 1, ctypes.byref(arguments)) == 0
try: os.execv("/bin/true", ["true"])
except PermissionError: raise SystemExit(9)
"""])
    at = len(place.wrapper)
    words[at:at] = [PYTHON, "-I", "-c", OUTER_FILTER, "listen"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 9, result.stderr
    words[words.index("--")] = "--require"
    words[words.index("--require") + 1:words.index("--require") + 1] = ["one-shot-exec", "--"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 65 and "one-shot-exec is required" in result.stderr


def test_a_required_layer_that_is_missing_is_an_error_by_name(place):
    held = place.held()
    for layer in ("mount-namespace", "private-tmp", "network-namespace", "uid", "landlock", "seccomp"):
        result = place.run("--require", layer)
        if layer in held:
            assert result.returncode == 0, result.stderr
        else:
            assert result.returncode == 65 and f"the layer {layer} is required" in result.stderr


def test_an_interpreter_that_the_user_cannot_reach_is_an_error_before_start(place):
    result = place.run(program=[str(place.base / "other/python3")])
    assert result.returncode == 66 and f"{place.base}/other/python3: " in result.stderr and "--read" in result.stderr


def test_what_only_root_can_reach_is_bound_before_the_user_is_switched(place):
    if os.geteuid() != 0:
        pytest.skip("not proven here: the tests do not run as root")
    secret = place.base / "secret"
    if not secret.exists():
        secret.mkdir(mode=0o700)
        (secret / "bin").mkdir()
        shutil.copy("/usr/bin/true", secret / "bin/true")
    result = place.run("--read", secret / "bin", program=[str(secret / "bin/true")])
    if place.is_root and "read-only-binds" in place.held():
        assert result.returncode == 0, result.stderr
    else:
        assert result.returncode == 66 and str(secret / "bin") in result.stderr and "denied" in result.stderr


def test_a_path_may_be_found_elsewhere(place):
    place.need("read-only-binds")
    result = place.python("import os; print('file' in os.listdir('/models/digits'), open('/models/digits/file').read())",
                          "--read-at", place.base / "other", "/models/digits")
    assert result.stdout == "True content\n", result.stderr


def test_signals_that_the_starter_ignored_or_blocked_are_as_usual(place):
    def spoil():
        for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    words = place.arguments(program=[PYTHON, "-I", "-c", """
import signal
assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
assert signal.getsignal(signal.SIGUSR1) == signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL
raise SystemExit(3)
"""])
    result = subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=spoil)
    assert result.returncode == 3, result.stderr


def test_the_launcher_needs_no_library():
    assert b".so" not in subprocess.run(["readelf", "-d", LAUNCHER], capture_output=True, check=True).stdout


def test_a_report_tells_what_holds(place):
    reading, writing = os.pipe()
    result = place.run("--report", writing, pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as file:
        lines = [line.split("\t") for line in file.read().splitlines()]
    assert result.returncode == 0 and {len(line) for line in lines} == {4}
    assert {"landlock", "seccomp"} <= {name for name, state, required, _ in lines if (state, required) == ("holds", "required")}
    assert {name for name, state, _, _ in lines if state == "holds"} - {"cgroup"} == place.held() - {"cgroup"}


def test_it_starts_every_time(place):
    for _ in range(20):
        assert place.run().returncode == 0


@pytest.mark.parametrize("words, text", [
    ([], "no program"),
    (["--profile"], "--profile needs a value"),
    (["--profile", "shell"], "'shell' is neither"),
    (["--nonsense"], "'--nonsense' is not an option"),
    (["--read", "usr"], "'usr' is not an absolute path"),
    (["--read", "/usr/"], "'/usr/'"),
    (["--read", "/"], "'/'"),
    (["--read", "/usr/../etc"], "'/usr/../etc'"),
    (["--read", "/usr//lib"], "'/usr//lib'"),
    (["--read", "/usr/."], "'/usr/.'"),
    (["--read", "/" + "a" * 1023], "longer than 1023"),
    (["--read", "/usr"] * 65, "--read: more than 64"),
    (["--keep", "2"], "2 is not an open descriptor above 2"),
    (["--keep", "999"], "999 is not"),
    (["--keep", "-1"], "'-1' is not a number"),
    (["--limit-files", "0"], "--limit-files"),
    (["--limit-files", "64x"], "'64x'"),
    (["--limit-cpu", "9223372036854775808"], "'9223372036854775808'"),
    (["--env", "A=b"], "'A=b'"),
    (["--env", "LD_PRELOAD"], "'LD_PRELOAD'"),
    (["--env", "TMPDIR"], "'TMPDIR'"),
    (["--env", "A"] * 65, "--env: more than 64"),
    (["--user", "0", "1"], "root is no user"),
    (["--user", "1", "4294967295"], "'4294967295'"),
    (["--require", "seccomp,walls"], "'walls' is not a layer"),
    (["--profile", "python", "--", "/bin/true"], "--tmp is needed"),
    (["--profile", "python", "--tmp", "/usr", "--read", "/usr/lib", "--require", "none", "--", "/bin/true"], "within each other"),
    (["--tmp", "/tmp", "--", "/bin/true"], "--profile is needed"),
    (["--profile", "python", "--tmp", "/tmp", "--", "true"], "'true'"),
    (["--profile", "python", "--tmp", "/tmp", "--", "/bin/true", *["x"] * 256], "more than 256 arguments"),
])
def test_what_is_wrong_with_the_options_is_named(words, text):
    result = subprocess.run([LAUNCHER, *words], capture_output=True, text=True, check=False)
    assert result.returncode == 64 and text in result.stderr and result.stderr.startswith("buckler-launcher: ")


def test_values_at_their_limits_are_taken(place):
    result = place.run(*["--read", "/usr"] * (64 - len(READ) - 1), *["--env", "A"] * 64, "--limit-cpu", 2**63 - 1,
                       program=["/usr/bin/true", *["x"] * 255])
    assert result.returncode == 0, result.stderr


def test_only_root_without_a_user_needs_one(place):
    result = place.run(user=False)
    if place.is_root:
        assert result.returncode == 64 and "--user is needed" in result.stderr
    else:
        assert result.returncode == 0, result.stderr
        assert "only be given by root" in place.run("--user", 1, 1).stderr


@pytest.mark.parametrize("json_output", [False, True])
def test_buckler_sandbox_check_says_what_holds(json_output):
    result = subprocess.run([BUCKLER, "sandbox", "check", *(["--json"] if json_output else [])], capture_output=True,
                            text=True, check=False)
    lines = subprocess.run([LAUNCHER, "--check"], capture_output=True, text=True, check=False)
    found = [line.split("\t") for line in lines.stdout.splitlines()]
    missing = [name for name, state, required, _ in found if (state, required) == ("missing", "required")]
    assert result.returncode == (1 if missing else 0), result.stderr
    if json_output:
        report = json.loads(result.stdout)
        assert report["isSound"] == (not missing)
        assert [(l["name"], l["holds"], l["isRequired"], l["detail"]) for l in report["layers"]] \
            == [(name, state == "holds", required == "required", detail) for name, state, required, detail in found]
    else:
        assert all(name in result.stdout and detail in result.stdout for name, _, _, detail in found)


def test_buckler_sandbox_check_fails_where_a_required_layer_does():
    arguments = [BUCKLER, "sandbox", "check", "--require", "mount-namespace"]
    result = subprocess.run([PYTHON, "-I", "-c", OUTER_FILTER, "refuse", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "mount-namespace" in result.stderr and "--require" in result.stderr
    result = subprocess.run([*arguments[:-1], "walls"], capture_output=True, text=True, check=False)
    assert result.returncode != 0 and "'walls' is not a layer" in result.stderr
