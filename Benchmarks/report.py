#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a run's figures into Markdown: report.py results/latest.json > ../Docs/Performance.md"""
import json
import sys
from statistics import median


def table(titles, rows):
    lines = ["| " + " | ".join(titles) + " |", "|---|" + "--:|" * (len(titles) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value, digits=0):
    return "–" if value is None else f"{value:,.{digits}f}"


def machine(facts):
    memory = facts["memory_bytes"] / 2**30
    return (f"Measured {facts['date']} at commit {facts['commit']}: {facts['processor']}, {facts['cores']} cores, "
            f"{memory:.0f} GiB, Linux {facts['kernel']}, load {facts['load_at_start']:.1f} before the start.")


def comparison_rows(comparisons):
    for result in comparisons:
        first, second, ratios = result["first"], result["second"], result["ratios"]
        def ratio(name):
            found = ratios.get(name)
            return f"{found['median']:.2f} ({found['low']:.2f}–{found['high']:.2f})" if found else "–"
        yield [result["against"], str(result["in_flight"]), number(first["requests_per_second"]),
               number(second["requests_per_second"]), ratio("requests_per_second"), number(first.get("p50_us")),
               number(second.get("p50_us")), ratio("p50_us"), number(first.get("p99_us")),
               number(first.get("server_cpu_us"), 1), number(second.get("server_cpu_us"), 1),
               number(first.get("batch_formed"), 1), str(result["failed"])]


def find(comparisons, against, in_flight):
    return next((one for one in comparisons if one["against"] == against and one["in_flight"] == in_flight), None)


def engine_cost(mlp, batch, name):
    """µs per item of the loop whose batch is nearest to the one formed."""
    return min(mlp["engine"], key=lambda loop: abs(loop["batch"] - batch))[name]


def mlp_targets(mlp):
    comparisons = mlp["comparisons"]
    echo, raw = find(comparisons, "http-echo", 32), find(comparisons, "bytes-echo", 32)
    for other, title in ((echo, "HTTP echo"), (raw, "bytes echo")):
        if other and other["second"].get("server_cpu_us"):
            floor = other["second"]["server_cpu_us"] + engine_cost(
                mlp, other["first"].get("batch_formed", 1), "cpu_us_per_item")
            yield (f"CPU per request at 32 in flight ÷ ({title} + engine at the batch formed)",
                   other["first"]["server_cpu_us"] / floor, "≤", 1.6)
    if echo:
        yield "p99 ÷ p50 at 32 in flight", echo["first"]["p99_us"] / echo["first"]["p50_us"], "≤", 4
    for against, least in (("bentoml", 60), ("mlserver", 20)):
        if other := find(comparisons, against, 32):
            yield (f"requests/s at 32 in flight ÷ {against}'s", other["ratios"]["requests_per_second"]["median"], "≥",
                   least)
    if echo := find(comparisons, "http-echo", 1):
        floor = echo["second"]["p50_us"] + engine_cost(mlp, 1, "wall_us_per_item")
        yield "p50 at 1 in flight ÷ (HTTP echo + engine at batch 1)", echo["first"]["p50_us"] / floor, "≤", 1.4
    for check in mlp["wrk"]:
        apart = abs(check["wrk_requests_per_second"] / check["bench_requests_per_second"] - 1) * 100
        yield f"wrk's requests/s at {check['in_flight']} in flight, % away", apart, "≤", 15


def access_targets(access):
    if guarded := find(access["guarded"], "open", 32):
        added = guarded["first"]["server_cpu_us"] - guarded["second"]["server_cpu_us"]
        yield "key, authorization, limits and ledger, µs of CPU per request at 32 in flight", added, "≤", 2
        lost = (1 - guarded["ratios"]["requests_per_second"]["median"]) * 100
        yield "the same, % of requests/s lost", lost, "≤", 5
    if encrypted := find(access["encrypted"], "guarded", 32):
        yield "TLS 1.3: CPU per request at 32 in flight ÷ plaintext's", encrypted["ratios"]["server_cpu_us"]["median"], \
            "≤", 1.35


def grpc_targets(grpc):
    comparisons = grpc["comparisons"]
    for title, echo in (("gRPC: CPU per request at 32 in flight ÷ (frame echo + engine at the batch formed)",
                         find(comparisons, "grpc-frame-echo", 32)),
                        ("gRPC: the same with all 32 on one connection", find(grpc["shared"], "grpc-frame-echo", 32))):
        if echo:
            engine = engine_cost(grpc, echo["first"].get("batch_formed", 1), "cpu_us_per_item")
            yield title, echo["first"]["server_cpu_us"] / (echo["second"]["server_cpu_us"] + engine), "≤", 1.6
    if other := find(comparisons, "grpc-swift-echo", 32):
        yield ("gRPC: requests/s at 32 in flight ÷ grpc-swift-2's echo",
               other["ratios"]["requests_per_second"]["median"], "≥", 3)
    if echo := find(comparisons, "grpc-frame-echo", 1):
        floor = echo["second"]["p50_us"] + engine_cost(grpc, 1, "wall_us_per_item")
        yield "gRPC: p50 at 1 in flight ÷ (frame echo + engine at batch 1)", echo["first"]["p50_us"] / floor, "≤", 1.4
    for in_flight in (1, 8, 32):
        if http := find(comparisons, "http", in_flight):
            yield (f"gRPC: CPU per request at {in_flight} in flight ÷ binary HTTP's",
                   http["ratios"]["server_cpu_us"]["median"], "≤", 1.15)
    for check in grpc["h2load"]:
        apart = abs(check["h2load_requests_per_second"] / check["bench_requests_per_second"] - 1) * 100
        yield f"gRPC: h2load's requests/s at {check['in_flight']} in flight, % away", apart, "≤", 15


def stream_targets(stream):
    yield "responses/s of a decoupled model on one stream", stream["responses_per_second"], "≥", 100_000


def worker_targets(workers):
    comparisons = workers["placement"]["comparisons"]
    if hosted := find(comparisons, "in process", 32):
        yield ("ONNX Runtime in a worker: requests/s at 32 in flight ÷ in process",
               hosted["ratios"]["requests_per_second"]["median"], "≥", 0.85)
    if hosted := find(comparisons, "in process", 1):
        yield ("ONNX Runtime in a worker: p50 added at 1 in flight, µs",
               hosted["first"]["p50_us"] - hosted["second"]["p50_us"], "≤", 25)
    yield "ONNX MLP in a worker: load to ready, ms", median(workers["placement"]["starts"]) * 1000, "≤", 60
    yield "Python with numpy: load to ready, ms", median(workers["starts"]["python_identity"]) * 1000, "≤", 200
    python = workers["python"]
    if triton := find(python, "triton, python_identity", 32):
        yield ("Python identity: requests/s at 32 in flight ÷ Triton's",
               triton["ratios"]["requests_per_second"]["median"], "≥", 2)
    if triton := find(python, "triton, python_identity", 1):
        yield "Python identity: p50 at 1 in flight ÷ Triton's", triton["ratios"]["p50_us"]["median"], "≤", 0.9
    for in_flight in (1, 4):
        if triton := find(python, "triton, python_large", in_flight):
            yield (f"Python, 8 MB tensors: bytes/s at {in_flight} in flight ÷ Triton's",
                   triton["ratios"]["requests_per_second"]["median"], "≥", 1.25)


def json_targets(results):
    for result in results:
        extra = result["first"]["server_cpu_us"] - result["second"]["server_cpu_us"]
        yield (f"JSON − binary, µs of CPU per request, {result['model']} ({result['json_bytes']:,} bytes)", extra, "≤",
               result["json_bytes"] / 300)


def resnet_targets(runs):
    ratios = [run["server"]["requests_per_second"] / max(loop["items_per_second"] for loop in run["loops"])
              for run in runs]
    yield "ResNet-50 images/s ÷ the best engine loop", median(ratios), "≥", 0.97


def server_targets(server):
    yield "ready after, ms", median(server["ready_seconds"]) * 1000, "≤", 300
    own = server["resident_bytes"] - server["engine_library_bytes"] - server["model_bytes"]
    yield "resident MB less engine library and model", own / 1e6, "≤", 60
    yield "CPU of the idle server, % of a core over 10 s", server["idle_cpu_seconds_in_10"] * 10, "≤", 1


def target_rows(results):
    sections = (("server", server_targets), ("mlp", mlp_targets), ("json", json_targets), ("access", access_targets),
                ("grpc", grpc_targets), ("stream", stream_targets), ("workers", worker_targets),
                ("resnet50", resnet_targets))
    for name, targets in sections:
        if name not in results:
            continue
        for title, value, relation, goal in targets(results[name]):
            met = value <= goal if relation == "≤" else value >= goal
            yield [title, number(value, 2), f"{relation} {number(goal, 2)}", "yes" if met else "no"]


def main():
    with open(sys.argv[1]) as file:
        results = json.load(file)
    print("# Performance\n")
    print("Made by `Benchmarks/run` and `Benchmarks/report.py`; in-process placement (`--placement=process`; workers, the default, "
          "are measured by themselves), one event loop, one engine thread, everything on loopback.")
    print("Ratios are medians over alternating pairs, with the extremes behind.\n")
    print(machine(results["machine"]))
    if results["quick"]:
        print("\nA quick run: too short for figures that one would quote.")
    print("\n## Targets\n")
    print(table(["", "measured", "target", "met"], target_rows(results)))
    titles = ["against", "in flight", "requests/s", "theirs", "ratio", "p50 µs", "theirs", "ratio", "p99 µs",
              "CPU µs", "theirs", "batch", "failed"]
    if "access" in results:
        print("\n## With a key, limits and ledger against `--profile triton`, and with TLS against without\n")
        print(table(titles, comparison_rows(results["access"]["guarded"] + results["access"]["encrypted"])))
    if "grpc" in results:
        print("\n## The MLP over gRPC: Buckler against others, and against its own binary HTTP\n")
        print(table(titles, comparison_rows(results["grpc"]["comparisons"])))
    if "workers" in results:
        print("\n## Workers: ONNX Runtime in one against in the server, and Python models against Triton's\n")
        print(table(titles, comparison_rows(results["workers"]["placement"]["comparisons"]
                                            + results["workers"]["python"])))
    if "mlp" in results:
        print("\n## The MLP, binary tensors: Buckler against others\n")
        print(table(titles, comparison_rows(results["mlp"]["comparisons"])))
        print("\n## ONNX Runtime in a loop, the MLP, one thread\n")
        print(table(["batch", "wall µs per item", "CPU µs per item"],
                    ([str(loop["batch"]), number(loop["wall_us_per_item"], 2), number(loop["cpu_us_per_item"], 2)]
                     for loop in results["mlp"]["engine"])))


if __name__ == "__main__":
    main()
