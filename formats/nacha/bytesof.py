"""Between text columns and byte matrices, and the arithmetic that is quickest on bytes."""

import numpy as np
import numpy.typing as npt
import polars as pl

_WEIGHTS = np.array([3, 7, 1, 3, 7, 1, 3, 7], dtype=np.uint16)


def matrix(text: pl.Series, width: int) -> npt.NDArray[np.uint8]:
    """Lay a text column, all of whose values have `width` bytes, out as rows of bytes."""
    values = text.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    first = values.offset
    start, end = np.frombuffer(values.buffers()[1], np.int64)[[first, first + len(values)]]
    return np.frombuffer(values.buffers()[2], np.uint8)[start:end].reshape(-1, width)


def is_digits(text: pl.Expr, width: int) -> pl.Expr:
    """Whether each value is exactly `width` digits (at most 18); null counts as not."""
    number = text.cast(pl.Int64, strict=False)
    unsigned = text.str.slice(0, 1).is_between(pl.lit("0"), pl.lit("9"))
    return (number.is_not_null() & unsigned & (text.str.len_bytes() == width)).fill_null(value=False)


def check_digits(routing: pl.Series) -> pl.Series:
    """Compute the ninth digit of each routing number from its first eight; null where they are no digits.

    Weights 3 7 1 3 7 1 3 7; the digit brings the weighted sum to a multiple of ten.
    """
    good = pl.DataFrame({"r": routing}).select(is_digits(pl.col("r"), 8)).to_series()
    eight = routing if good.all() else routing.zip_with(good, pl.Series(["00000000"]))
    if eight.is_empty():
        return pl.Series([], dtype=pl.String)
    weighted = (matrix(eight, 8) - 48).astype(np.uint16) @ _WEIGHTS
    digits = pl.Series((10 - weighted % 10) % 10).cast(pl.String)
    return digits if good.all() else digits.zip_with(good, pl.Series([None], dtype=pl.String))
