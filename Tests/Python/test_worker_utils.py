# SPDX-License-Identifier: Apache-2.0
"""Each public name of triton_python_backend_utils does what Triton's does, or says which feature is missing."""
import json

import numpy as np
import pytest
from worker_double import ROOT
from worker_models import RUNTIME  # noqa: F401

import triton_python_backend_utils as pb_utils  # noqa: E402

TESTED = set()


def names(*covered):
    """Marks a test as that of these names."""
    TESTED.update(covered)
    return lambda test: test


def tensor(array, name="T"):
    return pb_utils.Tensor(name, np.asarray(array))


# Types

@names("triton_to_numpy_type", "numpy_to_triton_type", "triton_string_to_numpy", "TRITON_STRING_TO_NUMPY")
@pytest.mark.parametrize("number,name,kind", [
    (1, "BOOL", np.bool_), (2, "UINT8", np.uint8), (3, "UINT16", np.uint16), (4, "UINT32", np.uint32),
    (5, "UINT64", np.uint64), (6, "INT8", np.int8), (7, "INT16", np.int16), (8, "INT32", np.int32),
    (9, "INT64", np.int64), (10, "FP16", np.float16), (11, "FP32", np.float32), (12, "FP64", np.float64),
    (13, "STRING", np.object_)])
def test_types(number, name, kind):
    assert pb_utils.triton_to_numpy_type(number) is kind and pb_utils.numpy_to_triton_type(kind) == number
    assert np.dtype(pb_utils.triton_string_to_numpy("TYPE_" + name)) == kind
    assert np.dtype(pb_utils.TRITON_STRING_TO_NUMPY["TYPE_" + name]) == kind
    assert tensor(np.zeros(2, kind)).triton_dtype() == number


def test_types_that_are_none():
    assert pb_utils.triton_to_numpy_type(14) is None and pb_utils.triton_to_numpy_type(99) is None
    assert pb_utils.numpy_to_triton_type(np.complex64) is None and pb_utils.numpy_to_triton_type(np.bytes_) == 13
    with pytest.raises(KeyError):
        pb_utils.triton_string_to_numpy("TYPE_BF16")


@names("serialize_byte_tensor", "deserialize_bytes_tensor")
def test_byte_tensors():
    array = np.array([[b"a\0", "\u00e9"], [12, b""]], dtype=object)
    data = pb_utils.serialize_byte_tensor(array)
    assert data == b"\2\0\0\0a\0" + b"\2\0\0\0\xc3\xa9" + b"\2\0\0\x0012" + b"\0\0\0\0"
    assert pb_utils.serialize_byte_tensor(array.T)[:12] == data[:6] + b"\2\0\0\x0012"
    back = pb_utils.deserialize_bytes_tensor(data)
    assert back.dtype == np.object_ and back.tolist() == [b"a\0", "\u00e9".encode(), b"12", b""]
    assert pb_utils.serialize_byte_tensor(np.array([b"xy"])) == b"\2\0\0\0xy"
    assert pb_utils.serialize_byte_tensor(np.zeros(2)) is None and len(pb_utils.serialize_byte_tensor(array[:0])) == 0
    assert pb_utils.deserialize_bytes_tensor(b"").shape == (0,)
    for short in (data[:3], data[:5], data[:-1]):
        with pytest.raises(ValueError):
            pb_utils.deserialize_bytes_tensor(short)


# Tensors

@names("Tensor")
def test_tensor():
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    made = pb_utils.Tensor("N", array)
    assert made.name() == "N" and made.shape() == [2, 3] and made.triton_dtype() == 7 and made.is_cpu() is True
    assert made.as_numpy() is array and tensor(np.array(1)).shape() == []
    turned = tensor(array.T).as_numpy()
    assert turned.flags.c_contiguous and turned.tolist() == array.T.tolist()
    assert tensor(array.astype(">i2")).triton_dtype() == 7
    with pytest.raises(pb_utils.TritonModelException, match="Tensor name cannot be an empty string."):
        pb_utils.Tensor("", array)
    for wrong in (np.zeros(1, np.complex64), np.array(["text"]), np.zeros(1, "M8[s]")):
        with pytest.raises(pb_utils.TritonModelException, match="NumPy dtype is not supported."):
            pb_utils.Tensor("N", wrong)
    for name, value in (("N", [1]), (3, array), ("N", np.int16(1))):
        with pytest.raises(TypeError):
            pb_utils.Tensor(name, value)


# Requests and responses

@names("InferenceRequest")
def test_request():
    inputs = [tensor([1], "A"), tensor([2], "B")]
    made = pb_utils.InferenceRequest("id", 5, inputs, ["O", "P"], "other", 3, 2, 9, None, None, {"k": "v"})
    assert [t.name() for t in made.inputs()] == ["A", "B"] and made.request_id() == "id" and made.flags() == 2
    assert made.correlation_id() == 5 and made.requested_output_names() == {"O", "P"} and made.timeout() == 9
    assert json.loads(made.parameters()) == {"k": "v"} and made.is_cancelled() is False
    made.set_flags(1)
    assert made.flags() == 1
    made.set_release_flags(pb_utils.TRITONSERVER_REQUEST_RELEASE_ALL)
    with pytest.raises(pb_utils.TritonModelException, match="no reference to the decoupled state"):
        made.get_response_sender().send(flags=1)
    wanted = dict(inputs=inputs, requested_output_names=["O"], model_name="m")
    plain = pb_utils.InferenceRequest(**wanted)
    assert (plain.request_id(), plain.correlation_id(), plain.flags(), plain.timeout(), plain.parameters()) == \
        ("", 0, 0, 0, "{}")
    for name in wanted:
        with pytest.raises(TypeError):
            pb_utils.InferenceRequest(**{**wanted, name: None})
    for change, text in (({"inputs": [None]}, "Input tensor for request with id '' and model name 'm' should not be "
                          "empty."), ({"requested_output_names": [""]}, "Requested output name for request"),
                         ({"correlation_id": 1.5}, "Correlation ID must be integer or string"),
                         ({"parameters": {1: 2}}, "parameters keys to have type str"),
                         ({"parameters": {"a": 1.5}}, "type bool/int/str"), ({"parameters": {"a": 2**63}}, "64 bits"),
                         ({"parameters": {"a": "\ud800"}}, "Unicode"), ({"parameters": [1]}, "Expect dict")):
        with pytest.raises(pb_utils.TritonModelException, match=text):
            pb_utils.InferenceRequest(**{**wanted, **change})


@names("InferenceResponse", "TritonError", "get_output_tensor_by_name", "get_input_tensor_by_name")
def test_response():
    error = pb_utils.TritonError("text", pb_utils.TritonError.UNAVAILABLE)
    assert error.message() == "text" and error.code() == 4 and pb_utils.TritonError("x").code() == 1
    codes = ["UNKNOWN", "INTERNAL", "NOT_FOUND", "INVALID_ARG", "UNAVAILABLE", "UNSUPPORTED", "ALREADY_EXISTS",
             "CANCELLED"]
    assert [getattr(pb_utils.TritonError, code) for code in codes] == list(range(8))
    for wrong in ((5,), ("x", 8), ("x", "y"), ("x", -1)):
        with pytest.raises(TypeError):
            pb_utils.TritonError(*wrong)
    outputs = [tensor([1], "A"), tensor([2], "B")]
    response = pb_utils.InferenceResponse(outputs, parameters={"p": False})
    assert response.output_tensors() == outputs and not response.has_error() and response.error() is None
    assert response.parameters() == '{"p": false}' and pb_utils.InferenceResponse().parameters() == "{}"
    assert pb_utils.InferenceResponse(error=error).has_error()
    assert pb_utils.InferenceResponse(error=error).error() is error
    assert pb_utils.get_output_tensor_by_name(response, "B") is outputs[1]
    assert pb_utils.get_output_tensor_by_name(response, "C") is None
    request = pb_utils.InferenceRequest(inputs=outputs, requested_output_names=[], model_name="m")
    assert pb_utils.get_input_tensor_by_name(request, "A") is outputs[0]
    assert pb_utils.get_input_tensor_by_name(request, "C") is None
    with pytest.raises(pb_utils.TritonModelException, match="should not be empty"):
        pb_utils.InferenceResponse([None])
    for wrong in (dict(output_tensors=[1]), dict(error="text")):
        with pytest.raises(TypeError):
            pb_utils.InferenceResponse(**wrong)


@names("TritonModelException")
def test_exception():
    assert issubclass(pb_utils.TritonModelException, Exception)
    assert str(pb_utils.TritonModelException("said")) == "said"


@names("TRITONSERVER_REQUEST_FLAG_SEQUENCE_START", "TRITONSERVER_REQUEST_FLAG_SEQUENCE_END",
       "TRITONSERVER_RESPONSE_COMPLETE_FINAL", "TRITONSERVER_REQUEST_RELEASE_ALL",
       "TRITONSERVER_REQUEST_RELEASE_RESCHEDULE", "TRITONSERVER_MEMORY_CPU", "TRITONSERVER_MEMORY_GPU", "MemoryType",
       "PreferredMemory", "MetricKind")
def test_constants():
    assert pb_utils.TRITONSERVER_REQUEST_FLAG_SEQUENCE_START == 1
    assert pb_utils.TRITONSERVER_REQUEST_FLAG_SEQUENCE_END == 2
    assert pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL == pb_utils.TRITONSERVER_REQUEST_RELEASE_ALL == 1
    assert pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE == 2
    assert pb_utils.TRITONSERVER_MEMORY_CPU is pb_utils.MemoryType.TRITONSERVER_MEMORY_CPU
    assert pb_utils.TRITONSERVER_MEMORY_GPU is pb_utils.MemoryType.TRITONSERVER_MEMORY_GPU
    assert pb_utils.TRITONSERVER_MEMORY_CPU != pb_utils.TRITONSERVER_MEMORY_GPU
    pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_CPU, 0)
    with pytest.raises(ValueError):
        pb_utils.PreferredMemory(17)
    assert {kind.name for kind in pb_utils.MetricKind} == {"COUNTER", "GAUGE", "HISTOGRAM"}


# What is missing says so

ANY_REQUEST = dict(inputs=[], requested_output_names=[], model_name="m")
MISSING = [
    ("InferenceRequest.set_release_flags", lambda: pb_utils.InferenceRequest(**ANY_REQUEST).set_release_flags(
        flags=pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)),
    ("InferenceTrace.get_context", lambda: pb_utils.InferenceRequest(**ANY_REQUEST).trace().get_context()),
]


@names("InferenceTrace")
@pytest.mark.parametrize("feature,use", MISSING)
def test_what_is_missing_names_the_feature(feature, use):
    with pytest.raises(pb_utils.TritonModelException, match=f"^{feature} is not supported by this server yet"):
        use()


def test_the_table_of_what_is_missing_is_what_is_missing():
    from buckler_runtime.unavailable import FEATURES
    assert set(FEATURES) == {feature for feature, _ in MISSING}


def test_the_table_of_the_documentation_is_the_table():
    from buckler_runtime.unavailable import FEATURES
    text = (ROOT / "Docs/PythonModels.md").read_text()
    for name, missing in FEATURES.items():
        assert f"`{name}`" in text and missing in text


# Those that ask the server: their effect is tested in test_worker_calls.py and with a live server.

@names("load_model", "unload_model", "is_model_ready", "MetricFamily", "Metric", "ResponseIterator")
def test_those_that_ask_need_a_server():
    for ask in (lambda: pb_utils.load_model(model_name="m", config="{}", files={}),
                lambda: pb_utils.unload_model(model_name="m", unload_dependents=True),
                lambda: pb_utils.is_model_ready(model_name="m", model_version="1"),
                lambda: pb_utils.MetricFamily("n", "d", pb_utils.MetricFamily.COUNTER)):
        with pytest.raises(pb_utils.TritonModelException, match="only there while a model is served"):
            ask()
    with pytest.raises(pb_utils.TritonModelException, match="only supported during the 'execute' function"):
        pb_utils.InferenceRequest(**ANY_REQUEST).exec(decoupled=True)
    for kind in (pb_utils.ResponseIterator, pb_utils.Metric):
        with pytest.raises(TypeError):
            kind()


# Names of the reference, section 5.3, as they are written there.
REFERENCE = {
    "Tensor": "name as_numpy shape triton_dtype is_cpu to_dlpack from_dlpack __dlpack__ __dlpack_device__",
    "InferenceRequest": "inputs request_id correlation_id flags set_flags timeout parameters trace "
                        "requested_output_names exec async_exec get_response_sender is_cancelled set_release_flags",
    "InferenceResponse": "output_tensors has_error error parameters",
    "InferenceResponseSender": "send is_cancelled",
    "ResponseIterator": "__iter__ __next__ __aiter__ __anext__ cancel",
    "TritonError": "code message UNKNOWN INTERNAL NOT_FOUND INVALID_ARG UNAVAILABLE UNSUPPORTED ALREADY_EXISTS "
                   "CANCELLED",
    "TritonModelException": "", "Logger": "log log_info log_warn log_error log_verbose", "LogLevel": "",
    "MetricFamily": "Metric COUNTER GAUGE HISTOGRAM", "Metric": "increment set observe value",
    "PreferredMemory": "", "MemoryType": "TRITONSERVER_MEMORY_CPU TRITONSERVER_MEMORY_GPU",
    "InferenceTrace": "get_context",
    "ModelConfig": "as_dict set_max_batch_size set_dynamic_batching add_input add_output set_model_transaction_policy",
}


@pytest.mark.parametrize("name", REFERENCE)
def test_each_name_of_the_reference_is_there(name):
    kind = getattr(pb_utils, name)
    for member in REFERENCE[name].split():
        assert hasattr(kind, member), f"{name}.{member}"


def test_no_function_does_nothing():
    """What has a body of a docstring alone, or only passes, would be there for show."""
    import ast
    idle = []
    for path in sorted(RUNTIME.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                rest = [line for line in node.body
                        if not isinstance(line, ast.Pass)
                        and not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))]
                if not rest:
                    idle.append(f"{path.name}: {node.name}")
    assert idle == []


# The model's configuration

@names("get_input_config_by_name", "get_output_config_by_name", "using_decoupled_model_transaction_policy")
def test_configuration_readers():
    config = {"input": [{"name": "A", "dims": [1]}], "output": [{"name": "B"}]}
    assert pb_utils.get_input_config_by_name(config, "A") is config["input"][0]
    assert pb_utils.get_input_config_by_name(config, "B") is None
    assert pb_utils.get_output_config_by_name(config, "B") is config["output"][0]
    assert pb_utils.get_output_config_by_name({}, "B") is None
    assert pb_utils.using_decoupled_model_transaction_policy({}) is False
    assert pb_utils.using_decoupled_model_transaction_policy({"model_transaction_policy": {"decoupled": True}}) is True


def config(**fields):
    return pb_utils.ModelConfig(json.dumps({"name": "m", "max_batch_size": 0, "input": [], "output": [], **fields}))


@names("ModelConfig")
def test_configuration_is_completed():
    made = config(max_batch_size=2, output=[{"name": "O", "data_type": "TYPE_INVALID", "dims": []}])
    made.set_max_batch_size(8)
    made.set_dynamic_batching()
    made.set_dynamic_batching()
    made.add_input({"name": "I", "data_type": "TYPE_FP32", "dims": [4]})
    made.add_input({"name": "I", "data_type": "TYPE_FP32", "dims": [4], "optional": True})
    made.add_output({"name": "O", "data_type": "TYPE_INT8", "dims": [-1]})
    made.set_model_transaction_policy({})
    made.set_model_transaction_policy({"decoupled": True})
    made.set_model_transaction_policy({"decoupled": True})
    assert made.as_dict() == {
        "name": "m", "max_batch_size": 8, "dynamic_batching": {}, "model_transaction_policy": {"decoupled": True},
        "input": [{"name": "I", "data_type": "TYPE_FP32", "dims": [4], "optional": True}],
        "output": [{"name": "O", "data_type": "TYPE_INT8", "dims": [-1]}]}


WHERE = "in auto-complete-config function for model 'm'"
FULL = {"name": "T", "data_type": "TYPE_FP32", "dims": [4]}


@pytest.mark.parametrize("fields,change,text", [
    ({"max_batch_size": 4}, lambda c: c.set_max_batch_size(3),
     f"configuration specified max_batch_size 4, but {WHERE} specified max_batch_size 3"),
    ({"sequence_batching": {}}, lambda c: c.set_dynamic_batching(),
     "Configuration specified scheduling_choice as 'sequence_batching', but auto-complete-config function for model "
     "'m' tries to set scheduling_choice as 'dynamic_batching'"),
    ({"ensemble_scheduling": {}}, lambda c: c.set_dynamic_batching(),
     "Configuration specified scheduling_choice as 'ensemble_scheduling', but auto-complete-config function for model "
     "'m' tries to set scheduling_choice as 'dynamic_batching'"),
    ({}, lambda c: c.add_input({**FULL, "is_shape_tensor": True}),
     f"input 'T' {WHERE} contains property other than 'name', 'data_type', 'dims' and 'optional'."),
    ({}, lambda c: c.add_output({**FULL, "optional": True}),
     f"output 'T' {WHERE} contains property other than 'name', 'data_type' and 'dims'."),
    ({}, lambda c: c.add_input({"dims": [1]}), f"input {WHERE} is missing 'name' property."),
    ({}, lambda c: c.add_output({"name": "T", "dims": [1]}), f"output 'T' {WHERE} is missing 'data_type' property."),
    ({}, lambda c: c.add_input({"name": "T", "data_type": "TYPE_FP32"}),
     f"input 'T' {WHERE} is missing 'dims' property."),
    ({"input": [FULL]}, lambda c: c.add_input({**FULL, "data_type": "TYPE_INT8"}),
     "unable to load model 'm', configuration expects datatype TYPE_FP32 for input 'T', model provides TYPE_INT8"),
    ({"output": [FULL]}, lambda c: c.add_output({**FULL, "dims": [5, 1]}),
     "model 'm', tensor 'T': the model expects dims [5, 1] but the model configuration specifies dims [4]"),
    ({"input": [{**FULL, "optional": True}]}, lambda c: c.add_input({**FULL, "optional": False}),
     "model 'm', tensor 'T': the model expects optional False but the model configuration specifies optional True"),
    ({}, lambda c: c.set_model_transaction_policy({"other": 1}),
     f"model transaction property {WHERE} contains property other than 'decoupled'."),
    ({"model_transaction_policy": {"decoupled": False}}, lambda c: c.set_model_transaction_policy({"decoupled": True}),
     "trying to change decoupled property in auto-complete-config for model 'm', which is already set to 'False'."),
])
def test_configuration_is_not_contradicted(fields, change, text):
    made = config(**fields)
    before = json.dumps(made.as_dict())
    with pytest.raises(ValueError) as error:
        change(made)
    assert str(error.value) == text and json.dumps({**made.as_dict()}).startswith(before[:-1])


# Those that act on a running worker: their effect is tested there, here what they do without one.

@names("Logger", "LogLevel")
def test_logger_without_a_worker(capsys):
    log = pb_utils.Logger
    for call in (log.log_info, log.log_warn, log.log_error, log.log_verbose, log.log):
        call("a line")
    log.log("a line", log.LogLevel.VERBOSE)
    assert capsys.readouterr().err == "a line\n" * 6
    assert [log.INFO, log.WARNING, log.ERROR, log.VERBOSE] == list(pb_utils.LogLevel)
    with pytest.raises(TypeError):
        log.log_info(5)


@names("get_model_dir", "empty_output", "InferenceResponseSender")
def test_without_a_worker():
    with pytest.raises(pb_utils.TritonModelException):
        pb_utils.get_model_dir()
    made = pb_utils.empty_output((2, 3), np.int8)
    assert made.shape == (2, 3) and made.dtype == np.int8 and pb_utils.empty_output(4, object).shape == (4,)
    assert {"send", "is_cancelled"} <= set(dir(pb_utils.InferenceResponseSender))


def test_each_name_has_a_test():
    assert TESTED == set(pb_utils.__all__)
    public = {name for name in dir(pb_utils) if not name.startswith("_") and name not in ("Any", "Optional",
                                                                                         "annotations")}
    assert public == set(pb_utils.__all__)


def test_each_file_can_be_compiled_for_the_oldest_python_and_begins_with_its_licence():
    import ast
    files = list((ROOT / "Python").rglob("*.py"))
    assert len(files) > 20
    for path in files:
        text = path.read_text()
        ast.parse(text, str(path), feature_version=(3, 9))
        assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n") and max(map(len, text.split("\n"))) <= 120


