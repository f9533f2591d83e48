# SPDX-License-Identifier: Apache-2.0
"""The situations in which workers are started, and a place to start them in."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import BUCKLER

LAUNCHER = os.environ.get("BUCKLER_LAUNCHER") or str(Path(BUCKLER).parent / "buckler-launcher")
PYTHON = "/usr/bin/python3"
NOBODY = 65534
LIMITS = {"address_space": 1 << 30, "files": 64, "file_size": 4 << 20, "tmp_size": 16 << 20, "processes": 32}
READ = [path for path in ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache") if os.path.exists(path)]

OUTER_FILTER = """
import ctypes, os, struct, sys
kind, *command = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
arm = os.uname().machine == "aarch64"
def op(code, yes, no, value): return struct.pack("HBBI", code, yes, no, value)
ALLOW, DENY, ASK = 0x7fff0000, 0x00050001, 0x7fc00000
numbers = [97, 40, 268, 41, 442] if arm else [272, 165, 308, 155, 442]
program = op(0x20, 0, 0, 0)
if kind == "refuse":
    program += b"".join(op(0x15, 0, 1, n) + op(6, 0, 0, DENY) for n in numbers)
    program += op(0x15, 0, 3, 220 if arm else 56) + op(0x20, 0, 0, 16) + op(0x45, 0, 1, 0x7e020000) + op(6, 0, 0, DENY)
else:
    program += op(0x15, 0, 1, 89 if arm else 163) + op(6, 0, 0, ASK)
program += op(6, 0, 0, ALLOW)
held = ctypes.create_string_buffer(program)
class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("at", ctypes.c_void_p)]
arguments = Program(len(program) // 8, ctypes.cast(held, ctypes.c_void_p))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.syscall(277 if arm else 317, 1, 8 if kind == "listen" else 0, ctypes.byref(arguments)) >= 0
if kind == "refuse": os.execv(command[0], command)
import subprocess
# Whoever ends this one ends what it started.
sys.exit(subprocess.run(command, close_fds=False, preexec_fn=lambda: libc.prctl(1, 9, 0, 0, 0)).returncode)
"""

SITUATIONS = {
    "root": [],
    "root-without-sys-admin": ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"],
    "user": ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"],
    "root-namespaces-refused": [PYTHON, "-I", "-c", OUTER_FILTER, "refuse"],
    "user-namespaces-refused": ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups",
                                PYTHON, "-I", "-c", OUTER_FILTER, "refuse"],
}


class Place:
    """What a worker is given and what it must not reach, where every user could, if it were not for the sandbox."""

    def __init__(self, situation):
        self.situation = situation
        if situation.startswith("root") and os.geteuid() != 0:
            pytest.skip("not proven here: the tests do not run as root")
        wrapper = SITUATIONS[situation]
        if situation.startswith("user") and os.geteuid() != 0:
            wrapper = wrapper[6:]
        self.wrapper = [shutil.which(wrapper[0]) or wrapper[0], *wrapper[1:]] if wrapper else []
        self.is_root = situation.startswith("root")
        self.base = Path(tempfile.mkdtemp(prefix="buckler-sandbox-", dir="/tmp"))
        self.base.chmod(0o755)
        for name in ("model", "other"):
            (self.base / name).mkdir()
            (self.base / name / "file").write_text("content")
            (self.base / name / "file").chmod(0o666)
            (self.base / name).chmod(0o777)
        self.launcher = str(self.base / "buckler-launcher")
        shutil.copyfile(LAUNCHER, self.launcher)
        os.chmod(self.launcher, 0o755)
        for name in ("sandbox_probe.py", "sandbox_calls.py", "sandbox_needs.py"):
            shutil.copyfile(Path(__file__).with_name(name), self.base / "model" / name)
            (self.base / "model" / name).chmod(0o644)
        self.runs = 0

    def arguments(self, *options, limits=(), program=None, user=True):
        self.runs += 1
        tmp = self.base / f"tmp-{self.runs}"
        tmp.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(tmp, NOBODY, NOBODY)
        words = ["--profile", "python", "--tmp", str(tmp)]
        for path in [*READ, str(self.base / "model")]:
            words += ["--read", path]
        if self.is_root and user:
            words += ["--user", str(NOBODY), str(NOBODY)]
        for name, value in limits:
            words += [name, str(value)]
        return [*self.wrapper, self.launcher, *words, *map(str, options), "--", *(program or [PYTHON, "-I", "-c", "pass"])]

    def run(self, *options, env=None, pass_fds=(), stdin=subprocess.DEVNULL, timeout=60, **more):
        return subprocess.run(self.arguments(*options, **more), capture_output=True, text=True, timeout=timeout, check=False,
                              env=env, pass_fds=pass_fds, stdin=stdin)

    def python(self, text, *options, **more):
        return self.run(*options, program=[PYTHON, "-I", "-c", text], **more)

    def start(self, text, *options, **more):
        return subprocess.Popen(self.arguments(*options, program=[PYTHON, "-I", "-c", text], **more), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def held(self):
        """The names of the layers that hold here, as the launcher itself finds."""
        lines = subprocess.run([*self.wrapper, self.launcher, "--check"], capture_output=True, text=True, check=False).stdout
        return {line.split("\t")[0] for line in lines.splitlines() if line.split("\t")[1] == "holds"}

    def need(self, *layers):
        absent = [layer for layer in layers if layer not in self.held()]
        if absent:
            pytest.skip(f"not proven here: {', '.join(absent)}")


@pytest.fixture(scope="module", params=SITUATIONS)
def place(request):
    if not os.path.exists(PYTHON):
        pytest.skip(f"not proven here: there is no {PYTHON}")
    place = Place(request.param)
    yield place
    shutil.rmtree(place.base)
