# SPDX-License-Identifier: Apache-2.0
"""What models need of Python, and the sandbox therefore has to leave them: each function fails by an exception."""
import ctypes
import os
import platform
import signal
import socket

from sandbox_calls import LIBC

TMP = os.environ["TMPDIR"]
WORKS = {}


def works(function):
    WORKS[function.__name__] = function
    return function


@works
def threads():
    import threading
    seen = []
    started = [threading.Thread(target=seen.append, args=(n,)) for n in range(8)]
    [thread.start() for thread in started]
    [thread.join() for thread in started]
    assert sorted(seen) == list(range(8))


@works
def temporary_files():
    import shutil
    import tempfile
    with tempfile.TemporaryDirectory() as directory:
        with open(f"{directory}/a", "wb") as file:
            file.write(b"x" * 100_000)
        shutil.copyfile(f"{directory}/a", f"{directory}/b")
        os.rename(f"{directory}/b", f"{directory}/c")
        os.mkdir(f"{directory}/d")
        os.symlink("c", f"{directory}/e")
        assert os.path.getsize(f"{directory}/e") == 100_000
    with tempfile.TemporaryFile() as file:
        file.write(b"x")


@works
def memory_maps():
    import mmap
    mmap.mmap(-1, 1 << 20)[0] = 1
    file = os.memfd_create("area")
    os.ftruncate(file, 4096)
    mmap.mmap(file, 4096)[0] = 1


@works
def signals():
    seen = []
    signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    signal.pthread_kill(__import__("threading").get_ident(), signal.SIGUSR1)
    assert len(seen) == 3


@works
def asyncio_loop():
    import asyncio

    async def main():
        await asyncio.gather(*[asyncio.sleep(0.001) for _ in range(3)])
        return await asyncio.to_thread(lambda: 7)
    assert asyncio.run(main()) == 7


@works
def ssl_module():
    import hashlib
    import ssl
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    hashlib.sha256(b"x").hexdigest()


@works
def sqlite_file():
    import sqlite3
    base = sqlite3.connect(f"{TMP}/base.sqlite")
    base.execute("create table t(n)")
    base.execute("insert into t values (1)")
    base.commit()
    assert base.execute("select n from t").fetchall() == [(1,)]


@works
def ctypes_callback():
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    LIBC.qsort(numbers, 3, 4, kind(lambda a, b: a[0] - b[0]))
    assert list(numbers) == [1, 2, 3]


@works
def standard_library():
    import decimal, email, json, logging, queue, random, select, struct, time, uuid, zlib  # noqa: E401, F401
    uuid.uuid4()
    time.sleep(0.001)
    assert os.cpu_count() >= 1 and os.urandom(8) and platform.uname().system == "Linux"


@works
def socket_pair():
    one, other = socket.socketpair()
    one.sendall(b"x")
    assert other.recv(1) == b"x"


@works
def own_limits():
    import resource
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0 and resource.prlimit(os.getpid(), resource.RLIMIT_CORE) == (0, 0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
