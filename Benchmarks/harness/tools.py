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

    def pair(self, first, second, in_flight, request, other=None, model=None):
        """Two servers in turn: what `buckler bench` prints, for one number in flight.

        `request` and `other` are (path, headers, file) of the first and the second server.
        """
        arguments = [self.buckler, "bench", "--json", "--url", first.url, "--pid", first.pid]
        arguments += ["--against", second.url, "--against-pid", second.pid, "--pairs", self.pairs]
        arguments += ["--concurrency", in_flight, "--duration", self.seconds, "--warmup", self.warm_up]
        if model:
            arguments += ["--model", model]
        arguments += sent("", *request) + sent("against-", *(other or request))
        done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True,
                              timeout=120 + self.pairs * 2 * (self.seconds + self.warm_up + 5))
        if done.returncode != 0:
            raise RuntimeError(f"{first.name} against {second.name}: {done.stdout}{done.stderr}")
        return summary(json.loads(done.stdout)["results"][0])

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
