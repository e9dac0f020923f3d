"""What the phases of a quarter tell each other: frozen records, each with one writer, replaced whole and never changed.

They are parts of the ``State``, because the next quarter reads most of them too. Arrays have the replicate axis in
front, then the axes of ``model.vocabulary``.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.assessment.coalitions import Worth
from model.assessment.mandate import Mandate
from model.assessment.stakes import Stakes
from model.market.access import Licences
from model.market.border import Border
from model.market.clearing import Accounts, CellSupply, Clearing
from model.market.credits import Scheme
from model.market.trade import Exports
from model.numerics import FloatArray


@dataclass(frozen=True)
class Climate:
    """Tension as it works this quarter, all (R, d) in (0, 1); written by ``relations.see_events``.

    level: now; effective: over the life of an agreement; danger, expected_danger: the same two as exits feel them;
    worry, expected_worry: as the cost of dependence and of shared technology feels them.
    """

    level: FloatArray
    effective: FloatArray
    danger: FloatArray
    expected_danger: FloatArray
    worry: FloatArray
    expected_worry: FloatArray


@dataclass(frozen=True)
class Standards:
    """Recognition, charging and technology in force, 0 to 1; written by ``treaties.keep_standards``.

    by_treaty, recognised (R, b, b): the row bloc recognises the column bloc's certificates by treaty or alone, and with
    a club beside it; common (R, b, b) one charging interface; together (R, o, o) places share technology;
    friends (R, b) in the allowed set of the US credit.
    """

    by_treaty: FloatArray
    recognised: FloatArray
    common: FloatArray
    together: FloatArray
    friends: FloatArray


@dataclass(frozen=True)
class Insight:
    """What the last assessment found (theory 1.7); written by ``assessing.assess_impact``.

    is_new: this is an assessment quarter; markup, markup_ahead (R, q, f) k$ from which the next one starts; mandate and
    stakes of the last one, None before the first.
    """

    is_new: bool
    mandate: Mandate | None
    stakes: Stakes | None
    markup: FloatArray
    markup_ahead: FloatArray


@dataclass(frozen=True)
class Supply:
    """What cars and cells cost and are worth before they are sold; written by ``market.offer_supply``.

    cells; landed (R, m, f, o) k$; border k$, what cars bear behind the duty; paid
    (R, m, f) k$ of support; utility (R, m, f) of a free car, utils; scheme of required EV shares, or None.
    """

    cells: CellSupply
    landed: FloatArray
    border: Border
    paid: FloatArray
    utility: FloatArray
    scheme: Scheme | None


@dataclass(frozen=True)
class Market:
    """What was sold at which prices; written by ``market.clear_markets``.

    residual (R, m) k$ of the price equations; licences under quotas, None where there is no quota.
    """

    clearing: Clearing
    residual: FloatArray
    licences: Licences | None = None


@dataclass(frozen=True)
class Undertaken:
    """What an undertaking on prices is about (theory 1.19b); written by ``accounts.settle_accounts``, None where off.

    rent (R, m, f) bn$ a quarter from those in force; imports_before (R, b, b) share of the market without them.
    """

    exports: Exports
    imports_before: FloatArray
    rent: FloatArray


@dataclass(frozen=True)
class Books:
    """Who sold, earned and depends on whom; written by ``accounts.settle_accounts``.

    accounts: None before the first quarter; ev_share (R, m) of new cars; ev_built (R, b) m cars; ev_revenue (R, b) bn$;
    cell_imports, exported_cells (R, b, b); cell_profit (R, k) bn$; models_certified (R, m, f) in the quarter.
    """

    accounts: Accounts | None
    ev_share: FloatArray
    ev_built: FloatArray
    ev_revenue: FloatArray
    cell_imports: FloatArray
    exported_cells: FloatArray
    cell_profit: FloatArray
    models_certified: FloatArray
    undertaken: Undertaken | None


@dataclass(frozen=True)
class Welfare:
    """Welfare of the blocs and what it is made of, all (R, b), bn$ per quarter (theory 1.4, 1.5); from the accounts."""

    climate: FloatArray
    consumer_surplus: FloatArray
    jobs: FloatArray
    revenue: FloatArray
    subsidies: FloatArray
    welfare: FloatArray
    payoff: FloatArray
    home_profit: FloatArray
    security: FloatArray


@dataclass(frozen=True)
class Conduct:
    """What of treaties was kept; written by ``treaties.put_duties_in_force``, which reads what each side honours.

    treaty_duty (R, g, b, b) duties paid without a club's terms; implemented (R, d, 10) level of every issue;
    concessions (R, d, 10) the same as conceded; depth_contested (R, d).
    """

    treaty_duty: FloatArray
    implemented: FloatArray
    concessions: FloatArray
    depth_contested: FloatArray


@dataclass(frozen=True)
class ClubWorth:
    """What coalitions were worth at the last check, and members' payments (R, C, b); written by ``club.hold_club``."""

    worth: Worth
    money: FloatArray
