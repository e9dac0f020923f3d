"""The core of the model written a second time: one run, no replicate axis, no Mesa, agents that decide for themselves.

An oracle, in the manner of a reference implementation that is kept to be read and compared, not to be used: two
independent wirings of the same rules must give the same bits. It is frozen. It knows the core only and refuses every
optional mechanism. It follows the theory and nothing else: where the model is meant to change, change this by hand, and
where worked examples cover conduct, talks and exits it may shrink to what they do not cover.

>>> world = World("2026", root_seed=1, replicate=0).run()
>>> world.frames[0]["dyad"]["depth"]

Every phase is a function of the world. A module's ``prepare`` sets what the module owns, with shapes; letters of axes
are those of the model's vocabulary: b bloc, d dyad, s side, m market, f automaker, k supplier, o place, g good.
"""

from reference.world import World as World
