# SPDX-License-Identifier: Apache-2.0
"""Tensors to and from DLPack: any layout, memory that is shared and stays, BF16, and what is refused."""
import ml_dtypes
import numpy as np
import pytest
from worker_models import RUNTIME  # noqa: F401

import triton_python_backend_utils as pb_utils  # noqa: E402


def tensor(array, name="T"):
    return pb_utils.Tensor(name, np.asarray(array))


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float16, np.float32, np.float64, np.bool_])
@pytest.mark.parametrize("turn", [lambda a: a, lambda a: a.T, lambda a: a[::2, 1:], lambda a: a[::-1]])
def test_dlpack_of_any_layout_is_right(kind, turn):
    array = turn(np.arange(24).reshape(4, 6).astype(kind))
    there = pb_utils.Tensor.from_dlpack("D", tensor(array).to_dlpack())
    assert there.as_numpy().dtype == kind and there.as_numpy().tolist() == array.tolist() and there.name() == "D"
    assert there.triton_dtype() == pb_utils.numpy_to_triton_type(kind)
    assert np.from_dlpack(tensor(array)).tolist() == array.tolist()
    assert pb_utils.Tensor.from_dlpack("D", tensor(array)).as_numpy().tolist() == array.tolist()
    assert tensor(array).__dlpack_device__() == (1, 0)


def test_dlpack_shares_memory_both_ways():
    array = np.zeros(4, np.float32)
    seen = np.from_dlpack(tensor(array))
    taken = pb_utils.Tensor.from_dlpack("D", array).as_numpy()
    capsule = pb_utils.Tensor.from_dlpack("D", tensor(array).to_dlpack()).as_numpy()
    array[2] = 5
    assert seen[2] == taken[2] == capsule[2] == 5


def test_dlpack_of_request_memory_is_a_copy_unless_the_consumer_can_be_told_that_it_is_read_only():
    from buckler_runtime.tensor import InputTensor
    array = np.arange(4, dtype=np.float32)
    array.flags.writeable = False
    mine = pb_utils.Tensor.from_dlpack("D", InputTensor("I", 11, array).to_dlpack()).as_numpy()
    assert mine.tolist() == [0, 1, 2, 3] and not np.shares_memory(mine, array)
    assert pb_utils.Tensor.from_dlpack("D", array).as_numpy().tolist() == [0, 1, 2, 3]
    if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
        seen = np.from_dlpack(InputTensor("I", 11, array))
        assert np.shares_memory(seen, array) and not seen.flags.writeable


def test_dlpack_keeps_the_memory_alive():
    there = pb_utils.Tensor.from_dlpack("D", tensor(np.full(100_000, 7, np.int32)).to_dlpack()).as_numpy()
    other = [np.zeros(100_000, np.int32) for _ in range(20)]
    assert (there == 7).all() and len(other) == 20


def test_dlpack_of_bfloat16():
    array = np.array([[1, -2.5], [0.5, 3]], ml_dtypes.bfloat16)
    made = tensor(array)
    assert made.triton_dtype() == 14 and made.as_numpy() is array
    back = pb_utils.Tensor.from_dlpack("D", tensor(array.T).to_dlpack())
    assert back.triton_dtype() == 14 and back.shape() == [2, 2]
    assert back._array.view(ml_dtypes.bfloat16).tolist() == array.T.tolist()
    with pytest.raises(pb_utils.TritonModelException, match="Tensor dtype is BF16 and cannot be converted to NumPy."):
        back.as_numpy()


class Odd:
    def __init__(self, device):
        self.device = device

    def __dlpack__(self, stream=None):
        raise AssertionError("must not be asked")

    def __dlpack_device__(self):
        return self.device


def test_dlpack_refuses_in_tritons_words():
    refused = pytest.raises(pb_utils.TritonModelException)
    with refused as error:
        tensor(np.array([b"x"], object)).to_dlpack()
    assert str(error.value) == "DLPack does not have support for string tensors."
    for strided in (np.zeros((2, 3)).T, np.zeros(6)[::2]):
        for given in (strided, strided.__dlpack__()):
            with pytest.raises(pb_utils.TritonModelException) as error:
                pb_utils.Tensor.from_dlpack("D", given)
            assert str(error.value) == ("DLPack tensor is not contiguous. Only contiguous DLPack tensors that are "
                                        "stored in C-Order are supported.")
    for given, text in ((Odd((2, 0)), "GPU is not available"), (Odd((7, 0)), "DLDevice type 7"),
                        (object(), "Provided tensor is not supported"), (np.zeros(1, np.complex64), "data type")):
        with pytest.raises(pb_utils.TritonModelException, match=text):
            pb_utils.Tensor.from_dlpack("D", given)
    with pytest.raises(pb_utils.TritonModelException, match="empty string"):
        pb_utils.Tensor.from_dlpack("", np.zeros(1))
    capsule = np.zeros(1).__dlpack__()
    pb_utils.Tensor.from_dlpack("D", capsule)
    with pytest.raises(pb_utils.TritonModelException, match="used already"):
        pb_utils.Tensor.from_dlpack("D", capsule)
