"""Optional mechanisms in a quarter of every lane: what is told of credits, undertakings and friends.

What they do in a quarter is in ``model.common_trade``; here it is told where a lane has a story.
"""

from __future__ import annotations

import numpy as np

from model.common_trade import CommonTrade
from model.credits import CREDIT_BLOC, Scheme
from model.lanes.base import Lanes
from model.numerics import FloatArray
from model.vocabulary import N_BLOCS


class Commerce(CommonTrade, Lanes):
    """What trade and industry do beyond the core."""

    def tell_rules(self) -> None:
        """Tell of carbon charges and of the credit's allowed set where they changed."""
        p, at_home = self.parameters, (np.arange(N_BLOCS) == CREDIT_BLOC) * 1.0
        for lane, story in self.stories.items():
            if p.carbon_border and not np.array_equal(self.carbon[lane], self.carbon_told.get(lane, at_home)):
                story.carbon(self.carbon[lane])
                self.carbon_told[lane] = self.carbon[lane]
            if p.local_content and p.friendshoring:
                story.friends(self.friends_told.get(lane, at_home), self.friends[lane])
                self.friends_told[lane] = self.friends[lane]

    def clear_credits(self, scheme: Scheme, base: FloatArray) -> None:
        """Credits clear, and are told of."""
        before = self.state.credit_price
        self.settle_credits(scheme, base)
        for lane, story in self.stories.items():
            story.credits(before[lane], self.state.credit_price[lane], scheme.floor, scheme.cap)

    def undertake(self) -> None:
        """Undertakings are agreed, and told of."""
        before = self.state.undertaking
        self.agree_undertakings()
        for lane, story in self.stories.items():
            story.undertakings(before[lane], self.state.undertaking[lane])
