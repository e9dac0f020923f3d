"""The classroom: watch a negotiation, ask whether it was luck, sit at the table (``detente class``).

``seats`` lets people decide for a bloc; ``game`` plays, rewinds, branches and exports; ``minutes`` and ``view`` say
what is seen; ``cloud`` re-plays the same settings hundreds of times; ``room`` is the table that a class shares;
``server`` and ``static/`` are the page. Everything up to ``room`` works without a web library.
"""
