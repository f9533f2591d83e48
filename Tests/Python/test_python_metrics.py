# SPDX-License-Identifier: Apache-2.0
"""Custom metrics of Python models, and their say in whether they are ready."""
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import tritonclient.grpc as grpc_client
from access import bearer, make_key
from python_models import ECHO, model_of, python_model, scripted
from test_python_models import (  # noqa: F401
    INTERPRETER, body, eventually, infer, is_ready, output, repository, serve, worker_pids)


def page(server, headers=None):
    status, text, _ = server.request("GET", "/metrics", port=server.metrics_port, headers=headers)
    assert status == 200
    return text.decode()


def series(server, start, headers=None):
    """The lines of the page that begin so, as a dictionary."""
    lines = [line.rsplit(" ", 1) for line in page(server, headers).splitlines() if line.startswith(start)]
    return {name: float(value) for name, value in lines}


COUNTING = model_of("""
class TritonPythonModel:
    def initialize(self, args):
        F = pb_utils.MetricFamily
        labels = {"model": args["model_name"], "version": args["model_version"]}
        self.requests = F(name="my_requests_total", description="Requests", kind=F.COUNTER).Metric(labels=labels)
        self.last = F("my_last_value", "The last value", pb_utils.MetricFamily.GAUGE).Metric(labels)
        self.values = F("my_values", "Values", F.HISTOGRAM).Metric(labels=labels, buckets=[1, 10.5])

    def execute(self, requests):
        responses = []
        for r in requests:
            x = pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy()
            if x[0] < 0:
                os._exit(1)
            self.requests.increment(1)
            self.last.set(float(x[0]))
            self.last.increment(-0.5)
            self.values.observe(float(x[0]))
            y = np.array([self.requests.value(), self.last.value()], np.float32)
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", y)]))
        return responses
""")


def test_what_a_model_counts_is_on_the_page_until_it_is_unloaded(repository, serve):
    python_model(repository, "counting", COUNTING)
    server = serve("--model-control-mode=explicit", "--load-model=counting")
    for index, value in enumerate((0.5, 7.0, 100.0)):
        assert output(infer(server, "counting", [value])) == [index + 1, value - 0.5]
    labels = '{model="counting",version="1"}'
    assert series(server, "my_requests") == {f"my_requests_total{labels}": 3}
    assert series(server, "my_last") == {f"my_last_value{labels}": 99.5}
    assert series(server, "my_values") == {
        'my_values_bucket{le="1",model="counting",version="1"}': 1,
        'my_values_bucket{le="10.5",model="counting",version="1"}': 2,
        'my_values_bucket{le="+Inf",model="counting",version="1"}': 3,
        f"my_values_sum{labels}": 107.5, f"my_values_count{labels}": 3}
    text = page(server)
    assert "# HELP my_requests_total Requests\n# TYPE my_requests_total counter\n" in text
    assert "# TYPE my_last_value gauge\n" in text and "# TYPE my_values histogram\n" in text
    assert infer(server, "counting", [-1.0])[0] == 500 and eventually(lambda: is_ready(server, "counting"))
    assert output(infer(server, "counting", [1.0]))[0] == 4, "what was counted outlives a worker"
    assert server.post("/v2/repository/models/counting/unload")[0] == 200
    assert eventually(lambda: "my_" not in page(server))
    assert server.stop() == 0


def test_instances_count_together(repository, serve):
    python_model(repository, "counting", COUNTING, extra="instance_group [{ count: 3 }]")
    server = serve()
    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda _: infer(server, "counting", [1.0]), range(60)):
            output(answer)
    assert list(series(server, "my_requests").values()) == [60]
    assert server.stop() == 0


def test_only_those_see_it_who_see_the_model(repository, start_server, home):
    python_model(repository, "counting", COUNTING)
    python_model(repository, "other", ECHO)
    keys = [make_key(home, "one", "--scopes=infer,metrics"),
            make_key(home, "two", "--scopes=infer,metrics", "--model=other")]
    server = start_server(f"--model-repository={repository}", INTERPRETER, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})
    assert len(series(server, "my_", bearer(keys[0]))) == 7 and series(server, "my_", bearer(keys[1])) == {}
    assert "my_" not in page(server, bearer(keys[1]))
    assert server.stop() == 0


def test_wrong_metrics_are_refused(repository, serve):
    python_model(repository, "wrong", scripted("""
F = pb_utils.MetricFamily
def refused(do, text):
    try:
        do()
    except pb_utils.TritonModelException as error:
        assert text in str(error), error
        return
    assert False, text
refused(lambda: F("nv_mine", "", F.COUNTER), "the server's own")
refused(lambda: F("9", "", F.COUNTER), "is no name for metrics")
counter, gauge = (F(name, "", kind) for name, kind in (("c", F.COUNTER), ("g", F.GAUGE)))
refused(lambda: F("c", "", F.GAUGE), "of another kind")
refused(lambda: counter.Metric(labels={"a-b": "c"}), "is no name for a label")
refused(lambda: counter.Metric(labels={"a": "c" * 257}), "more than 256 bytes")
refused(lambda: counter.Metric(labels={str(i): "" for i in range(33)}), "32 labels")
refused(lambda: counter.Metric(buckets=[1]), "only metrics of histograms")
refused(lambda: F("h", "", F.HISTOGRAM).Metric(buckets=[2, 1]), "ascending")
c, g, h = counter.Metric(), gauge.Metric(), F("h", "", F.HISTOGRAM).Metric(buckets=[1])
refused(lambda: c.increment(-1), "cannot be incremented by -1")
refused(lambda: c.set(1), "a counter has no set()")
refused(lambda: g.observe(1), "a gauge has no observe()")
refused(lambda: g.set(float("nan")), "not NaN")
refused(lambda: h.increment(1), "a histogram has no increment()")
refused(lambda: h.value(), "a histogram has no value()")
made = []
def many():
    for i in range(20):
        made.append(F(f"many_{i}", "", F.GAUGE))
refused(many, "10 metric families at most")
def more():
    for i in range(20):
        gauge.Metric(labels={"n": str(i)})
refused(more, "12 metrics at most")
c.increment(2)
c.increment(0.25)
assert counter.Metric().value() == 2.25
"""))
    server = serve("--backend-config=python,max-metric-families=10", "--backend-config=python,max-metrics=12")
    output(infer(server, "wrong", [1.0]))
    assert series(server, "c ") == {"c": 2.25}
    assert server.stop() == 0


READY = """
class TritonPythonModel:
    def initialize(self, args):
        self.says = True

    def execute(self, requests):
        x = pb_utils.get_input_tensor_by_name(requests[0], "INPUT0").as_numpy()
        self.says = {0: False, 1: True, 2: "yes", 3: None, 4: 8, 5: True}[int(x[0])]
        if x[0] == 5:
            time.sleep(3)
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", x)]) for r in requests]

    %s is_ready(self):
        if self.says is None:
            raise ValueError("cannot say")
        if self.says == 8:
            time.sleep(8)
        return self.says
"""


@pytest.mark.parametrize("how", ["def", "async def"])
def test_a_model_says_whether_it_is_ready(repository, serve, how):
    python_model(repository, "moody", model_of(READY % how))
    server = serve("--backend-config=python,ready-timeout-seconds=2")
    with grpc_client.InferenceServerClient(server.grpc_url) as client:
        for value, expected in ((1, True), (0, False), (1, True), (2, False), (3, False)):
            output(infer(server, "moody", [float(value)]))
            assert is_ready(server, "moody") == client.is_model_ready("moody") == expected, value
        assert "cannot say" in server.log.read_text() and worker_pids(server, "moody")
        output(infer(server, "moody", [1.0]))
        with ThreadPoolExecutor(10) as pool:
            assert all(pool.map(lambda _: is_ready(server, "moody"), range(100))), "many who ask are answered"
            busy = pool.submit(infer, server, "moody", [5.0])
            time.sleep(0.5)
            assert is_ready(server, "moody"), "it is asked while a long batch runs"
            output(busy.result())
        output(infer(server, "moody", [4.0]))
        began = time.monotonic()
        assert not is_ready(server, "moody") and time.monotonic() - began < 4
    assert server.stop() == 0
