#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends handwritten digits to a running server and shows what it sees. Needs nothing but Python's standard library.

    python3 Examples/send_digits.py [--url http://127.0.0.1:8000] [--count 6] [--all]

If the environment has BUCKLER_API_KEY, each request carries it.
"""
import argparse
import csv
import http.client
import json
import os
import random
import struct
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

SHADES = " .:-=+*#%@"
HERE = Path(__file__).parent


def read_digits():
    with open(HERE / "digits.csv", newline="") as file:
        for row in csv.reader(file):
            label, *pixels = map(int, row)
            yield label, pixels


def credential():
    key = os.environ.get("BUCKLER_API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}


def infer(connection, pixels):
    """One request with a binary tensor, as tritonclient would send it -> (ten probabilities, seconds)."""
    header = json.dumps(
        {
            "inputs": [
                {
                    "name": "image",
                    "shape": [1, 64],
                    "datatype": "FP32",
                    "parameters": {"binary_data_size": 256},
                }
            ],
            "parameters": {"binary_data_output": True},
        }
    ).encode()
    body = header + struct.pack("<64f", *pixels)
    start = time.perf_counter()
    headers = {"Inference-Header-Content-Length": str(len(header)), **credential()}
    connection.request("POST", "/v2/models/digits/infer", body, headers)
    response = connection.getresponse()
    answer = response.read()
    seconds = time.perf_counter() - start
    if response.status == 401:
        sys.exit("the server wants an API key: set BUCKLER_API_KEY. To make one, type: buckler key create NAME")
    if response.status != 200:
        sys.exit(f"the server answered {response.status}: {answer.decode(errors='replace')}")
    json_bytes = int(response.headers["Inference-Header-Content-Length"])
    return struct.unpack("<10f", answer[json_bytes:]), seconds


def show(label, pixels, probabilities, seconds):
    seen = max(range(10), key=lambda digit: probabilities[digit])
    colour = sys.stdout.isatty()
    verdict = "right" if seen == label else f"wrong, it is a {label}"
    if colour:
        verdict = f"\033[{32 if seen == label else 31}m{verdict}\033[0m"
    notes = {
        2: f"   prediction  {seen}  ({verdict})",
        3: f"   confidence  {probabilities[seen]:.1%}",
        4: f"   latency     {seconds * 1000:.2f} ms",
    }
    for row in range(8):
        line = "".join(SHADES[min(9, value * 10 // 17)] * 2 for value in pixels[row * 8 : row * 8 + 8])
        print(f"    {line}{notes.get(row, '')}")
    print()


def main():
    parser = argparse.ArgumentParser(description="Sends handwritten digits to a running Buckler or Triton server.")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--count", type=int, default=6, help="how many digits to show (default: 6)")
    parser.add_argument("--seed", type=int, help="pick the same digits each time")
    parser.add_argument("--all", action="store_true", help="send all held-out digits and print only the accuracy")
    options = parser.parse_args()

    digits = list(read_digits())
    target = urlsplit(options.url if "//" in options.url else "http://" + options.url)
    connection = http.client.HTTPConnection(target.hostname, target.port or 8000, timeout=10)
    try:
        if options.all:
            right = sum(
                max(range(10), key=infer(connection, pixels)[0].__getitem__) == label for label, pixels in digits
            )
            print(f"{right} of {len(digits)} held-out digits recognised ({right / len(digits):.2%})")
            return
        # The first request of a connection pays for opening it; the latencies shown are those of the others.
        infer(connection, digits[0][1])
        for label, pixels in random.Random(options.seed).sample(digits, max(0, min(options.count, len(digits)))):
            show(label, pixels, *infer(connection, pixels))
    except http.client.HTTPException:
        sys.exit(f"{options.url} does not speak HTTP: is it the port for gRPC?")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"cannot reach {options.url}: {error}. Start a server with: buckler serve --model-repository Examples/models")


if __name__ == "__main__":
    main()
