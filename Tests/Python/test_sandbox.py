# SPDX-License-Identifier: Apache-2.0
"""Every layer of the sandbox is attacked from inside, by a program that the launcher started, on the kernel at hand.

The same attacks run as root, as root without SYS_ADMIN, as an ordinary user, and where an outer filter refuses namespaces and
mounts as a container's does. What a host cannot prove is skipped as "not proven here", and never counted as passed.
"""
import json
import os
import socket
import subprocess

import pytest
from sandbox import LIMITS, NOBODY, PYTHON, place  # noqa: F401


@pytest.fixture(scope="module")
def probe(place):
    """What the probe found in this situation, with everything that it tries to reach alive and reachable outside."""
    other = place.base / "other"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram:
        unix.bind(str(other / "stream"))
        unix.listen()
        datagram.bind(str(other / "datagram"))
        for name in ("stream", "datagram"):
            (other / name).chmod(0o777)
        victim = subprocess.Popen(["/bin/sleep", "600"], **({"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}))
        target = {
            **LIMITS, "port": tcp.getsockname()[1], "unix": str(other / "stream"), "datagram": str(other / "datagram"),
            "victim": victim.pid, "stat": "/etc/passwd", "list": "/",
            "read": {
                "read_shadow": "/etc/shadow", "read_passwd": "/etc/passwd", "read_foreign_file": str(other / "file"),
                "read_through_dots": f"{place.base}/model/../other/file",
                "read_through_root_link": f"/proc/self/root{other}/file",
                "read_victim_memory": f"/proc/{victim.pid}/mem", "read_victim_environment": f"/proc/{victim.pid}/environ",
                "read_own_memory": "/proc/self/mem", "read_kernel_messages": "/dev/kmsg", "read_disk": "/dev/vda",
            },
            "write": {
                "write_model": str(place.base / "model/file"), "write_model_new": str(place.base / "model/new"),
                "write_foreign_file": str(other / "file"), "write_foreign_new": str(other / "new"), "write_usr": "/usr/new",
                "write_own_memory": "/proc/self/mem", "write_shm": "/dev/shm/buckler-probe",
                "write_var_tmp": "/var/tmp/buckler-probe",
                "write_oom_score": "/proc/self/oom_score_adj", "write_core_pattern": "/proc/sys/kernel/core_pattern",
                "write_host_tmp": "/tmp/../var/tmp/buckler-probe",
            },
        }
        limits = [(f"--limit-{name.replace('_', '-')}", LIMITS[name])
                  for name in ("address_space", "files", "file_size", "processes")] + [("--tmp-size", LIMITS["tmp_size"])]
        result = place.run(limits=limits, program=[PYTHON, "-I", str(place.base / "model/sandbox_probe.py"), json.dumps(target)])
        try:
            assert result.returncode == 0, result.stderr
            found = json.loads(result.stdout)
            assert victim.poll() is None, "a process outside was ended"
            for listening in (tcp, unix, datagram):
                listening.setblocking(False)
                with pytest.raises(BlockingIOError):
                    listening.recv(1) if listening is datagram else listening.accept()
        finally:
            victim.kill()
            victim.wait()
    assert (place.base / "model/file").read_text() == (other / "file").read_text() == "content"
    return found


WORKS = ["threads", "temporary_files", "memory_maps", "signals", "asyncio_loop", "ssl_module", "sqlite_file", "ctypes_callback",
         "standard_library", "socket_pair", "own_limits"]

# What only holds where these layers do; all others must hold everywhere.
DEPENDS = {
    "stat_foreign_file": ["read-only-binds"],
    "code_of_a_file_in_tmp": ["private-tmp"],
    "tmp_size": ["private-tmp"],
    "tmp_inodes": ["private-tmp"],
}

ATTACKS = """
read_shadow read_passwd read_foreign_file read_through_dots read_through_root_link read_victim_memory read_victim_environment
read_own_memory read_kernel_messages read_disk write_model write_model_new write_foreign_file write_foreign_new write_usr
write_own_memory write_shm write_var_tmp write_oom_score write_core_pattern write_host_tmp stat_foreign_file list_root
connect_tcp connect_unix datagram_pair_to_a_path stream_pair_to_a_path bind_tcp bind_unix socket_AF_UNIX socket_AF_INET
socket_AF_INET6 socket_AF_NETLINK socket_AF_PACKET socket_AF_ALG socket_AF_VSOCK execve_shell execve_through_the_loader
execveat_memfd execve_proc_fd execve_own_file subprocess_run posix_spawn fork vfork_flags clone_new_user unshare_user
clone_new_mount unshare_mount clone_new_pid unshare_pid clone_new_net unshare_net clone_thread_new_net clone3_process
anonymous_code writable_code_of_a_library memory_becomes_code code_of_a_file_in_tmp ptrace process_vm_readv process_vm_writev
pidfd_open pidfd_getfd kcmp mount umount2 pivot_root chroot open_tree move_mount fsopen setns bpf io_uring_setup io_uring_enter
userfaultfd keyctl add_key request_key init_module finit_module delete_module kexec_load perf_event_open seccomp personality
mknodat fchmodat fchmod fchownat setuid setresuid setgroups capset setrlimit tkill rt_sigqueueinfo memfd_secret
landlock_create_ruleset syslog acct reboot sethostname settimeofday quotactl name_to_handle_at open_by_handle_at fanotify_init
shmget semget msgget mq_open io_setup vmsplice splice sched_setaffinity setpriority setsid pkey_mprotect remap_file_pages
truncate utimensat setxattr linkat forget_the_parent become_dumpable signals_for_another type_into_a_terminal kill_another
kill_the_parent kill_everybody kill_the_group tgkill_another limits_of_another limits_raised descriptors address_space file_size
tmp_size tmp_inodes thread_bomb
""".split()


def test_the_list_of_attacks_is_the_probes_own(probe):
    assert set(probe["attacks"]) == set(ATTACKS) and set(probe["works"]) == set(WORKS)


@pytest.mark.parametrize("name", WORKS)
def test_what_models_need_works(probe, name):
    assert probe["works"][name] == "works"


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_fails(probe, name):
    held = probe["env"]["BUCKLER_SANDBOX"].split(",")
    outcome = probe["attacks"][name]
    absent = [layer for layer in DEPENDS.get(name, []) if layer not in held]
    if absent:
        pytest.skip(f"not proven here: {', '.join(absent)}")
    assert outcome.startswith("refused: "), outcome
