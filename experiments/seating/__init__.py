"""Programs at the table: a seat taken by an agent, in Python or behind HTTP, and an arena that measures agents.

``protocol`` is the one typed question and its answer, documented as OpenAPI; ``asking`` makes questions of a game of
``experiments.classroom``; ``agents`` are those that come with the project and how one's own is loaded; ``sitting``
asks one and bears with whatever it does; ``http_agent`` and ``language_model`` speak to those elsewhere; ``adapters``
seat negotiators and strategies of other libraries. ``play`` plays and keeps games, ``measures`` says what came of
them, ``arena`` compares agents; ``results`` keeps that, ``show`` prints it and ``figures`` draw it.
"""
