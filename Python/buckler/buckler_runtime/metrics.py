# SPDX-License-Identifier: Apache-2.0
"""Custom metrics: the names are there, so that models which look for them can be imported."""
from __future__ import annotations

from enum import IntEnum
from typing import Any, Optional

from .unavailable import refuse


class MetricKind(IntEnum):
    """What a family's metrics count."""

    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2


class Metric:
    """A metric with its labels."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise refuse("MetricFamily")

    def increment(self, value: float) -> None:
        """Not there yet."""
        raise refuse("MetricFamily")

    def set(self, value: float) -> None:
        """Not there yet."""
        raise refuse("MetricFamily")

    def observe(self, value: float) -> None:
        """Not there yet."""
        raise refuse("MetricFamily")

    def value(self) -> float:
        """Not there yet."""
        raise refuse("MetricFamily")


class MetricFamily:
    """Metrics of one name and kind."""

    COUNTER, GAUGE, HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM

    def __init__(self, name: str, description: str, kind: MetricKind) -> None:
        raise refuse("MetricFamily")

    def Metric(self, labels: Optional[dict] = None, buckets: Optional[list] = None) -> Metric:  # noqa: N802
        """Not there yet."""
        raise refuse("MetricFamily")
