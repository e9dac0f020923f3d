"""The economics and politics of the model as pure functions, one file per subject of the theory note.

Every rule takes arrays and parameters and returns arrays: no state, no chance, no Mesa. That is what lets an
agent call it with its own few numbers and the ensemble call it with a thousand replicates, and get the same
bits. What every rule promises:

* *Pure.* Chance (draws) and parameters arrive as arguments; nothing is remembered.
* *Total.* Finite results and no floating-point warning for every input inside the declared ranges, including
  lanes whose result the caller is about to discard with ``np.where``.
* *Shape-blind.* ``...`` stands for any leading axes; entities (automakers, suppliers, blocs) are on the last
  axes; parameters are scalars or broadcast, with shape (..., 1) where they meet an entity axis.
* *Bit-stable.* Elementwise NumPy functions and ``numerics.ordered_sum`` only; loops of fixed length. The
  result for one replicate does not depend on how many others are computed with it.

Units throughout: prices and costs of cars in thousand (2020) dollars, k$ per vehicle; batteries in $/kWh;
quantities in million vehicles per quarter, so that k$ times million vehicles is billion dollars per quarter;
duties, shares and levels are fractions, never percent.

Rules import ``model.numerics`` and the types below, nothing else of the project; they do not import each other. Where
one rule needs the result of another, the caller passes it on, so that the order of events is written in one place,
``model/schedule.py``.

Who calls what, in the order of one market: ``batteries`` (delivered cells, unit cost), ``plants`` (where to
build, effective duty), ``standards`` and ``policy`` (costs and duties at the border), ``demand`` and
``pricing`` (shares, prices, markups), ``welfare`` (who gained).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
BoolLike = bool | np.bool_ | BoolArray
IntArray = npt.NDArray[np.int64]
