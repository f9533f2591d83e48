#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every measurement and writes one JSON file. Started by `Benchmarks/run`, which has built what is needed."""
import argparse
import json
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

import bodies
import workers
from servers import Server, free_port
from tools import Tools

HERE = Path(__file__).resolve().parent.parent
IN_FLIGHT = (1, 8, 32)


class Suite:
    def __init__(self, options):
        self.options = options
        self.scratch = Path(options.scratch)
        self.repository = self.scratch / "repository"
        self.logs = self.scratch / "logs"
        self.logs.mkdir(exist_ok=True)
        self.home = self.scratch / "home"
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        seconds, warm_up, pairs = (0.5, 0.2, 3) if options.quick else (1.5, 0.3, 7)
        self.tools = Tools(options.buckler, options.engine_loop, options.library, seconds, warm_up, pairs, self.scratch)
        self.results = {"machine": machine(options), "quick": options.quick}

    def file(self, name, content):
        """A file with that content, for requests: each is a tuple of path, headers and such a file."""
        path = self.scratch / name
        path.write_bytes(content)
        return path

    def json_request(self, model):
        body = (HERE / "bodies" / "mlp.json") if model == "mlp" else self.scratch / f"{model}.json"
        if not body.exists():
            made = subprocess.run(["python3", HERE / "models" / "body.py", "1", "3", "224", "224"], check=True,
                                  capture_output=True)
            body.write_bytes(made.stdout)
        return f"/v2/models/{model}/infer", {"Content-Type": "application/json"}, body

    def binary_request(self, model):
        path, _, file = self.json_request(model)
        body, length = bodies.binary_body(json.loads(file.read_text()))
        headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": length}
        return path, headers, self.file(f"{model}.bin", body)

    def bentoml_request(self):
        _, headers, file = self.json_request("mlp")
        return "/infer", headers, self.file("mlp.bentoml.json", bodies.bentoml_body(json.loads(file.read_text())))

    def buckler(self, models, arguments=()):
        # The comparators ask nobody who calls; what that costs here is measured on its own.
        anonymous = [f"--anonymous-scope={scope}" for scope in ("infer", "metadata", "statistics", "admin")]
        return self.serve("buckler", models, [*anonymous, "--ledger=false", *arguments])

    def serve(self, name, models, arguments, tls=False):
        port, grpc_port, metrics = free_port(), free_port(), free_port()
        command = [self.options.buckler, "serve", "--http-port", port, "--grpc-port", grpc_port]
        # The comparators run their engine in their own process, too; what a worker costs is measured on its own.
        command += ["--metrics-port", metrics, "--placement=process", *arguments]
        command += ["--model-repository", self.repository, "--model-control-mode", "explicit"]
        for model in models:
            command += ["--load-model", model]
        command += self.options.serve_argument
        return Server(name, command, self.logs, port, "/v2/health/ready", grpc_port=grpc_port, tls=tls,
                      environment={"BUCKLER_HOME": str(self.home)})

    def echo(self, program, response, threads=1):
        port = free_port()
        file = self.file(f"{program}.response", response)
        return Server(program, [self.options.echo_directory / program, port, threads, file], self.logs, port)

    def comparator(self, name):
        port = free_port()
        environment = {"MODEL_FILE": str(self.repository / "mlp" / "1" / "model.onnx"), "ENGINE_THREADS": "1"}
        scripts = self.scratch / name / "bin"
        if name == "bentoml":
            environment |= {"BENTOML_DO_NOT_TRACK": "1", "BENTOML_HOME": str(self.scratch / "bentoml-home")}
            arguments = [scripts / "bentoml", "serve", "service:Classifier", "--host", "127.0.0.1", "--port", port]
            ready = "/readyz"
        else:
            environment |= {"MLSERVER_HTTP_PORT": str(port), "MLSERVER_GRPC_PORT": str(free_port()),
                            "MLSERVER_METRICS_PORT": str(free_port())}
            arguments = [scripts / "mlserver", "start", "."]
            ready = "/v2/models/mlp/ready"
        return Server(name, arguments, self.logs, port, ready, environment, HERE / "comparators" / name)

    def run(self):
        self.measure("server", self.server_alone)
        self.measure("mlp", self.mlp)
        self.measure("json", self.json_cost)
        self.measure("access", self.access)
        self.measure("grpc", self.grpc)
        self.measure("stream", self.stream)
        self.measure("workers", lambda: workers.measure(self))
        if not self.options.without_resnet:
            self.measure("resnet50", self.resnet)
        return self.results

    def measure(self, name, measurement):
        if self.options.only and name not in self.options.only:
            return
        print(f"==> {name}", flush=True)
        started = time.monotonic()
        self.results[name] = measurement()
        print(f"    {time.monotonic() - started:.0f} s", flush=True)

    def server_alone(self):
        """Ready time, memory after load, and what an idle server burns."""
        with self.buckler(["mlp"]) as server:
            total, of_library = server.resident_bytes(self.options.library)
            time.sleep(1)
            before = server.cpu_seconds()
            time.sleep(10)
            idle = server.cpu_seconds() - before
            ready = [server.ready_seconds]
        for _ in range(self.tools.pairs - 1):
            with self.buckler(["mlp"]) as server:
                ready.append(server.ready_seconds)
        model = (self.repository / "mlp" / "1" / "model.onnx").stat().st_size
        return {"ready_seconds": sorted(ready), "resident_bytes": total, "engine_library_bytes": of_library,
                "model_bytes": model, "idle_cpu_seconds_in_10": idle}

    def mlp(self):
        results = {"comparisons": [], "wrk": [], "engine": []}
        request = self.binary_request("mlp")
        with self.buckler(["mlp"]) as server:
            response = bodies.record_response(server.port, request[0], request[1], request[2].read_bytes())
            for program in ("http-echo", "bytes-echo"):
                with self.echo(program, response) as echo:
                    self.compare(results, server, echo, request, model="mlp")
            for name, other in (("bentoml", self.bentoml_request()), ("mlserver", self.json_request("mlp"))):
                with self.comparator(name) as comparator:
                    self.compare(results, server, comparator, request, other, model="mlp")
            self.confirm(results, server, request)
        formed = {1} | {max(1, round(comparison["first"].get("batch_formed", 1)))
                        for comparison in results["comparisons"]}
        for batch in sorted(formed):
            results["engine"].append(self.tools.engine(self.repository / "mlp/1/model.onnx", batch, 1, 784))
        return results

    def compare(self, results, server, other, request, other_request=None, model=None):
        for in_flight in IN_FLIGHT:
            result = self.tools.pair(server, other, in_flight, request, other_request, model)
            results["comparisons"].append({"against": other.name, **result})
            first, second = result["first"]["requests_per_second"], result["second"]["requests_per_second"]
            print(f"    {other.name}, {in_flight} in flight: {first:.0f} and {second:.0f} requests/s", flush=True)

    def confirm(self, results, server, request):
        """The same load from a program that is not ours."""
        script = self.scratch / "mlp.lua"
        script.write_text(bodies.wrk_script(request[0], request[2], request[1]))
        for in_flight in IN_FLIGHT:
            rate, failed = self.tools.wrk(server, in_flight, script)
            ours = [comparison["first"]["requests_per_second"] for comparison in results["comparisons"]
                    if comparison["in_flight"] == in_flight]
            results["wrk"].append({"in_flight": in_flight, "wrk_requests_per_second": rate, "failed": failed,
                                   "bench_requests_per_second": sorted(ours)[len(ours) // 2]})

    def access(self):
        """What it costs to ask who calls, to limit and to log it, and to encrypt: the same MLP, with and without."""
        key = self.home / "bench.key"
        with open(key, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            made = self.command("key", "create", "bench", "--scopes=infer,metadata,statistics", "--rate=10000000/s",
                                "--bytes-per-second=100G", "--expires=1d", "--json")
            file.write(json.loads(made)["key"])
        self.command("certs", "dev", "--directory", self.home / "certs")
        encrypted = [f"--tls-cert={self.home}/certs/server.pem", f"--tls-key={self.home}/certs/server.key"]
        asked = ["--api-key-file", key, "--against-api-key-file", key]
        request, results = self.binary_request("mlp"), {"guarded": [], "encrypted": []}
        with self.serve("guarded", ["mlp"], []) as guarded:
            with self.serve("open", ["mlp"], ["--profile=triton"]) as open_server:
                self.compare_access(results["guarded"], guarded, open_server, request, asked)
            with self.serve("encrypted", ["mlp"], encrypted, tls=True) as server:
                self.compare_access(results["encrypted"], server, guarded, request, [*asked, "--tls-insecure"])
        return results

    def compare_access(self, results, first, second, request, asked):
        for in_flight in IN_FLIGHT:
            result = self.tools.pair(first, second, in_flight, request, model="mlp", asked=asked)
            results.append({"against": second.name, **result})
            costs = result["first"]["server_cpu_us"], result["second"]["server_cpu_us"]
            print(f"    {first.name} and {second.name}, {in_flight} in flight: {costs[0]:.1f} and {costs[1]:.1f} µs",
                  flush=True)

    def command(self, *arguments):
        environment = {**os.environ, "BUCKLER_HOME": str(self.home)}
        return subprocess.run([self.options.buckler, *map(str, arguments)], env=environment, check=True,
                              capture_output=True, text=True, timeout=60).stdout

    def grpc(self):
        """The MLP over gRPC: against frames and nothing else, another library, and the same server's binary HTTP."""
        results = {"comparisons": [], "shared": [], "h2load": [], "engine": []}
        asked = ["--model", "mlp", "--input-data", HERE / "bodies" / "mlp.json"]
        with self.buckler(["mlp"]) as server:
            request, answer = self.tools.record(server, asked, self.scratch / "mlp.grpc")
            for program in ("grpc-frame-echo", "grpc-swift-echo"):
                with self.echo(program, Path(answer).read_bytes()) as echo:
                    for in_flight in IN_FLIGHT:
                        self.compare_grpc(results, "comparisons", server, echo, echo.grpc_url, in_flight, asked)
                    if program == "grpc-frame-echo":
                        self.compare_grpc(results, "shared", server, echo, echo.grpc_url, 32, asked, connections=1)
            for in_flight in IN_FLIGHT:
                self.compare_grpc(results, "comparisons", server, server, server.url, in_flight, asked, name="http")
            self.confirm_grpc(results, server, request)
        formed = {1} | {max(1, round(comparison["first"].get("batch_formed", 1)))
                        for comparison in results["comparisons"]}
        for batch in sorted(formed):
            results["engine"].append(self.tools.engine(self.repository / "mlp/1/model.onnx", batch, 1, 784))
        return results

    def compare_grpc(self, results, kind, server, other, url, in_flight, asked, connections=0, name=None):
        result = self.tools.grpc_pair(server, other, url, in_flight, asked, connections)
        results[kind].append({"against": name or other.name, **result})
        first, second = result["first"]["requests_per_second"], result["second"]["requests_per_second"]
        print(f"    {name or other.name}, {in_flight} in flight: {first:.0f} and {second:.0f} requests/s", flush=True)

    def confirm_grpc(self, results, server, request):
        """The same load from a program that is not ours."""
        message = Path(request).read_bytes()
        body = self.file("mlp.h2load", b"\0" + len(message).to_bytes(4, "big") + message)
        for in_flight in IN_FLIGHT:
            rate, failed = self.tools.h2load(server, in_flight, "/inference.GRPCInferenceService/ModelInfer", body)
            ours = [comparison["first"]["requests_per_second"] for comparison in results["comparisons"]
                    if comparison["in_flight"] == in_flight]
            results["h2load"].append({"in_flight": in_flight, "h2load_requests_per_second": rate, "failed": failed,
                                      "bench_requests_per_second": sorted(ours)[len(ours) // 2]})

    def stream(self):
        """One request at a time on one stream, each answered a thousand times."""
        count = 1000
        inputs = [("IN", "INT32", list(range(count))), ("DELAY", "UINT32", [0] * count), ("WAIT", "UINT32", [0])]
        document = {"inputs": [{"name": name, "datatype": kind, "shape": [len(data)], "data": data}
                               for name, kind, data in inputs]}
        body = self.file("repeat.json", json.dumps(document).encode())
        with self.buckler(["repeat"]) as server:
            return self.tools.stream(server, ["--model", "repeat", "--input-data", body])

    def json_cost(self):
        """The same server and tensor, once as JSON and once as bytes."""
        results = []
        for model in ("mlp", "image"):
            with self.buckler([model]) as server:
                request, other = self.json_request(model), self.binary_request(model)
                result = self.tools.pair(server, server, 8, request, other, model)
                results.append({"model": model, "json_bytes": request[2].stat().st_size, **result})
        return results

    def resnet(self):
        model = self.repository / "resnet50" / "1" / "model.onnx"
        request = self.binary_request("resnet50")
        with self.buckler(["resnet50"]) as server:
            runs = []
            for _ in range(self.tools.pairs):
                loops = [self.tools_once(model, batch) for batch in (1, 4, 8)]
                arguments = [self.options.buckler, "bench", "--json", "--url", server.url, "--pid", server.pid,
                             "--model", "resnet50", "--concurrency", 16, "--warmup", 2,
                             "--duration", 4 if self.options.quick else 6, "--path", request[0]]
                arguments += ["--raw-body", request[2]]
                for name, value in request[1].items():
                    arguments += ["--header", f"{name}: {value}"]
                done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=True)
                runs.append({"loops": loops, "server": json.loads(done.stdout)["results"][0]})
            return runs

    def tools_once(self, model, batch):
        seconds = 2
        arguments = [self.options.engine_loop, self.options.library, model, batch, 1, seconds, 3, 224, 224]
        done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def machine(options):
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"processor": models[0] if models else platform.machine(), "cores": os.cpu_count(), "memory_bytes": memory,
            "kernel": platform.release(), "load_at_start": os.getloadavg()[0], "date": time.strftime("%Y-%m-%d"),
            "commit": options.commit}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("buckler", "engine-loop", "echo-directory", "library", "scratch", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--commit", default="unknown")
    parser.add_argument("--serve-argument", action="append", default=[])
    parser.add_argument("--only", action="append", help="a part by its name in the results; may be given more than once")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--without-resnet", action="store_true")
    options = parser.parse_args()
    suite = Suite(options)
    try:
        suite.run()
    finally:
        # What was measured before a failure is worth keeping.
        options.output.write_text(json.dumps(suite.results, indent=1) + "\n")


if __name__ == "__main__":
    main()
