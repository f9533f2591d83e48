# SPDX-License-Identifier: Apache-2.0
"""Custom metrics: what a model counts, for the server's metrics page."""
from __future__ import annotations

import math
from enum import IntEnum
from struct import Struct
from typing import Optional

from . import current, layout
from .errors import TritonModelException
from .told import encoded, value_of

_INCREMENT, _SET, _OBSERVE = 1, 2, 3
_NAME_LIMIT, _DESCRIPTION_LIMIT, _LABEL_LIMIT = 4_096, 4_096, 1_024
_LABELS, _BUCKETS = 32, 128

_bits_of = Struct("<Q").pack
_double_of = Struct("<d").unpack


class MetricKind(IntEnum):
    """What a family's metrics count."""

    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2


class Metric:
    """A metric with its labels, made by its family. Those with the same labels are one, in all instances."""

    def __init__(self) -> None:
        raise TypeError("a Metric is made by MetricFamily.Metric()")

    def increment(self, value: float) -> None:
        """Adds to a counter or a gauge; a counter only grows."""
        value = self._number(value, "increment", (MetricKind.COUNTER, MetricKind.GAUGE))
        if not math.isfinite(value) or (value < 0 and self._kind == MetricKind.COUNTER):
            raise TritonModelException(f"a {self._kind.name.lower()} cannot be incremented by {value}")
        self._change(_INCREMENT, value)

    def set(self, value: float) -> None:
        """Sets a gauge."""
        self._change(_SET, self._number(value, "set", (MetricKind.GAUGE,)))

    def observe(self, value: float) -> None:
        """Counts a value of a histogram."""
        self._change(_OBSERVE, self._number(value, "observe", (MetricKind.HISTOGRAM,)))

    def value(self) -> float:
        """The value of a counter or a gauge as the server has it: of all instances of the model together."""
        if self._kind == MetricKind.HISTOGRAM:
            raise TritonModelException("a histogram has no value()")
        bits = value_of(layout.VALUE_WANTED, layout.VALUE_WANTED_BODY.pack(self._number_of_it), "value")
        return _double_of(_bits_of(bits))[0]

    def _number(self, value: float, name: str, kinds: tuple) -> float:
        if self._kind not in kinds:
            raise TritonModelException(f"a {self._kind.name.lower()} has no {name}()")
        value = float(value)
        if math.isnan(value):
            raise TritonModelException(f"{name}() takes a number, not NaN")
        return value

    def _change(self, what: int, value: float) -> None:
        current.channel.send(
            layout.message(layout.MEASURE, self._number_of_it, layout.MEASURE_BODY.pack(what, 0, value)))


class MetricFamily:
    """Metrics of one name and kind."""

    COUNTER, GAUGE, HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM

    def __init__(self, name: str, description: str, kind: MetricKind) -> None:
        self._kind = MetricKind(kind)
        data = encoded(name, _NAME_LIMIT, "a metric family's name")
        text = encoded(description, _DESCRIPTION_LIMIT, "a metric family's description")
        body = layout.FAMILY_BODY.pack(self._kind, len(data), len(text), 0) + layout.padded(data) + layout.padded(text)
        self._number = value_of(layout.FAMILY_WANTED, body, "MetricFamily")

    def Metric(self, labels: Optional[dict] = None, buckets: Optional[list] = None) -> Metric:  # noqa: N802
        """The metric with these labels; a histogram's has buckets, the upper bounds in ascending order."""
        bounds = [float(bound) for bound in buckets or ()]
        labels = labels or {}
        if len(labels) > _LABELS or len(bounds) > _BUCKETS:
            raise TritonModelException(f"a metric may have {_LABELS} labels and {_BUCKETS} buckets at most")
        body = layout.METRIC_BODY.pack(self._number, len(labels), len(bounds))
        body += Struct(f"<{len(bounds)}d").pack(*bounds)
        for name, value in labels.items():
            name, value = encoded(name, _LABEL_LIMIT, "a label's name"), encoded(value, _LABEL_LIMIT, "a label's value")
            body += layout.LABEL.pack(len(name), len(value)) + layout.padded(name) + layout.padded(value)
        made = object.__new__(Metric)
        made._kind = self._kind
        made._number_of_it = value_of(layout.METRIC_WANTED, body, "Metric")
        return made
