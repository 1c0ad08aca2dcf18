"""The optional language model over real HTTP: replies, failures, and documents that give it orders."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from pydantic import SecretStr

from groundsight.agent.llm import Chat
from groundsight.agent.provider import open_chat
from groundsight.agent.requests import PlanReply
from groundsight.errors import Cancelled, ConfigError
from groundsight.graphs.answer import answer_question
from groundsight.settings import Agent
from groundsight.tracing import Watch
from groundsight.types import Answer
from tests.agent_house import HOUSE, HouseSuite
from tests.chat_server import (
    ChatServer,
    Script,
    chat_server,
    completion,
    draft_of,
    failing,
    is_plan,
    is_revision,
    plan_of,
)

pytest.importorskip("langchain_openai", reason="pip install 'groundsight[llm]'")
CHAIN = "What is the extension of the manager of the Berlin office?"
PERIOD = "How long is the notice period?"


@pytest.mark.parametrize("value", ["true", "http://127.0.0.1:9"])
def test_a_gateway_of_the_environment_is_refused_unless_the_settings_name_an_address(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("LANGSMITH_GATEWAY", value)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    with pytest.raises(ConfigError, match="gateway"):
        open_chat(Agent(llm="openai:x"), Watch())
    opened = open_chat(Agent(llm="openai:x", llm_base_url="http://127.0.0.1:8/v1"), Watch())
    assert opened is not None
    assert opened.model.openai_api_base == "http://127.0.0.1:8/v1"  # type: ignore[attr-defined]


def chat_on(server: ChatServer, watch: Watch | None = None, **budget: Any) -> Chat:
    settings = Agent(llm="openai:fake", llm_base_url=server.url, llm_api_key=SecretStr("k"), **budget)
    chat = open_chat(settings, watch or Watch())
    assert chat is not None
    return Chat(chat.model, chat.name, chat.seconds, chat.watch, pause=lambda _seconds: None)


def ask_house(
    script: Script, question: str, texts: dict[str, str] | None = None, **agent: Any
) -> tuple[Answer, ChatServer]:
    with chat_server(script) as server:
        suite = HouseSuite(texts or HOUSE, llm="openai:fake", llm_base_url=server.url, llm_api_key="k", **agent)
        return answer_question(suite, question), server  # type: ignore[arg-type]


def shown_id(body: dict[str, Any], words: str) -> str:
    """The id under which the evidence with these words was shown."""
    user = str(body["messages"][1]["content"])
    blocks = re.findall(r"id=(E\d+) from=.*?>>>\n(.*?)\n<<<", user, re.S)
    return next((name for name, text in blocks if words in text), "E99")


def writes(*, plan: str = "", text: str, words: str) -> Script:
    def script(body: dict[str, Any]) -> str:
        return plan if is_plan(body) else draft_of((text, [shown_id(body, words)]))

    return script


def test_without_a_name_there_is_no_model() -> None:
    assert open_chat(Agent(), Watch()) is None


def test_a_missing_provider_names_the_extra() -> None:
    with pytest.raises(ConfigError, match="not installed") as caught:
        open_chat(Agent(llm="anthropic:x"), Watch())
    assert "groundsight[llm]" in caught.value.next_step


def test_a_missing_key_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="key is missing") as caught:
        open_chat(Agent(llm="openai:x"), Watch())
    assert caught.value.which == "agent.llm = openai:x"
    assert caught.value.next_step == "set OPENAI_API_KEY or agent.llm_api_key"


def test_a_name_without_a_provider_is_refused() -> None:
    with pytest.raises(ConfigError, match="provider:model"):
        open_chat(Agent(llm="no-such-thing"), Watch())


def test_a_plan_of_the_model_is_followed_and_its_draft_is_checked() -> None:
    plan = plan_of("Who is the manager of the Berlin office?", "What is the extension of {1}?", after={2: [1]})
    script = writes(plan=plan, text="The extension of Anna Schmidt is 4711.", words="4711")
    given, server = ask_house(script, CHAIN.replace("Berlin", "Spandau"))
    assert given.text.startswith("The extension of Anna Schmidt is 4711 [1].")
    assert (given.tier.name, given.tier.models["writer"]) == ("llm", "openai:fake")
    assert any(step.detail.startswith("openai:fake: Who is") for step in given.trace)
    assert len(server.requests) == 2
    assert given.status == "partial"
    assert '"Spandau" is in none of' in given.text


def test_no_plan_is_asked_for_where_the_first_search_brings_every_name() -> None:
    given, server = ask_house(writes(text="The extension of Anna Schmidt is 4711.", words="4711"), CHAIN)
    assert (given.status, given.text) == ("answered", "The extension of Anna Schmidt is 4711 [1].")
    assert len(server.requests) == 1


def test_what_a_model_misses_is_searched_before_it_is_asked_once_more() -> None:
    texts = {"hall.txt": "The Guild Hall is looked after by Jonas Veldt.", "phones.txt": "Veldt, Jonas: 318"}
    asked: list[str] = []

    def script(body: dict[str, Any]) -> str:
        asked.append(shown_id(body, "318"))
        if asked[-1] == "E99":
            return draft_of(enough=False, missing="phone of Jonas Veldt")
        return draft_of(("Veldt, Jonas: 318.", [asked[-1]]))

    given, _ = ask_house(script, "Which number reaches whoever looks after the Guild Hall?", texts)
    assert "318" in given.text
    assert len(asked) == 2


def test_sub_questions_of_a_plan_are_searched_in_parallel() -> None:
    script = writes(text="Project Beta has a budget of EUR 7,000.", words="7,000")
    given, _ = ask_house(script, "Which project has the higher budget, Alpha or Beta?")
    assert [step.node for step in given.trace].count("search") == 3
    assert given.trace[4].node == "assess"


def test_an_unsupported_sentence_is_sent_back_with_its_reason() -> None:
    def script(body: dict[str, Any]) -> str:
        name = shown_id(body, "90 days")
        return (
            plan_of(PERIOD)
            if is_plan(body)
            else draft_of((f"The notice period is {90 if is_revision(body) else 30} days.", [name]))
        )

    given, server = ask_house(script, PERIOD)
    assert given.text == "The notice period is 90 days [1]."
    assert "1. The notice period is 30 days." in server.prompts()[-1]


def test_a_model_that_insists_is_not_given() -> None:
    given, _ = ask_house(writes(plan=plan_of(PERIOD), text="The notice period is 30 days.", words="90 days"), PERIOD)
    assert given.tier.models["writer"] == "rules"
    assert given.text == "The notice period is 90 days [1]."


def test_ids_that_were_not_retrieved_are_removed() -> None:
    def script(body: dict[str, Any]) -> str:
        cites = [shown_id(body, "90 days"), "E77", "other-tenant-0001"]
        return plan_of(PERIOD) if is_plan(body) else draft_of(("The notice period is 90 days.", cites))

    given, _ = ask_house(script, PERIOD)
    assert [one.source for one in given.citations] == ["policy.txt"]
    assert any("2 unknown ids removed" in step.detail for step in given.trace)


def test_a_near_miss_stays_one_whatever_the_model_writes() -> None:
    script = writes(plan=plan_of("x y z"), text="The total of the invoice is EUR 99.00.", words="99.00")
    given, _ = ask_house(script, "What was the total of invoice INV-2043?")
    assert given.status == "evidence"
    assert '"INV-2043" is in none of' in given.text


def test_not_enough_means_quoted_evidence_or_nothing() -> None:
    def script(body: dict[str, Any]) -> str:
        return (
            plan_of("What was the profit in 2024?") if is_plan(body) else draft_of(enough=False, missing="the profit")
        )

    given, server = ask_house(script, "What was the profit in 2024?")
    assert given.status == "evidence"
    assert len(server.requests) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "no json at all",
        "{",
        '{"steps": []}',
        '{"steps": 3}',
        "[" * 5_000,
        '{"join": "sideways", "steps": [{"question": "abc"}]}',
        "",
    ],
)
def test_a_malformed_reply_is_repaired_once_and_then_given_up(text: str) -> None:
    with chat_server(lambda body: text) as server:
        reply = chat_on(server).ask("You plan", "q", PlanReply)
    assert reply.value is None
    assert reply.degraded[0].reason.startswith("malformed")
    assert len(server.requests) == 2


def test_a_reply_is_found_in_the_prose_around_it() -> None:
    with chat_server(lambda body: f"Sure! ```json\n{plan_of('Who is it?')}\n``` Hope this helps {{}}") as server:
        reply = chat_on(server).ask("You plan", "q", PlanReply)
    assert reply.value is not None
    assert reply.value.steps[0].question == "Who is it?"


def test_a_second_reply_can_repair_the_first() -> None:
    replies = iter(["oops", plan_of("Who is it?")])
    with chat_server(lambda body: next(replies)) as server:
        reply = chat_on(server).ask("You plan", "q", PlanReply)
    assert reply.value is not None
    assert "Before: malformed" in server.prompts()[-1]


def test_a_model_without_structured_output_is_asked_in_plain_words() -> None:
    def script(body: dict[str, Any]) -> Any:
        return failing(400) if "response_format" in body else plan_of("Who is it?")

    with chat_server(script) as server:
        assert chat_on(server).ask("You plan", "q", PlanReply).value is not None


def test_a_tool_call_is_never_followed() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "delete_all", "arguments": "{}"}}
    with chat_server(lambda body: completion(None, tool_calls=[call])) as server:
        reply = chat_on(server).ask("You plan", "q", PlanReply)
    assert reply.value is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    replies: list[Any] = [failing(status), failing(status), plan_of("Who is it?")]
    with chat_server(lambda body: replies.pop(0)) as server:
        assert chat_on(server).ask("You plan", "q", PlanReply).value is not None
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [429, 500, 401])
def test_a_lasting_failure_falls_back_to_quoted_evidence_and_says_so(status: int) -> None:
    with chat_server(lambda body: failing(status)) as server:
        reply = chat_on(server).ask("You plan", "q", PlanReply)
    assert reply.value is None
    assert reply.degraded[0].reason == f"unreachable: HTTP {status}"
    assert len(server.requests) == (1 if status == 401 else 3)


def test_a_question_survives_a_model_that_is_away() -> None:
    given, _ = ask_house(lambda body: failing(401), PERIOD)
    assert given.status == "answered"
    assert given.tier.models["writer"] == "rules"
    assert [one.lane for one in given.degraded] == ["language model"]


def test_nobody_listening_is_a_reason_and_not_a_crash() -> None:
    with chat_server(lambda body: "") as server:
        chat = chat_on(server)
    reply = chat.ask("You plan", "q", PlanReply)
    assert reply.degraded[0].reason.startswith("unreachable")


def test_a_reply_that_never_comes_ends_at_the_deadline() -> None:
    release = threading.Event()

    def script(body: dict[str, Any]) -> str:
        release.wait(10)
        return ""

    with chat_server(script) as server:
        reply = chat_on(server).ask("You plan", "q", PlanReply, seconds=0.2)
        release.set()
    assert reply.degraded[0].reason == "unreachable: no reply in time"


def test_cancelling_does_not_wait_for_the_model() -> None:
    watch, release = Watch(), threading.Event()

    def script(body: dict[str, Any]) -> str:
        watch.cancel()
        release.wait(10)
        return ""

    with chat_server(script) as server:
        with pytest.raises(Cancelled):
            chat_on(server, watch).ask("You plan", "q", PlanReply)
        release.set()


def test_tokens_are_counted_and_the_budget_ends_the_writing() -> None:
    script = writes(plan=plan_of(PERIOD), text="The notice period is 30 days.", words="90")
    given, server = ask_house(script, PERIOD, tokens=50)
    assert given.tier.models["writer"] == "rules"
    assert len(server.requests) == 1
