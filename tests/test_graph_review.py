"""A person in the graph: the plan, the evidence and the answer are shown, edited, accepted or declined."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from groundsight.errors import InvalidArgument
from groundsight.graphs.answer import Asking, build_answer_graph
from groundsight.graphs.chat import build_chat_graph
from groundsight.graphs.ingest import build_ingest_graph
from groundsight.graphs.verify import build_verify_graph
from groundsight.grounding.verify import verify as engine_verify
from groundsight.settings import Grounding
from tests.agent_house import HouseSuite

CHAIN = "What is the extension of the manager of the Berlin office?"
PERIOD = "How long is the notice period?"
ACCEPT = {"type": "accept", "args": None}


class Talk:
    """A question whose graph stops for a person, and is gone on with as a front end does it."""

    def __init__(self, what: Any, question: str = CHAIN, suite: HouseSuite | None = None) -> None:
        self.graph, self.asking = build_answer_graph(suite or HouseSuite()), Asking(approve=what)  # type: ignore[arg-type]
        self.graph.checkpointer = InMemorySaver()
        self.config = {"configurable": {"thread_id": "t"}}
        self.state = self.graph.invoke({"question": question}, self.config, context=self.asking)

    @property
    def asked(self) -> dict[str, Any]:
        [request] = self.state["__interrupt__"][0].value
        return request

    def reply(self, *reply: Any) -> dict[str, Any]:
        for one in reply:
            self.state = self.graph.invoke(Command(resume=one), self.config, context=self.asking)
        return self.state

    def edit(self, **args: Any) -> dict[str, Any]:
        action = self.asked["action_request"]
        return {"type": "edit", "args": {"action": action["action"], "args": {**action["args"], **args}}}


@pytest.mark.parametrize("what", ["plan", "evidence", "answer"])
def test_a_person_is_asked_in_the_shape_of_a_human_interrupt_and_accepts(what: Any) -> None:
    talk = Talk(what)
    assert set(talk.asked) == {"action_request", "config", "description"}
    assert talk.asked["action_request"]["action"] == what
    assert json.loads(json.dumps(talk.asked)) == talk.asked
    for _ in range(9):
        if "__interrupt__" not in talk.state:
            break
        talk.reply([ACCEPT])
    assert talk.state["answer"]["status"] == "answered"
    assert "4711" in talk.state["answer"]["text"]


@pytest.mark.parametrize("what", ["plan", "evidence", "answer"])
@pytest.mark.parametrize("reply", [{"type": "ignore", "args": None}, [{"type": "response", "args": "not this one"}]])
def test_a_person_declines_and_the_reason_is_told(what: Any, reply: Any) -> None:
    answer = Talk(what).reply(reply)["answer"]
    said = reply[0]["args"] if isinstance(reply, list) else f"a person declined the {what}"
    assert (answer["status"], answer["stop_reason"]) == ("abstained", said)
    assert "4711" not in answer["text"]


UNKNOWN = [
    True,
    "yes",
    [],
    {"approved": True},
    {"type": "maybe"},
    {"type": "edit", "args": "no"},
    {"type": "accept", "x": 1},
]


@pytest.mark.parametrize("what", ["plan", "evidence", "answer"])
def test_an_unknown_reply_asks_again_and_says_so(what: Any) -> None:
    talk = Talk(what)
    first = talk.asked
    for reply in [*UNKNOWN, {"type": "edit", "args": {"action": what, "args": {}}}]:
        talk.reply(reply)
        assert talk.asked["action_request"] == first["action_request"]
        assert "not understood" in talk.asked["description"]
    assert "4711" in talk.reply(ACCEPT, *[ACCEPT] * (what == "evidence"))["answer"]["text"]


MISFITS = {
    "plan": [{"queries": each} for each in ("?!", {"a": 1}, None, 5, [None], [["x"]], ["x" * 100_000])]
    + [{"plan": each} for each in (None, 5, {"steps": 5}, {"step": ["x"]}, [None], ["Who is {2}?", "Who is {1}?"])]
    + [{"plan": {"steps": []}, "queries": ["?!"]}, {"quries": ["x"]}],
    "evidence": [{"evidence": each} for each in (None, "x", 5, {"id": "x"}, [1], [None], [[]], [{}], [{"id": ["x"]}])],
    "answer": [{"text": each} for each in (None, 5, [], " ", "?!", "Rain fell. " * 100_000)],
}


@pytest.mark.parametrize(("what", "args"), [(what, args) for what, many in MISFITS.items() for args in many])
def test_an_edit_that_cannot_be_used_asks_again(what: Any, args: dict[str, Any]) -> None:
    class Strict(HouseSuite):
        """Refuses long texts, as the engine does."""

        def verify(self, answer: str, *more: Any, **options: Any) -> Any:
            return engine_verify(answer, [], Grounding()) if len(answer) > 1_000 else super().verify(answer, *more)

    talk = Talk(what, PERIOD, Strict())
    talk.reply(talk.edit(**args))
    assert "not understood" in talk.asked["description"]
    talk.reply(ACCEPT)
    assert talk.state["answer"]["status"] == "answered"


@pytest.mark.parametrize("messages", [[], [("user", PERIOD), ("assistant", "90 days.")], [("system", PERIOD)]])
def test_a_chat_that_ends_with_no_question_of_a_person_is_told_so(messages: Any) -> None:
    with pytest.raises(InvalidArgument, match="no question of a person"):
        build_chat_graph(HouseSuite()).invoke({"messages": messages})  # type: ignore[arg-type]


def test_what_a_person_shall_approve_is_one_of_the_known_steps() -> None:
    context: Any = {"approve": "answers"}
    with pytest.raises(InvalidArgument, match="none, plan, evidence, answer, everything"):
        build_answer_graph(HouseSuite()).invoke({"question": PERIOD}, context=context)  # type: ignore[arg-type]


def test_an_edited_plan_is_what_is_searched() -> None:
    suite = HouseSuite()
    talk = Talk("plan", suite=suite)
    plan = {"steps": [{"step": 1, "question": "budget of project Beta"}], "join": "last", "by": "person"}
    talk.reply(talk.edit(plan=plan, queries=[" project Beta "]))
    # They run beside each other.
    assert sorted(suite.queries[:2]) == ["budget of project Beta", "project Beta"]


BETA = "budget of project Beta"


@pytest.mark.parametrize(
    ("args", "searched"),
    [
        ({"queries": [BETA]}, [BETA]),
        ({"queries": f"{BETA}\n\n project Beta "}, [BETA, "project Beta"]),
        ({"plan": [BETA, {"question": "Who wrote {1}?"}]}, [CHAIN, BETA]),
        ({"plan": f"{BETA}\nWho wrote {{1}}?"}, [CHAIN, BETA]),
        ({"plan": json.dumps({"steps": [{"question": BETA}]})}, [CHAIN, BETA]),
        ({"plan": {"steps": BETA}, "queries": [PERIOD]}, [PERIOD, BETA]),
    ],
)
def test_a_plan_may_be_edited_in_part_and_as_a_person_writes_it(args: dict[str, Any], searched: list[str]) -> None:
    suite = HouseSuite()
    talk = Talk("plan", suite=suite)
    talk.reply({"type": "edit", "args": {"action": "plan", "args": args}})
    assert sorted(suite.queries[: len(searched)]) == sorted(searched)


def test_an_edit_that_cannot_be_used_is_told_what_is_wrong_with_it() -> None:
    talk = Talk("plan")
    for args, said in (
        ({"plan": ["Who is {1}?"]}, "step 1 leans on a step that does not come before it"),
        ({"quries": ["x"]}, "argument 'quries'"),
        ({"queries": []}, "nothing is left to search for"),
    ):
        talk.reply({"type": "edit", "args": {"action": "plan", "args": args}})
        assert said in talk.asked["description"]


def test_dropped_evidence_counts_for_nothing_in_the_answer_and_its_check() -> None:
    texts = {"old.txt": "The notice period is 30 days.", "new.txt": "The notice period is 90 days."}
    talk = Talk("evidence", PERIOD, HouseSuite(texts))
    shown = talk.asked["action_request"]["args"]["evidence"]
    assert {one["source"] for one in shown} == set(texts)
    talk.reply(talk.edit(evidence=["else"]))
    assert "has the id else" in talk.asked["description"]
    talk.reply(talk.edit(evidence=[one["id"] for one in shown if one["source"] == "old.txt"]))
    answer = talk.state["answer"]
    assert (answer["status"], answer["text"]) == ("answered", "The notice period is 30 days [1].")
    assert {one["source"] for one in answer["evidence"]} == {"old.txt"}


def test_the_answer_is_shown_with_verdicts_and_evidence_and_an_edited_one_is_checked_again() -> None:
    talk = Talk("answer", PERIOD)
    args = talk.asked["action_request"]["args"]
    assert [(one["label"], one["text"]) for one in args["verdicts"]] == [
        ("supported", "The notice period is 90 days [1].")
    ]
    assert "The notice period is 90 days." in args["evidence"][0]["text"]
    answer = talk.reply(talk.edit(text="The notice period is 30 days [1]."))["answer"]
    assert (answer["status"], answer["stop_reason"]) == ("partial", "a person edited the answer")
    assert [one["label"] for one in answer["verdicts"]] == ["unsupported"]


def test_what_a_person_wrote_and_the_evidence_contradicts_is_said_with_the_sentence_and_its_source() -> None:
    class Checked(HouseSuite):
        """Checks as the engine does."""

        def verify(self, answer: str, evidence: Any) -> Any:
            return engine_verify(answer, evidence, Grounding())

    talk = Talk("answer", PERIOD, Checked())
    answer = talk.reply(talk.edit(text="The notice period is 30 days [1]. The office owns a bus."))["answer"]
    labels = [one["label"] for one in answer["verdicts"]]
    assert (answer["status"], labels) == ("partial", ["contradicted", "unsupported"])
    first, told, lacks = answer["text"].splitlines()
    assert first == "The notice period is 30 days [1]. The office owns a bus."
    assert re.match(r'Contradicted: "The notice period is 30 days": policy\.txt says ".*90', told)
    assert lacks.startswith('Not in the evidence: "The office owns a bus" (')


def test_a_person_may_be_asked_about_everything_in_turn() -> None:
    talk, seen = Talk("everything", PERIOD), []
    while "__interrupt__" in talk.state:
        seen.append(talk.asked["action_request"]["action"])
        talk.reply(ACCEPT)
    assert seen == ["plan", "evidence", "answer"]


def test_the_output_of_a_graph_is_its_result_and_not_its_state() -> None:
    suite: Any = HouseSuite()
    assert list(build_answer_graph(suite).invoke({"question": PERIOD})) == ["answer"]
    assert sorted(build_verify_graph(suite).invoke({"answer": "It is 90 days."})) == ["report", "summary"]


@pytest.mark.parametrize("given", [{}, {"question": 5}, {"query": "x"}, {"question": None}])
def test_a_wrong_input_is_told_in_our_words(given: Any) -> None:
    for build, name in (
        (build_answer_graph, "question"),
        (build_ingest_graph, "paths"),
        (build_chat_graph, "messages"),
    ):
        graph: Any = build(HouseSuite())  # type: ignore[arg-type]
        with pytest.raises(InvalidArgument, match=f"input '{name}'.*JSON with {name}"):
            graph.invoke(given)
        with pytest.raises(InvalidArgument, match="input"):
            asyncio.run(graph.ainvoke(given))
        with pytest.raises(InvalidArgument, match="input should be a valid dictionary"):
            graph.invoke("a text")


def test_a_stream_tells_steps_evidence_and_verdicts_as_json() -> None:
    graph = build_answer_graph(HouseSuite())  # type: ignore[arg-type]
    told = list(graph.stream({"question": PERIOD}, stream_mode="custom"))
    assert json.loads(json.dumps(told)) == told
    kinds = [next(iter(one)) for one in told]
    assert kinds[0] == "step"
    assert kinds.index("evidence") < kinds.index("verdict")
    assert told[kinds.index("verdict")]["verdict"]["label"] == "supported"


YEARS = {
    "r24.md": "Revenue of Acme Corp in 2024 was EUR 8.1 million.",
    "r22.md": "Revenue of Acme Corp in 2022 was EUR 6.4 million.",
    "b22.md": "Revenue of Bolt Ltd in 2022 was EUR 1.9 million.",
}


def test_a_follow_up_keeps_its_subject_in_its_thread_and_in_no_other() -> None:
    graph = build_chat_graph(HouseSuite(YEARS))  # type: ignore[arg-type]
    graph.checkpointer = InMemorySaver()

    def say(words: str, thread: str = "one") -> str:
        given = {"messages": [{"role": "user", "content": words}]}
        return graph.invoke(given, {"configurable": {"thread_id": thread}})["messages"][-1].text

    assert "8.1 million" in say("What was the revenue of Acme Corp in 2024?")
    assert "6.4 million" in say("and in 2022?")
    assert "1.9 million" in say("What about Bolt Ltd?")
    assert "million" not in say("and in 2022?", "two").splitlines()[0]
