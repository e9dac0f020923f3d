"""What the words of tables, reports and stories mean: one page, ``docs/glossary.md``, and a part of every report."""

from __future__ import annotations

from typing import Final, NamedTuple

from experiments.display.borrowed_words import BORROWED
from experiments.display.games import A_GAME, FAMILIES


class Term(NamedTuple):
    """A term: what it is called, what it means, and heads of tables that mean it too."""

    name: str
    meaning: str
    also: tuple[str, ...] = ()


_TERMS: Final = (
    Term(
        "access",
        "On which terms brands of one bloc sell in another's market where a rule would keep them out: not at all; what "
        "they build there; so many cars a year from home (a quota); like any other brand.",
        ("lets in",),
    ),
    Term(
        "agent",
        "A program that takes a bloc's seat: it is asked what a government decides, and what it leaves open the "
        "model's own rules decide.",
    ),
    Term(
        "agreement",
        "A treaty on which legislatures vote where they have a vote: duties cut beyond a third, a quota, common "
        "charging, technology; with recognition or an open market it waits longest. It enters into force one to six "
        "quarters after it is signed, and lasts until it is left or its sunset comes.",
        ("signed",),
    ),
    Term(
        "arena",
        "Agents in seats under the same lucks, each game paired with the same luck played by the model's own rules.",
        ("against the rules", "by the rules"),
    ),
    Term(
        "arm, cell",
        "One setting of a plan: a cell of a factorial, or a point with a name. All of them have the same luck, "
        "replicate by replicate.",
    ),
    Term(
        "arrangement",
        "What parties could agree on or choose beforehand: a value for every lever. As it is: the scenario's own.",
    ),
    Term(
        "attainable gain",
        "The largest joint gain that a package of everything the scenario knows would give at the time, with neither "
        "side losing. What an arm takes off the table stays in it.",
        ("% of gain", "share of the gain"),
    ),
    Term("ceiling of depth", "The most depth that what is on the table allows."),
    Term(
        "cloud",
        "The runs of one setting under other luck, each a dot or part of a bar; where a run lies among them says "
        "how much of it was luck.",
    ),
    Term(
        "CO2 saved",
        "What the electric cars sold in a year save over their lives, million tonnes; a car saves more where it drives "
        "more, lives longer and runs on cleaner power.",
        ("CO2 Mt", "CO2 saved, Mt/yr"),
    ),
    Term(
        "complaint",
        "A government tells its partner that something it cannot see for itself, such as supply, seems to be withheld. "
        "Talks come first; what still looks wrong after a quarter is answered by a suspension.",
    ),
    Term(
        "conditional commitment",
        '"I cut if both of you cut": a promise that binds only while all the others keep theirs, so that to make it '
        "risks nothing. A zone of such promises holds for all of its members or for nobody.",
    ),
    Term(
        "contested",
        "What the giver would not do alone, because giving it costs it something. The opposite of harmony.",
    ),
    Term(
        "cooperation",
        "A pair cooperates in a quarter if, over a year, at least half of the attainable gain is realised, neither "
        "side loses, and each keeps a concession that it would not make alone.",
    ),
    Term(
        "deals kept",
        "Of the quarters with a treaty in a seat's two pairs, the share in which both sides kept it. None is told "
        "where there was no treaty.",
    ),
    Term(
        "depth",
        "The weighted share of what could be conceded that is agreed and kept, 0 to 1. It describes of what "
        "cooperation consists, in four parts: the inherited treaty, and of what was agreed in the run duties, "
        "recognition, and the rest (supply, charging, technology).",
        ("mean depth", "inherited treaty", "supply, charging, technology"),
    ),
    Term(
        "dialogue, levels of",
        "What official talks have come to: none, technical (experts), group (a working group, or talks beside G20 and "
        "APEC), leaders. Higher levels misjudge less, see breaches better and calm tension more. A channel can shut.",
    ),
    Term(
        "durable",
        "Some spell lasts twelve quarters or more.",
        ("P(durable)",),
    ),
    Term(
        "duties",
        "What an importer charges on the price of electric cars from the partner, as a rate: 27 % adds 27 dollars to "
        "each hundred. Mean over all quarters; the first bloc of the pair's name first.",
        ("duties %",),
    ),
    Term(
        "dyad",
        "A pair of blocs, by their codes: CN-US. A bloc is a government at the table: China (CN), the United States "
        "(US) and the EU, or those that the scenario names.",
    ),
    Term(
        "effect",
        "What one setting changes against another, replicate by replicate; the mean, with a 95 % interval that is "
        "about luck alone.",
        ("compared", "time cooperating, % of quarters", "joint gain, bn$ a year"),
    ),
    Term(
        "emerged",
        "Cooperation began that was not there from the start. Told in so many of 100 runs.",
        ("emerges", "P(emerged)", "of 100 runs"),
    ),
    Term(
        "emulator",
        "A file that says of any setting in a box of inputs what runs would come to, without playing them: the mean, "
        "where that lies (the emulator's band, which more runs make narrower), and where nine in ten runs lie (the "
        "chance band, which is luck).",
        ("band holds", "runs within", "R2"),
    ),
    Term(
        "EV price",
        "What an electric car costs before tax, mean over what is sold and over all quarters, thousand dollars.",
        ("EV k$", "EV price, k$"),
    ),
    Term("EV share", "Electric cars among the new cars sold in a bloc.", ("EV share, last quarter", "EVs, %")),
    Term(
        "EV trade",
        "Electric cars that the two sell each other, thousands a year.",
        ("EV trade, 1000/yr", "trade 1000s"),
    ),
    Term(
        "export licences",
        "What a bloc must give before minerals, magnets or cells leave it. Assured supply is a promise to give them; "
        "withheld, they answer a rise of the other's duty until it is undone or a treaty promises them.",
    ),
    Term(
        "gain share",
        "The joint gain that is realised, as a share of the attainable gain. None is told where next to nothing can be "
        "gained (less than 0.01 bn$ a year).",
    ),
    Term("harmony", "What a giver would do for its own good without any treaty. It is no success of negotiation."),
    Term(
        "hollow",
        "Cooperation that was there although the joint gain of the two of the pair over no treaty is below zero, mean "
        "over all quarters. What third parties lose does not count.",
    ),
    Term(
        "inherited",
        "Cooperation that was there from the start: the treaty in force before anybody acts is cooperation if it is "
        "kept. It cannot emerge; it can be kept, deepened, lost and regained.",
    ),
    Term(
        "interval",
        "95 % interval over replicates: what other luck could have shown. For shares Wilson's. It is not about the "
        "assumptions. [?] stands where one run, or none with such an event, says nothing of it.",
        ("[?]",),
    ),
    Term(
        "joint gain",
        "What both together gain over having no treaty, bn$ a year, mean over all quarters.",
        ("gain bn$/yr", "joint gain, bn$/yr"),
    ),
    Term("kept", "Inherited cooperation that lasted, in every quarter, until the end.", ("P(kept)",)),
    Term(
        "lever",
        "A parameter, or a bundle of several, that somebody can choose; what cannot be chosen is an assumption.",
    ),
    Term(
        "linkage",
        "A concession outside the sector, such as farm goods, that is put beside electric cars to close a deal.",
    ),
    Term("lost, regained", "Inherited cooperation that ended; and that began again later."),
    Term(
        "luck",
        "All that chance decides in a run. It has a number: under the same number other rules, or other decisions, "
        "meet the same luck.",
    ),
    Term(
        "no change",
        "The forecast of who expects everything to stay as it was last known: of duties and shares that number, of "
        "agreements that none comes. A forecast that is no better is worth nothing.",
    ),
    Term(
        "objective",
        "What arrangements are judged by: durable gains, regret, CO2 saved.",
    ),
    Term(
        "one side gains, the other loses",
        "What is compared brings one side of a pair more and costs the other, both beyond luck: the 95 % intervals of "
        "both leave zero out. The joint gain alone does not show it. Told for each side with half of its interval.",
    ),
    Term(
        "over assumptions",
        "An effect over a sample of sets of assumptions: its median, and what holds nine in ten of them.",
    ),
    Term(
        "own gain",
        "What a bloc gains in its two pairs over having no treaties, bn$ a year, mean over all quarters.",
    ),
    Term(
        "recognition",
        "Accepting the partner's certificates, so that a car need not be approved a second time.",
    ),
    Term(
        "regret",
        "What the worst-off misses in a world against the arrangement that is best there; told as what it does not "
        "exceed in nine tenths of the sample.",
    ),
    Term("replicate", "One run of a setting, with its own luck: crises, votes, misjudgements."),
    Term(
        "review",
        "Five years after a duty case raised a duty, what it added expires unless the bloc's own interest keeps it.",
    ),
    Term(
        "robust choice",
        "The arrangement with the least regret.",
    ),
    Term(
        "room code",
        "Six characters by which a class comes into a room; who enters them with a nickname is dealt onto a table.",
    ),
    Term(
        "score of a forecast",
        "How far it was off, lower is better: of agreements the squared error of the chances (Brier); of numbers the "
        "distance between what was expected and what came, in their own unit (pinball loss, of many quantiles the "
        "CRPS).",
        ("score",),
    ),
    Term(
        "same sign",
        "The share of sets of assumptions that give an effect the sign it has in the scenario, with Wilson's 95 % "
        "interval, for as many sets as their weights are worth. A set in which the effect is zero is counted apart.",
        ("same sign %", "zero"),
    ),
    Term(
        "seat",
        "A bloc whose decisions people or a program take: what to table, what to take, whether to keep a treaty.",
    ),
    Term(
        "security cost",
        "What a government counts against dependence on the partner's cars or batteries. It is inferred from today's "
        "duties.",
    ),
    Term(
        "short run, long run",
        "In the validation: makers go on building where they did; or they move to the cheapest of the plants that they "
        "have. Of a credit: prices stay; or they answer.",
        ("short run", "long run"),
    ),
    Term("spell", "Quarters in a row in which a pair cooperates; up to two quarters without do not end it."),
    Term(
        "sure",
        "In how many sets of assumptions an effect is above (+) and below (-) zero beyond the set's own luck: by the "
        "paired 95 % interval of its runs. With no effect, luck alone gives about one set in forty on either side.",
    ),
    Term(
        "suspension",
        "An answer to what a partner withholds, or seems to: as many concessions on duties and supply as are worth the "
        "same are not given for a while, two quarters at least. It is announced, and it is no lapse.",
    ),
    Term(
        "table",
        "One game of a class: three seats, with a luck and a pace of its own. A class plays at up to twenty at once; "
        "the rules play the seats that are left.",
    ),
    Term(
        "tension",
        "How strained the politics of a pair are, 0 to 1. It moves by chance about what is usual for the pair, jumps "
        "in a crisis, rises after a lapse, and falls with cooperation and dialogue. High tension shuts the official "
        "channel, makes dependence on the partner cost more, and exits, duty cases and emergency duties likelier.",
    ),
    Term("time cooperating", "The share of all quarters in which a pair cooperates."),
    Term(
        "treaty",
        "A package of concessions that both sides have signed and passed, a truce or an agreement: in force until it "
        "is not honoured, is left or runs out.",
        ("instrument",),
    ),
    Term(
        "truce",
        "A treaty that governments sign by executive act, nobody votes on it: duties cut by at most a third, supply, "
        "linkage. It is in force from the next quarter, for a year, and governments may renew it: then it goes on.",
    ),
    Term(
        "turning point",
        "A quarter in which a game changed its course: something happened at the table, and the depth of a pair from "
        "the quarter before to the one after changed most.",
    ),
    Term(
        "twin",
        "The run by the rules alone with a game's own luck. What a game's depth is beyond its twin's comes from the "
        "people at the table; what the twin's is beyond the mean of the cloud comes from luck.",
    ),
    Term(
        "undertaking",
        "A maker's promise to sell at no less than the price under a special duty, up to a yearly volume and perhaps "
        "with a part of its cars built in the market. In return it pays the usual duty only and keeps the rest.",
    ),
    Term("duty case", "An importer's own inquiry into imports that ends in a special duty, without talks."),
    Term(
        "executive act",
        "A treaty that governments sign without a vote of their legislatures; it can promise less than one that is "
        "voted on.",
    ),
    Term(
        "false alarm",
        "A side kept its promise, but what its partner saw looked like a breach. How often that happens is a "
        "parameter; dialogue and data make it rarer.",
    ),
    Term(
        "official channel",
        "Talks between governments as such, at the level of dialogue that there is; the second one is between experts.",
    ),
    Term(
        "repudiated",
        "The leadership of one side no longer stood by a treaty, whatever that was worth: a new government, or another "
        "line of the old one. One chance of it holds for all.",
    ),
    Term(
        "club, zone",
        "A coalition: governments that drop duties among each other. A club also asks a duty of outsiders; a zone does "
        "not. Every fourth quarter each government weighs whether to be in.",
    ),
    Term("cooling-off", "Quarters without talks after a treaty has ended."),
    Term(
        "homologation",
        "A market's own tests of a type of car before it may be sold there, paid by who sells it. Recognition of the "
        "partner's tests saves them.",
    ),
    Term(
        "inverse optimum",
        "A way to set what nobody can measure, such as a security cost: so that what a government does today is the "
        "best it could do.",
    ),
    Term(
        "MFN duty",
        "The duty that a country asks of every member of the World Trade Organization alike (most favoured nation). "
        "Special duties come on top of it.",
    ),
    Term("notice", "Quarters from a government's word that it leaves a treaty to the treaty's end."),
    Term(
        "zero-emission path",
        "A government's announcement that new cars will be without exhaust from some year on; it raises demand at "
        "once.",
    ),
    Term(
        "worst-off",
        "The bloc that has the least durable gain in a run: what it gains in the pairs in which cooperation lasts "
        "twelve quarters or more.",
    ),
)

_GAMES: Final = tuple(Term(f"{name}{A_GAME}", f"A side that {means}.") for name, means in FAMILIES.items())
_BORROWED: Final = tuple(Term(name, meaning) for name, meaning in BORROWED)
GLOSSARY: Final = tuple(sorted((*_TERMS, *_BORROWED, *_GAMES), key=lambda term: term.name.lower()))


def as_markdown() -> str:
    """The glossary as a table of a page."""
    rows = [f"| **{term.name}** | {term.meaning} |" for term in GLOSSARY]
    return "\n".join(["| term | what it means |", "| --- | --- |", *rows])


def entry_of(head: str) -> Term | None:
    """The term that the head of a column means, or None."""
    flat = " ".join(head.split())
    return next((term for term in GLOSSARY if flat in (term.name, *term.also)), None)


def terms_like(word: str) -> list[Term]:
    """The terms that are called so, whatever their case, games too; else those with the word in a name."""
    flat = " ".join(word.casefold().replace("_", " ").split())
    names = {
        term: [name.casefold() for name in (term.name, term.name.removesuffix(A_GAME), *term.also)] for term in GLOSSARY
    }
    called = [term for term, own in names.items() if flat in own]
    return called or [term for term, own in names.items() if flat and any(flat in name for name in own)]
