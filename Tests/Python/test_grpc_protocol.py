# SPDX-License-Identifier: Apache-2.0
"""gRPC beneath the clients: reflection, health, statuses, cancellation and what a hostile peer may send."""
import socket
import struct
import threading
import time

import grpc
import numpy as np
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tritonclient.grpc import service_pb2, service_pb2_grpc

SERVICE = "/inference.GRPCInferenceService/"


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(server.grpc_url) as channel:
        yield channel


@pytest.fixture
def stub(channel):
    return service_pb2_grpc.GRPCInferenceServiceStub(channel)


def infer_request(model="identity_float32", values=(1.0,), **fields):
    values = np.array([values], dtype=np.float32)
    request = service_pb2.ModelInferRequest(model_name=model, raw_input_contents=[values.tobytes()], **fields)
    request.inputs.add(name="INPUT0", datatype="FP32", shape=values.shape)
    return request


def status_of(call):
    with pytest.raises(grpc.RpcError) as error:
        call()
    return error.value.code(), error.value.details()


def test_reflection_lists_and_describes_the_services(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    assert {"inference.GRPCInferenceService", "grpc.health.v1.Health"} <= services
    service = DescriptorPool(database).FindServiceByName("inference.GRPCInferenceService")
    ours = {method.name: (method.input_type.full_name, method.output_type.full_name) for method in service.methods}
    theirs = {
        method.name: (method.input_type.full_name, method.output_type.full_name)
        for method in service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods
    }
    assert theirs.items() <= ours.items() and len(theirs) == 20


def test_health_check_and_watch(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for service in ("", "inference.GRPCInferenceService"):
        assert stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5).status == serving
    watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=5)
    assert next(watch).status == serving
    watch.cancel()


def test_typed_contents_and_raw_contents_give_the_same(stub):
    raw = stub.ModelInfer(infer_request(values=(1.5, -2.5)), timeout=5)
    typed = service_pb2.ModelInferRequest(model_name="identity_float32")
    tensor = typed.inputs.add(name="INPUT0", datatype="FP32", shape=(1, 2))
    tensor.contents.fp32_contents.extend((1.5, -2.5))
    assert stub.ModelInfer(typed, timeout=5).raw_output_contents == raw.raw_output_contents


def test_both_forms_are_refused(stub):
    request = infer_request()
    request.inputs[0].contents.fp32_contents.append(1)
    code, details = status_of(lambda: stub.ModelInfer(request, timeout=5))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "contents field must not be specified when using raw_input_contents for 'INPUT0'" in details


def test_unknown_methods_and_services(channel):
    for path in (SERVICE + "Nothing", "/nobody.Service/Call"):
        call = channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
        assert status_of(lambda: call(b"", timeout=5))[0] == grpc.StatusCode.UNIMPLEMENTED


def test_strict_mode_ends_the_stream_with_the_status(stub):
    call = stub.ModelStreamInfer(iter([infer_request("nobody")]), metadata=[("triton_grpc_error", "true")], timeout=5)
    code, details = status_of(lambda: list(call))
    assert code == grpc.StatusCode.NOT_FOUND and "'nobody' is not found" in details


def test_in_band_errors_carry_the_request_id(stub):
    got = list(stub.ModelStreamInfer(iter([infer_request("nobody", id="42"), infer_request(id="43")]), timeout=5))
    assert got[0].infer_response.id == "42" and "'nobody' is not found" in got[0].error_message
    assert got[1].infer_response.id == "43" and not got[1].error_message


@pytest.mark.parametrize("parameter, value, message", [
    ("priority", {"string_param": "1"}, "priority"),
    ("timeout", {"bool_param": True}, "timeout"),
    ("sequence_start", {"int64_param": 1}, "sequence_start"),
    ("triton_nothing", {"bool_param": True}, "triton_"),
    ("custom", {"uint64_param": 1}, "custom"),
])
def test_parameters_of_the_wrong_type(stub, parameter, value, message):
    request = infer_request()
    for field, content in value.items():
        setattr(request.parameters[parameter], field, content)
    code, details = status_of(lambda: stub.ModelInfer(request, timeout=5))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and message in details


def test_a_version_that_is_no_number(stub):
    code, details = status_of(lambda: stub.ModelInfer(infer_request(model_version="x"), timeout=5))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "version" in details


def test_message_limit(server, stub):
    values = np.zeros(3 << 20, dtype=np.float32)
    code, details = status_of(lambda: stub.ModelInfer(infer_request(values=values), timeout=20))
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED and "10485760" in details


def test_garbage_is_an_error_of_the_client(channel):
    call = channel.unary_unary(SERVICE + "ModelInfer", request_serializer=bytes, response_deserializer=bytes)
    good = infer_request().SerializeToString()
    # What is no protobuf is INTERNAL in gRPC; what is, but lacks something, has the status of what it lacks.
    codes = {grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
    for cut in range(1, len(good)):
        with pytest.raises(grpc.RpcError) as error:
            call(good[:cut], timeout=5)
        assert error.value.code() in codes, cut
    assert call(good, timeout=5)


def test_cancelling_one_call_leaves_the_others(server, stub):
    slow = stub.ModelInfer.future(infer_request("sleeper"), timeout=20)
    doomed = [stub.ModelInfer.future(infer_request("sleeper"), timeout=20) for _ in range(20)]
    time.sleep(0.1)
    for call in doomed:
        call.cancel()
    assert slow.result().model_name == "sleeper"
    assert all(call.cancelled() for call in doomed)


def test_calls_are_answered_until_load_balancers_have_noticed(start_server, repository):
    server = start_server(f"--model-repository={repository}", "--pre-stop-delay=2")
    with grpc.insecure_channel(server.grpc_url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=10)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        server.process.terminate()
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert stub.ModelInfer(infer_request(), timeout=5).model_name == "identity_float32"
        assert server.get("/v2/health/ready")[0] == 503
        assert server.process.wait(10) == 0, server.log.read_text()


def test_more_tensors_than_inputs_are_refused(stub):
    request = infer_request()
    request.raw_input_contents.append(b"1234")
    code, details = status_of(lambda: stub.ModelInfer(request, timeout=5))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert details == "unexpected additional input data for model 'identity_float32'"


def test_shutdown_finishes_what_was_begun(start_server, repository):
    server = start_server(f"--model-repository={repository}")
    with grpc.insecure_channel(server.grpc_url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        call = stub.ModelInfer.future(infer_request("sleeper"), timeout=20)
        time.sleep(0.3)
        assert server.stop() == 0, server.log.read_text()
        assert call.result().model_name == "sleeper"


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + struct.pack(">I", 0)[1:] + b"\x04\x00\x00\x00\x00\x00"


def flood(server, frame, count):
    """Sends the same frame again and again; returns whether the server ended the connection."""
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=10) as connection:
        connection.sendall(PREFACE)
        # What the server answers is read all the while, so that only the flood itself can end the connection.
        ended = threading.Event()

        def drain():
            try:
                while connection.recv(65536):
                    pass
            except OSError:
                pass
            ended.set()

        threading.Thread(target=drain, daemon=True).start()
        try:
            for first in range(0, count, 100):
                connection.sendall(frame(first) if callable(frame) else frame * 100)
        except OSError:
            return True
        return ended.wait(5)


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def test_floods_end_their_own_connection_only(server, stub):
    resets = lambda first: b"".join(
        # HEADERS with one indexed field each, as a literal of the method, then RST_STREAM.
        frame(1, 4, 2 * (first + i) + 1, b"\x83\x86\x84\x41\x01a") + frame(3, 0, 2 * (first + i) + 1, b"\x00\x00\x00\x08")
        for i in range(100)
    )
    assert flood(server, resets, 5000), "rapid resets"
    assert flood(server, frame(4, 0, 0, b""), 50_000), "settings"
    assert flood(server, frame(6, 0, 0, b"\x00" * 8), 50_000), "pings"
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=10) as connection:
        connection.sendall(PREFACE + frame(1, 0, 1, b"\x83\x86\x84"))
        with pytest.raises(OSError):
            for _ in range(100_000):
                connection.sendall(frame(9, 0, 1, b""))
    assert stub.ModelInfer(infer_request(), timeout=5).model_name == "identity_float32"


def test_bytes_that_are_not_http2(server, stub):
    for garbage in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00" * 1000, PREFACE + b"\xff" * 1000):
        with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=10) as connection:
            connection.sendall(garbage)
            connection.settimeout(5)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionError:
                pass
    assert stub.ModelInfer(infer_request(), timeout=5).model_name == "identity_float32"
