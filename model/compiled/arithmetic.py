"""Which arithmetic works out a world: NumPy's, or the compiled kernels where there is one.

Both follow the same rules, and differ in the last bits of ``exp``, ``log`` and what comes of them. Within one of them a
replicate has the same bits alone and among a thousand. A world keeps the arithmetic that it began with.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from model.compiled.build import kernels
from model.faults import InputFault, nearest

NUMPY: Final = "numpy"
COMPILED: Final = "compiled"
ARITHMETICS: Final = (NUMPY, COMPILED)
#: The environment variable that names the arithmetic of a process, for its workers too.
VARIABLE: Final = "DETENTE_ARITHMETIC"

_chosen: list[str] = []  # the innermost choice last


def checked(name: str, where: str = "arithmetic") -> str:
    """The name of an arithmetic that works here.

    Raises ``InputFault`` for an unknown name, and where kernels cannot be compiled.
    """
    if name not in ARITHMETICS:
        guess = nearest(str(name), ARITHMETICS)
        raise InputFault(
            [f"{where} = {name!r}: allowed is {' or '.join(ARITHMETICS)}{'; ' + guess if guess else ''}"], "arithmetic"
        )
    if name == COMPILED:
        kernels()
    return name


def arithmetic_in_use() -> str:
    """The arithmetic of a world made now: of the innermost ``using_arithmetic``, else the environment's, else numpy.

    Raises ``InputFault`` as ``checked`` does.
    """
    return _chosen[-1] if _chosen else checked(os.environ.get(VARIABLE) or NUMPY, VARIABLE)


def is_compiled() -> bool:
    """Whether kernels are to be used just now."""
    return arithmetic_in_use() == COMPILED


@contextmanager
def using_arithmetic(name: str | None) -> Iterator[None]:
    """Within it that arithmetic is in use; None: the one that is.

    Raises ``InputFault`` as ``checked`` does.
    """
    _chosen.append(arithmetic_in_use() if name is None else checked(name))
    try:
        yield
    finally:
        _chosen.pop()
