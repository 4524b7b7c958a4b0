"""What something costs against its size, and the slope of that curve."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np

__all__ = ["Curve", "duration"]


@dataclasses.dataclass(frozen=True)
class Curve:
    """Measured points: the size of a task and the seconds that it takes.

    Parameters
    ----------
    title : str
        What is done, a few words.
    unit : str
        What the size counts, in the singular: "step".
    points : ((size, seconds), …)
        At least three, all above 0, from the smallest size to the largest.

    Raises
    ------
    ValueError
        For other points.
    """

    title: str
    unit: str
    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        sizes = [size for size, _ in self.points]
        positive = all(value > 0 for point in self.points for value in point)
        if len(sizes) < 3 or sizes != sorted(set(sizes)) or not positive:
            raise ValueError(
                f"{self.title}: a curve needs at least three points above 0 with rising sizes,"
                f" got {self.points}"
            )

    @property
    def fitted(self) -> tuple[tuple[float, float], ...]:
        """The upper half of the points: below it, what a run costs at any size blurs the slope."""
        return self.points[len(self.points) // 2 :]

    @property
    def exponent(self) -> float:
        """The slope: log(seconds) against log(size), least squares over the upper half."""
        return self._fit()[0]

    @property
    def slope(self) -> str:
        """The slope's name, such as steps^0.98."""
        return f"{self.unit}s^{self.exponent:.2f}"

    @property
    def seconds_per_unit(self) -> float:
        """Seconds per unit of size at the largest size."""
        size, seconds = self.points[-1]
        return seconds / size

    @property
    def unit_cost(self) -> str:
        """The cost at the largest size, such as 0.13 ms a step."""
        return f"{duration(self.seconds_per_unit)} a {self.unit}"

    def at(self, size: float) -> float:
        """Return the seconds that the fitted line gives to a size."""
        exponent, constant = self._fit()
        return float(np.exp(constant) * size**exponent)

    def as_dict(self) -> dict[str, Any]:
        """Return the curve and what it says, ready for JSON."""
        return {
            **dataclasses.asdict(self),
            "slope": self.slope,
            "exponent": self.exponent,
            "seconds_per_unit": self.seconds_per_unit,
        }

    @classmethod
    def from_dict(cls, curve: dict[str, Any]) -> Self:
        """Make a curve from what `as_dict` returned."""
        points = tuple((size, seconds) for size, seconds in curve["points"])
        return cls(curve["title"], curve["unit"], points)

    def _fit(self) -> tuple[float, float]:
        sizes, seconds = np.log(self.fitted).T
        exponent, constant = np.polyfit(sizes, seconds, 1)
        return float(exponent), float(constant)


def duration(seconds: float) -> str:
    """Write seconds in the unit that fits, with two digits: 13 ns, 1.4 µs, 0.13 ms, 12 s."""
    units = {"s": (1, 0.1), "ms": (1e3, 1e-4), "µs": (1e6, 1e-7), "ns": (1e9, 0)}
    unit = next(unit for unit, (_, least) in units.items() if seconds >= least)
    return f"{float(f'{seconds * units[unit][0]:.2g}'):g} {unit}"
