# SPDX-License-Identifier: Apache-2.0
"""A filter of system calls that takes execve away, where the launcher's own could not (Docs/Sandbox.md)."""
from __future__ import annotations

import ctypes
import errno
import os
from struct import pack

# machine -> audit architecture, seccomp, execve, execveat
_MACHINES = {"x86_64": (0xC000003E, 317, 59, 322), "aarch64": (0xC00000B7, 277, 221, 281)}
_X32 = 0x40000000

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_KILL = 0x80000000


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def add() -> None:
    """Adds the filter to all threads of the process, and checks that it holds. Raises OSError if it cannot."""
    machine = os.uname().machine
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no filter is known for {machine}")
    architecture, seccomp, execve, execveat = _MACHINES[machine]
    # A call of another architecture's table could be an execve under another number.
    steps = [(_LOAD, 0, 0, 4), (_IF_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0),
             (_IF_EQUAL, 3, 0, execve), (_IF_EQUAL, 2, 0, execveat), (_IF_AT_LEAST, 1, 0, _X32),
             (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code = ctypes.create_string_buffer(b"".join(pack("=HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.cast(code, ctypes.c_void_p))
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(seccomp, 1, 1, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), "the filter could not be added to all threads")
    # Without the filter this fails by its arguments.
    library.syscall(execve, None, None, None)
    if ctypes.get_errno() != errno.EPERM:
        raise OSError(errno.EPROTO, "the filter was added, but does not hold")
