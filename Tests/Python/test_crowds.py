# SPDX-License-Identifier: Apache-2.0
"""More connections than a server has use for."""
import re

import pytest
from conftest import identity_model


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = tmp_path_factory.mktemp("crowds")
    identity_model(repository, "identity_float32", "TYPE_FP32")
    return repository


def open_files_limits(pid):
    with open(f"/proc/{pid}/limits") as limits:
        return next(tuple(map(int, line.split()[3:5])) for line in limits if line.startswith("Max open files"))


@pytest.mark.parametrize("hard, is_enough", [(2560, True), (2559, False)])
def test_the_limit_of_open_files_is_raised(start_server, repository, hard, is_enough):
    server = start_server(f"--model-repository={repository}", "--max-connections=1024", "--allow-metrics=false",
                          prefix=["prlimit", f"--nofile=300:{hard}"])
    assert open_files_limits(server.process.pid) == (hard, hard)
    told = re.findall(r"hard limit of open files is (\d+).*set it to (\d+)", server.log.read_text())
    assert told == ([] if is_enough else [("2559", "2560")])
