"""Optional mechanisms in a quarter of the Mesa world: what is told of credits, undertakings and friends.

What they do in a quarter is in ``model.common_trade``; here it is told, once for the world that is played: rules where
they changed, prices of credits and undertakings whenever they are settled anew.
"""

from __future__ import annotations

import numpy as np

from model.common_trade import CommonTrade
from model.credits import Scheme
from model.numerics import FloatArray
from model.phases.base import Phases


class Commerce(CommonTrade, Phases):
    """What trade and industry do beyond the core."""

    def tell_rules(self) -> None:
        """Tell of carbon charges and of the credit's allowed set where they changed."""
        p = self.parameters
        if p.carbon_border and not np.array_equal(self.carbon, self.carbon_told):
            self.teller.carbon(self.carbon)
            self.carbon_told = self.carbon
        if p.local_content and p.friendshoring:
            self.teller.friends(self.friends_told, self.friends)
            self.friends_told = self.friends

    def clear_credits(self, scheme: Scheme, base: FloatArray) -> None:
        """Credits clear, and are told of."""
        before = self.state.credit_price
        self.settle_credits(scheme, base)
        self.teller.credits(before, self.state.credit_price, scheme.floor, scheme.cap)

    def undertake(self) -> None:
        """Undertakings are agreed, and told of."""
        before = self.state.undertaking
        self.agree_undertakings()
        self.teller.undertakings(before, self.state.undertaking)
