# SPDX-License-Identifier: Apache-2.0
"""The same generated requests over HTTP and gRPC, in both forms that tensors have there: the answers must agree."""
import json
import os
import random

import grpc
import numpy as np
from conftest import TYPES
from tensors import NO_JSON, sample
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import serialize_byte_tensor

SEED = int(os.environ.get("BUCKLER_SEED") or random.SystemRandom().randrange(1 << 32))
COUNT = int(os.environ.get("BUCKLER_REQUESTS") or 800)
STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: {400}, grpc.StatusCode.NOT_FOUND: {404}, grpc.StatusCode.UNIMPLEMENTED: {501},
    grpc.StatusCode.UNAVAILABLE: {503}, grpc.StatusCode.INTERNAL: {500}, grpc.StatusCode.CANCELLED: {400},
    grpc.StatusCode.DEADLINE_EXCEEDED: {504}, grpc.StatusCode.RESOURCE_EXHAUSTED: {413, 429},
    grpc.StatusCode.ALREADY_EXISTS: {400}, grpc.StatusCode.UNKNOWN: {400},
}
# What a protocol says of its own syntax.
IN_ITS_OWN_WORDS = ("Unable to parse", "HTTP end point", "parameter keys starting with")
CONTENTS = {
    "BOOL": "bool_contents", "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents",
    "UINT64": "uint64_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
    "INT64": "int64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents",
}


def raw(values):
    if values.dtype == np.object_:
        packed = serialize_byte_tensor(values)
        return packed.item() if packed.size else b""
    return values.tobytes()


class Request:
    """One request, said in neither protocol's words."""

    def __init__(self, generator):
        self.name, _, self.datatype = generator.choice(TYPES)
        batches = generator.random() < 0.5
        self.model = ("batched_" if batches else "identity_") + self.name
        shape = (generator.randint(1, 8), generator.randint(0, 5)) if batches else (
            generator.randint(0, 4), generator.randint(0, 4))
        self.values = sample(self.name, shape)
        if self.name == "object":
            # What is not UTF-8, JSON cannot say.
            self.values = np.array([v for v in self.values.flat], dtype=np.object_).reshape(shape)
        self.shape, self.input, self.version, self.id = list(shape), "INPUT0", "", ""
        self.declared = self.datatype
        self.output = None
        self.classes = 0
        self.parameters = {}
        self.inputs = 1
        self.error = False
        # One at most: which of two faults is named is nobody's promise.
        for mutate in generator.sample(self.MUTATIONS, generator.choice((0, 1, 1))):
            mutate(self, generator)

    def with_id(self, generator):
        self.id = generator.choice(["1", "request", "ü", "x" * 200])

    def with_version(self, generator):
        self.version = generator.choice(["1", "1", "2", "99"])

    def with_output(self, generator):
        self.output = generator.choice(["OUTPUT0", "OUTPUT0", "OUTPUT1", ""])

    def with_classes(self, generator):
        self.output, self.classes = "OUTPUT0", generator.choice([1, 2, 100])

    def with_parameters(self, generator):
        self.parameters |= {generator.choice(["a", "b"]): generator.choice(["text", 7, -7, True])}

    def with_known_parameters(self, generator):
        self.parameters |= generator.choice([
            {"priority": 1}, {"timeout": 1_000_000}, {"sequence_id": 5}, {"sequence_id": "five"},
            {"sequence_start": True, "sequence_end": True, "sequence_id": 3}, {"priority": -1}, {"timeout": "soon"},
            {"sequence_start": 1}, {"priority": "high"}, {"triton_x": True}, {"sequence_id": "y" * 129}])

    def with_another_model(self, generator):
        self.model = generator.choice(["nobody", "repeat", "digits", f"batched_{generator.choice(TYPES)[0]}"])

    def with_another_type(self, generator):
        self.declared = generator.choice([*(datatype for _, _, datatype in TYPES), "FP8", ""])

    def with_another_shape(self, generator):
        self.shape = generator.choice([
            [], [-1], [1 << 62, 1 << 62], [9, 1], [1], [1, 1, 1], [*self.shape, 1], [s + 1 for s in self.shape],
            [0, 0], [1 << 33, 1 << 33]])

    def with_another_input(self, generator):
        self.input = generator.choice(["INPUT1", "", "input0"])

    def with_more_inputs(self, generator):
        self.inputs = generator.choice([0, 2])

    MUTATIONS = [with_id, with_version, with_output, with_classes, with_parameters, with_known_parameters,
                 with_another_model, with_another_type, with_another_shape, with_another_input, with_more_inputs]

    def over_http(self, server, form):
        tensor = {"name": self.input, "shape": self.shape, "datatype": self.declared}
        body = b""
        if form == "json":
            tensor["data"] = [v.decode() if isinstance(v, bytes) else v.item() for v in self.values.flat]
        else:
            body = raw(self.values)
            tensor["parameters"] = {"binary_data_size": len(body)}
        message = {"inputs": [tensor] * self.inputs, "parameters": {**self.parameters, "binary_data_output": True}}
        if self.id:
            message["id"] = self.id
        if self.output is not None:
            parameters = {"binary_data": True} | ({"classification": self.classes} if self.classes else {})
            message["outputs"] = [{"name": self.output, "parameters": parameters}]
        head = json.dumps(message).encode()
        version = f"/versions/{self.version}" if self.version else ""
        status, answer, headers = server.post(
            f"/v2/models/{self.model}{version}/infer", head + body * self.inputs,
            headers={} if form == "json" else {"Inference-Header-Content-Length": str(len(head))})
        if status != 200:
            return status, json.loads(answer)["error"]
        length = int(headers.get("Inference-Header-Content-Length") or len(answer))
        document, rest = json.loads(answer[:length]), answer[length:]
        outputs = {}
        for output in document["outputs"]:
            size = output["parameters"]["binary_data_size"]
            outputs[output["name"]] = (output["datatype"], output["shape"], rest[:size])
            rest = rest[size:]
        assert not rest
        return 200, (document["model_name"], document["model_version"], document.get("id", ""), outputs,
                     document.get("parameters", {}))

    def over_grpc(self, stub, form):
        message = service_pb2.ModelInferRequest(model_name=self.model, model_version=self.version, id=self.id)
        for name, value in self.parameters.items():
            field = {bool: "bool_param", int: "int64_param", str: "string_param"}[type(value)]
            setattr(message.parameters[name], field, value)
        for _ in range(self.inputs):
            tensor = message.inputs.add(name=self.input, datatype=self.declared, shape=self.shape)
            if form == "json":
                getattr(tensor.contents, CONTENTS[self.datatype]).extend(v if isinstance(v, bytes) else v.item()
                                                                         for v in self.values.flat)
            else:
                message.raw_input_contents.append(raw(self.values))
        if self.output is not None:
            output = message.outputs.add(name=self.output)
            if self.classes:
                output.parameters["classification"].int64_param = self.classes
        try:
            answer = stub.ModelInfer(message, timeout=20)
        except grpc.RpcError as error:
            return error.code(), error.details()
        outputs = {output.name: (output.datatype, list(output.shape), content)
                   for output, content in zip(answer.outputs, answer.raw_output_contents, strict=True)}
        parameters = {name: getattr(value, value.WhichOneof("parameter_choice"))
                      for name, value in answer.parameters.items()}
        return 200, (answer.model_name, answer.model_version, answer.id, outputs, parameters)

    def __repr__(self):
        return repr({name: value for name, value in vars(self).items() if name != "values"})


def test_the_protocols_agree(server):
    print(f"BUCKLER_SEED={SEED}")
    generator = random.Random(SEED)
    outcomes = {}
    with grpc.insecure_channel(server.grpc_url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        for index in range(COUNT):
            request = Request(generator)
            forms = ["binary"] if request.name in NO_JSON else ["binary", "json"]
            form = generator.choice(forms)
            status, http = request.over_http(server, form)
            code, over_grpc = request.over_grpc(stub, form)
            where = f"seed {SEED}, request {index} ({form}): {request}\nHTTP {status}: {http}\ngRPC {code}: {over_grpc}"
            outcomes[status] = outcomes.get(status, 0) + 1
            if status == 200:
                assert code == 200 and http == over_grpc, where
            else:
                assert code in STATUS and status in STATUS[code], where
                if form == "binary" and not http.startswith(IN_ITS_OWN_WORDS):
                    assert http == over_grpc, where
    # The generator must make both kinds, or the comparison says little.
    assert outcomes[200] > COUNT // 5 and outcomes[400] > COUNT // 10 and outcomes[404] > 5, outcomes
    print(outcomes)
