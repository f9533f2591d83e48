# SPDX-License-Identifier: Apache-2.0
"""Who sends ten times as much as another gets no more done than he, on a real server that has too much to do."""
import asyncio
import json

import pytest
from access import make_key
from conftest import identity_model

BODY = json.dumps({"inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}).encode()
# Who comes first may fill the queue; shares are counted once that is worked off.
WARM_UP, SECONDS = 2, 4


async def send(port, address, key, since, until, done):
    """One connection that asks again as soon as it has its answer, and a little later if it was refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    request = (f"POST /v2/models/slow/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n"
               f"Content-Type: application/json\r\nX-API-Key: {key}\r\n\r\n").encode() + BODY
    loop = asyncio.get_running_loop()
    try:
        while loop.time() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                          if line.lower().startswith(b"content-length:"))
            await reader.readexactly(length)
            status = head.split(b" ", 2)[1]
            if loop.time() >= since:
                done[status] = done.get(status, 0) + 1
            if status != b"200":
                assert status == b"429", head
                assert b"retry-after:" in head.lower()
                await asyncio.sleep(0.2)
    finally:
        writer.close()


async def load(port, senders):
    since = asyncio.get_running_loop().time() + WARM_UP
    counts = [{} for _ in senders]
    await asyncio.gather(*[
        send(port, f"127.0.0.{2 + 2 * index + place % 2}", key, since, since + SECONDS, counts[index])
        for index, (key, connections) in enumerate(senders) for place in range(connections)
    ])
    return counts


@pytest.mark.parametrize("arguments, connections", [
    ([], 32), (["--fair-share-threshold=16"], 10),
    # Fewer than would be divided at the door: they take turns in the queue.
    ([], 6), ([], 1),
])
def test_each_of_two_principals_gets_its_share(start_server, tmp_path, home, arguments, connections):
    identity_model(tmp_path / "models", "slow", "TYPE_FP32",
                   extra='parameters [{ key: "execute_delay_ms" value: { string_value: "4" } }]')
    keys = [make_key(home, name) for name in ("greedy", "modest")]
    server = start_server(f"--model-repository={tmp_path}/models", *arguments, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})
    greedy, modest = asyncio.run(load(server.port, [(keys[0], 10 * connections), (keys[1], connections)]))
    total = greedy[b"200"] + modest[b"200"]
    assert total > 100, (greedy, modest)
    assert min(greedy[b"200"], modest[b"200"]) >= 0.4 * total, (greedy, modest)
