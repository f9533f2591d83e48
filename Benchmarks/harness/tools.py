# SPDX-License-Identifier: Apache-2.0
"""The programs that measure: `buckler bench`, the engine's loop and wrk."""
import json
import re
import statistics
import subprocess


class Tools:
    def __init__(self, buckler, engine_loop, library, seconds, warm_up, pairs, scratch):
        self.buckler, self.engine_loop, self.library = buckler, engine_loop, library
        self.seconds, self.warm_up, self.pairs, self.scratch = seconds, warm_up, pairs, scratch

    def pair(self, first, second, in_flight, request, other=None, model=None, asked=()):
        """Two servers in turn: what `buckler bench` prints, for one number in flight.

        `request` and `other` are (path, headers, file) of the first and the second server; `asked` are further
        arguments for both.
        """
        arguments = [*asked] + sent("", *request) + sent("against-", *(other or request))
        if model:
            arguments += ["--model", model]
        return self.compare(first, first.url, second, second.url, in_flight, arguments)

    def grpc_pair(self, first, second, second_url, in_flight, asked, connections=0):
        """As `pair`, the first server over gRPC; `asked` are arguments that say what both are asked."""
        arguments = [*asked, "--connections", connections]
        return self.compare(first, first.grpc_url, second, second_url, in_flight, arguments)

    def compare(self, first, first_url, second, second_url, in_flight, asked):
        arguments = [self.buckler, "bench", "--json", "--url", first_url, "--pid", first.pid]
        arguments += ["--against", second_url, "--against-pid", second.pid, "--pairs", self.pairs]
        arguments += ["--concurrency", in_flight, "--duration", self.seconds, "--warmup", self.warm_up, *asked]
        done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True,
                              timeout=120 + self.pairs * 2 * (self.seconds + self.warm_up + 5))
        if done.returncode != 0:
            raise RuntimeError(f"{first.name} against {second.name}: {done.stdout}{done.stderr}")
        return summary(json.loads(done.stdout)["results"][0])

    def stream(self, server, asked):
        """The median run of a model that answers each request many times, one request at a time on one stream."""
        arguments = [self.buckler, "bench", "--json", "--url", server.grpc_url, "--pid", server.pid, "--streaming",
                     "--concurrency", 1, "--duration", self.seconds, "--warmup", self.warm_up, *asked]
        runs = []
        for _ in range(self.pairs):
            done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=True, timeout=120)
            runs.append(json.loads(done.stdout)["results"][0])
        return sorted(runs, key=lambda run: run["responses_per_second"])[len(runs) // 2]

    def record(self, server, asked, file):
        """Asks once over gRPC: the files of the message and of its answer."""
        arguments = [self.buckler, "bench", "--url", server.grpc_url, *asked, "--record", file]
        subprocess.run(list(map(str, arguments)), check=True, timeout=120)
        return f"{file}.request", f"{file}.answer"

    def engine(self, model, batch, threads, *dimensions):
        """The median run of the engine called in a loop, in µs per item."""
        runs = []
        for _ in range(self.pairs):
            arguments = [self.engine_loop, self.library, model, batch, threads, self.seconds, *dimensions]
            done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=True, timeout=300)
            runs.append(json.loads(done.stdout))
        return sorted(runs, key=lambda run: run["items_per_second"])[len(runs) // 2]

    def wrk(self, server, in_flight, script):
        """Requests per second and failures as wrk counts them; one thread, as ours."""
        arguments = ["wrk", "-t1", f"-c{in_flight}", f"-d{max(2, round(self.seconds))}s", "-s", str(script), server.url]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=120)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
        return float(rate.group(1)), int(failed.group(1)) if failed else 0

    def h2load(self, server, in_flight, path, body):
        """Requests per second and failures as h2load counts them: one connection for each request in flight."""
        arguments = ["h2load", "-t1", f"-c{in_flight}", "-m1", f"-D{max(2, round(self.seconds))}", f"-d{body}",
                     "-H", "content-type: application/grpc", "-H", "te: trailers",
                     f"http://127.0.0.1:{server.grpc_port}{path}"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=120)
        rate = re.search(r"finished in [^,]+, ([\d.]+) req/s", done.stdout)
        counts = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
        return float(rate.group(1)), sum(map(int, counts.groups()))


def sent(prefix, path, headers, file):
    arguments = [f"--{prefix}path", path, f"--{prefix}raw-body", file]
    for name, value in headers.items():
        arguments += [f"--{prefix}header", f"{name}: {value}"]
    return arguments


def summary(result):
    """Medians of each server's figures beside the medians of the ratios."""
    def medians(runs):
        names = [name for name, value in runs[0].items() if isinstance(value, (int, float))]
        return {name: statistics.median(run[name] for run in runs if run.get(name) is not None)
                for name in names}

    failed = sum(run["failed"] for run in result["first"] + result["second"])
    return {"in_flight": result["in_flight"], "pairs": len(result["first"]), "failed": failed,
            "first": medians(result["first"]), "second": medians(result["second"]), "ratios": result["ratios"]}
