"""The interface of a seat: what an agent is asked, what it may answer, and the OpenAPI document that says so.

A game asks one question at a time, wherever one of the agent's blocs has to decide, and takes one answer. In Python
an agent is handed a ``Question``; behind HTTP the same is the body of a request, as JSON. Nothing in it is about what
a partner believes, and the number of the luck is not in it. Money is in bn$ a year unless said otherwise.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr
from pydantic.json_schema import models_json_schema

PROTOCOL: Final = "detente seat 1"
VERSION: Final = "1.0.0"  # of the document; the first number is that of the protocol
ANSWER_PATH: Final = "/v1/answer"
OPENAPI_PATH: Final = "/openapi.json"
LONGEST_REASON: Final = 2000  # characters that are kept of an agent's reason

Kind = Literal["offer", "answer", "keep"]


class _Table(BaseModel):
    """Plain data that nobody changes; names that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Package(_Table):
    """A package: what both sides would concede."""

    index: int = Field(description="Its number on this pair's menu; 0 is no treaty.", ge=0)
    words: str = Field(description="What it holds, in words, with duties at today's rates.")
    at: tuple[int, ...] = Field(description="Its position on the eight axes of the menu.")


class Worth(_Table):
    """What the seat makes of one package, against the policy in force."""

    gain: float | None = Field(description="The gain it believes in; null where the package cannot be tabled.")
    enforceable: bool = Field(description="Whether it would keep it at today's trust.")
    passable: bool = Field(description="Whether its legislature would rather pass it.")
    by_axis: tuple[float, ...] = Field(description="The true gain, axis by axis of the menu, if both keep it.")


class Options(_Table):
    """All packages that can be tabled now, as columns of one length, ordered by number."""

    index: tuple[int, ...] = Field(description="Numbers of the packages.")
    at: tuple[tuple[int, ...], ...] = Field(description="Positions on the eight axes of the menu.")
    gain: tuple[float, ...] = Field(description="The gain that the seat believes in.")
    partner_gain: tuple[float, ...] = Field(description="The gain that the seat believes its partner sees.")
    may_sign: tuple[bool, ...] = Field(
        description="Whether the seat's own rules would let it sign: it gains enough, would keep it, and its "
        "legislature would rather pass it."
    )
    settled: int = Field(
        description="The one among them that is nothing to table, as it is in force; -1 where the truce in force may "
        "become an agreement.",
        ge=-1,
    )


class Stakes(_Table):
    """What keeping a treaty this quarter brings, all against both sides lapsing."""

    keep: float = Field(description="Both keep it.")
    lapse: float = Field(description="This side lapses, the partner keeps it.")
    deserted: float = Field(description="This side keeps it, the partner lapses.")
    slack: float = Field(description="What keeping is worth beyond lapsing over the future, bn$.")


class Past(_Table):
    """A quarter in which this pair had a treaty in force; who kept it is public."""

    quarter: int = Field(ge=0)
    package: int = Field(description="The treaty's package.", ge=1)
    own_kept: bool
    partner_kept: bool


class Briefing(_Table):
    """What the seat knows of itself and of this pair."""

    interests: dict[str, float] = Field(description="What each issue is worth to it at its full level.")
    trust: float = Field(description="Its belief that the partner honours, 0 to 1.")
    least: float = Field(description="The least gain for which it signs.")
    in_force: float = Field(description="What the treaty in force is worth to it over none, if both keep it.")
    lobby: dict[str, float] = Field(description="What firms have at stake in the package that it likes best.")


class Question(_Table):
    """One decision of a seat."""

    protocol: Literal["detente seat 1"] = Field(
        default="detente seat 1", description="Name and number of the protocol."
    )
    game: str = Field(description="The name of the game: the same in all its questions, no two games share one.")
    bloc: str = Field(description="The code of the bloc that decides, such as CN.")
    partner: str = Field(description="The code of the other bloc of the pair.")
    pair: str = Field(description="The pair, the first side's code first, such as CN-US.")
    quarter: int = Field(description="The quarter being played, from 0.", ge=0)
    quarters: int = Field(description="How many quarters the game has.", ge=1)
    label: str = Field(description="The quarter's name, such as 2026Q4.")
    kind: Kind = Field(description="offer: table a package; answer: take one or not; keep: keep the treaty or not.")
    round: int = Field(description="The round of talks within the quarter, from 0; 0 for keep.", ge=0)
    time: float = Field(description="The share of the session that is used up, 0 to 1; 0 for keep.", ge=0.0, le=1.0)
    package: Package | None = Field(description="answer: what lies on the table; keep: the treaty; offer: null.")
    in_force: Package = Field(description="The treaty in force, package 0 where there is none.")
    worth: Worth | None = Field(description="What the seat makes of package.")
    hope: float | None = Field(description="The gain that the seat's own rules would still hold out for; keep: null.")
    options: Options | None = Field(description="offer, answer: what can be tabled now; keep: null.")
    shortlist: tuple[Package, ...] = Field(
        description="offer: a dozen of the options at most, in words: of those that the seat may sign, the ones that "
        "no other betters for both sides, from its own favourite to its partner's; else empty."
    )
    stakes: Stakes | None = Field(description="keep: what is at stake; else null.")
    history: tuple[Past, ...] = Field(description="Every quarter so far in which this pair had a treaty.")
    briefing: Briefing
    allowed: tuple[str, ...] = Field(
        description="answer and keep: the words that are allowed; offer: empty, for there the value is a number of "
        "options other than the settled one, or -1 to table nothing."
    )
    advice: int | str | None = Field(
        description="What the model's own rules would do here; null where it is kept from the agent."
    )


class Answer(_Table):
    """A decision. An answer that is none of these costs the seat this decision: the model's own rules take it."""

    value: StrictInt | StrictStr | None = Field(
        description="offer: the number of a package, or -1 to table nothing; answer: accept or refuse; keep: honour, "
        "lapse (not this quarter) or leave (walk out). null leaves the decision to the model's own rules.",
    )
    reason: str = Field(default="", description=f"Why, for the record; {LONGEST_REASON} characters of it are kept.")


def openapi() -> dict[str, Any]:
    """The document of the interface that an agent behind HTTP serves, OpenAPI 3.1."""
    _, found = models_json_schema(
        [(Question, "serialization"), (Answer, "validation")], ref_template="#/components/schemas/{model}"
    )
    schemas = found["$defs"]

    def body(name: str, description: str) -> dict[str, Any]:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        return {"description": description, "content": content}

    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Détente: a seat for a program",
            "version": VERSION,
            "description": "What an agent serves so that it can take a bloc's seat. A game posts one question at a "
            "time and waits for the answer for as long as its host allows. An answer that comes late, has another "
            "status than 200, or is no legal move costs the seat this decision alone: the model's own rules take it.",
        },
        "paths": {
            ANSWER_PATH: {
                "post": {
                    "operationId": "answer",
                    "summary": "Take one decision.",
                    "requestBody": {**body("Question", "The decision."), "required": True},
                    "responses": {
                        "200": body("Answer", "The move."),
                        "default": {"description": "No answer."},
                    },
                }
            },
            OPENAPI_PATH: {
                "get": {
                    "operationId": "document",
                    "summary": "This document.",
                    "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {}}}},
                }
            },
        },
        "components": {"schemas": schemas},
    }
