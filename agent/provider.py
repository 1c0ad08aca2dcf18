"""Opening the language model that the settings name, or saying in words of our own why it can't be opened."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from groundsight.agent.llm import REPLY_TOKENS, Chat, Model
from groundsight.errors import ConfigError
from groundsight.rounds import CLIENT
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from groundsight.settings import Agent

GATEWAY = "LANGSMITH_GATEWAY"
_KEY = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*(?:KEY|TOKEN)\b")


def open_chat(budget: Agent, watch: Watch) -> Chat | None:
    """Open the language model that the settings name, None when they name none or the client's own.

    Raises:
        ConfigError: the name is not ``provider:model``, its package is not installed, its key is missing, or the
            environment would send everything to a gateway.
    """
    if budget.llm is None or budget.llm == CLIENT:
        return None
    _refuse_detour(budget)
    with ThreadPoolExecutor(1) as opening:
        opened = opening.submit(_initialised, budget)
    # Each provider raises errors of its own, under no common class.
    error = opened.exception()
    if error is not None:
        raise _unusable(budget.llm, error) from error
    return Chat(opened.result(), budget.llm, budget.llm_seconds, watch, prompts=budget.prompts)


def _initialised(budget: Agent) -> Model:
    from langchain.chat_models import init_chat_model

    return cast("Model", init_chat_model(budget.llm, **_options(budget)))


def _unusable(llm: str, error: BaseException) -> ConfigError:
    """Say what is missing without the provider's words, which may quote a key."""
    missing = next((name for name in _KEY.findall(str(error)) if name not in os.environ), "")
    if isinstance(error, ImportError):
        what = f"the language model needs a package that is not installed: {error.name or 'the provider'}"
        then = "pip install 'groundsight[llm]', and the provider's package where it is another"
    elif missing:
        what, then = "the language model's key is missing", f"set {missing} or agent.llm_api_key"
    elif isinstance(error, ValueError):
        what, then = "agent.llm is neither provider:model nor client", "use for example openai:NAME"
    else:
        what = f"the language model can't be opened: {type(error).__name__}"
        then = "check agent.llm, agent.llm_base_url and agent.llm_api_key"
    return ConfigError(what, which=f"agent.llm = {llm}", next_step=then)


def _refuse_detour(budget: Agent) -> None:
    """The providers' packages send all requests to LangSmith's gateway when this variable is set and no address is."""
    if not budget.llm_base_url and os.environ.get(GATEWAY, "").lower() not in ("", "0", "no", "false"):
        raise ConfigError(
            "the environment would send questions and evidence to a gateway that the settings don't name",
            which=GATEWAY,
            next_step="unset it, or name the address in agent.llm_base_url",
        )


def _options(budget: Agent) -> dict[str, Any]:
    options: dict[str, Any] = {
        "max_retries": 0,
        "timeout": budget.llm_seconds,
        "max_tokens": REPLY_TOKENS,
        "temperature": 0,
    }
    if budget.llm_base_url:
        options["base_url"] = budget.llm_base_url
    if budget.llm_api_key:
        options["api_key"] = budget.llm_api_key.get_secret_value()
    return options
