# SPDX-License-Identifier: Apache-2.0
"""Reads the block of a batch: requests whose inputs are views of the block's memory."""
from __future__ import annotations

from struct import Struct
from typing import Any

import numpy as np

from . import datatypes, layout
from .areas import Areas
from .request import ReceivedRequest
from .tensor import CopiedInput, InputTensor, TextInput

# The server uses a few places over and over; models whose shapes never repeat must not fill the memory with views.
_SECTION_LIMIT = 8_192


class Section:
    """The described inputs and wanted outputs of a request: the same bytes always describe the same memory."""

    def __init__(self, inputs: list, outputs_count: int, requested: frozenset) -> None:
        self.inputs = inputs
        self.inputs_count = len(inputs)
        self.outputs_count = outputs_count
        self.requested = requested
        self.anew = any(tensor.anew() is not tensor for tensor in inputs)
        # What nobody else refers to once user code has let go of the request's inputs.
        self.watched = tuple(thing for tensor in inputs for thing in (tensor, tensor._array))


class BlockReader:
    """Keeps what it made of a section's bytes, as making arrays is most of the work."""

    def __init__(self, areas: Areas, outlet: Any, output_names: frozenset, copied_inputs: bool) -> None:
        self._areas = areas
        self._request = type("InferenceRequest", (ReceivedRequest,), {"_outlet": outlet})
        self._output_names = output_names
        self._input = CopiedInput if copied_inputs else InputTensor
        self._sections: dict[bytes, Section] = {}

    def read(self, area: int, offset: int, count: int) -> tuple[list, list]:
        """The requests of a block, and the section of each."""
        memory = self._areas.requests[area]
        unpack, known, make = layout.RECORD.unpack_from, self._sections.get, self._request
        requests, sections = [], []
        for _ in range(count):
            head = unpack(memory, offset)
            _, _, _, _, _, inputs, outputs, id_length, parameters, text, length, _ = head
            start, offset = offset + 64, offset + length
            texts = 0
            if id_length or parameters or text:
                texts = -(-id_length // 8) * 8 + -(-parameters // 8) * 8 + -(-text // 8) * 8
            key = memory[start:offset - texts]
            section = known(key)
            if section is None or section.inputs_count != inputs or section.outputs_count != outputs:
                section = self._section(key, inputs, outputs)
            # A list of its own: a request that is kept has to be seen in its tensors' counts.
            own = [tensor.anew() for tensor in section.inputs] if section.anew else section.inputs.copy()
            request = make(head, own, section.requested)
            if texts:
                request._texts = memory[offset - texts:offset]
            requests.append(request)
            sections.append(section)
        return requests, sections

    def drop(self, section: Section) -> None:
        """User code holds views of it: the next request there gets others, whose references can be counted."""
        for key, known in list(self._sections.items()):
            if known is section:
                del self._sections[key]

    def _section(self, data: bytes, inputs: int, outputs: int) -> Section:
        tensors, offset = [], 0
        for _ in range(inputs):
            tensor, offset = self._tensor(data, offset)
            tensors.append(tensor)
        names = set()
        for _ in range(outputs):
            length = layout.NAME.unpack_from(data, offset)[0]
            offset += layout.NAME.size
            names.add(data[offset:offset + length].decode("utf-8"))
            offset += layout.round_up(length, 8)
        section = Section(tensors, outputs, frozenset(names) if outputs else self._output_names)
        if len(self._sections) >= _SECTION_LIMIT:
            self._sections.clear()
        self._sections[data] = section
        return section

    def _tensor(self, data: bytes, offset: int) -> tuple[Any, int]:
        data_type, rank, name_length, area, at, size = layout.TENSOR.unpack_from(data, offset)
        offset += layout.TENSOR.size
        shape = Struct(f"<{rank}q").unpack_from(data, offset)
        offset += rank * 8
        name = data[offset:offset + name_length].decode("utf-8")
        offset = layout.round_up(offset + name_length, 8)
        storage = datatypes.STORAGE[data_type]
        stored = (size,) if data_type == datatypes.STRING else shape
        # An empty tensor lies nowhere.
        array = np.ndarray(stored, storage, self._areas.requests[area], at) if size else np.empty(stored, storage)
        array.flags.writeable = False
        if data_type == datatypes.STRING:
            return TextInput(name, shape, array), offset
        return self._input(name, data_type, array), offset
