"""Optional trade and industry in a quarter of either world: credits, undertakings, friends, and what they pay.

What they compute is in ``model.commerce`` and ``model.credits``; here it is put into the quarter. ``phases.commerce``
and ``lanes.commerce`` add who tells of it.
"""

from __future__ import annotations

from model.assessment import Situation
from model.commerce import agreed_undertakings, carbon_receipts, exports, with_undertakings
from model.common_quarter import Quarter
from model.credits import Scheme, cleared_credits, credit_flows, friend_gains
from model.markets import Accounts, clear_at_prices
from model.numerics import FloatArray
from model.vocabulary import EV


class CommonTrade(Quarter):
    """What trade and industry do beyond the core."""

    def settle_credits(self, scheme: Scheme, base: FloatArray) -> None:
        """At today's prices of cars, the price of a credit at which the required share of EVs is sold (1.1, 1.15)."""
        state, p, before = self.state, self.parameters, self.state.credit_price
        state.credit_price = cleared_credits(p.alpha, scheme, self.clearing.share, self.clearing.outside, before)
        self.utility = self.utility + (p.alpha * (state.credit_price - before))[..., None]
        self.clearing = clear_at_prices(base, self.utility, state.price, p.alpha[:, None], p.nest_correlation)

    def agree_undertakings(self) -> None:
        """Blocs and single automakers agree on price undertakings, or no longer (1.19b)."""
        self.state.undertaking = agreed_undertakings(
            self.economy,
            self.parameters,
            self.exports,
            self.imports_before,
            self.agenda.security,
            self.effective_tension,
            self.state.profit_weight,
        )

    def undertaken(self, a: Accounts) -> Accounts:
        """The accounts once price undertakings have their way, and what the next ones will be about (1.19b)."""
        state, s = self.state, self.scenario
        self.exports = exports(
            self.economy,
            self.parameters,
            a,
            self.landed,
            self.frictions,
            state.origin_share,
            state.duty[..., EV, :, :],
            s.mfn[state.quarter, EV],
            state.has_plant,
            self.carbon if self.parameters.carbon_border else None,
        )
        self.imports_before = a.vehicle_imports
        settled, self.rent = with_undertakings(self.economy, a, self.exports, state.undertaking)
        return settled

    def friends_stakes(self, situation: Situation) -> tuple[FloatArray, FloatArray] | None:
        """What it is worth to executives and legislatures that the US's partner is in its allowed set (1.18)."""
        state, p = self.state, self.parameters
        if not (p.local_content and p.friendshoring):
            return None
        return friend_gains(
            self.economy,
            p,
            self.scenario,
            state.quarter,
            situation,
            state.origin_share,
            self.friends,
            state.markup,
            self.agenda.security,
            self.effective_tension,
            state.profit_weight,
        )

    def trade_flows(self, a: Accounts) -> tuple[FloatArray | None, FloatArray | None]:
        """(..., b) what treasuries receive beside duties, and what buyers lose to credits, bn$ per quarter; or None."""
        receipts, burden = None, None
        if self.parameters.carbon_border:
            receipts = carbon_receipts(a.built, self.carbon)
        if self.scheme is not None:
            size, price = self.economy.market_size, self.state.credit_price
            burden, fines = credit_flows(size, self.scheme, price, self.ev_share)
            receipts = fines if receipts is None else receipts + fines
        return receipts, burden
