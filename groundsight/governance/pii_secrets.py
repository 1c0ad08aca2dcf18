"""Find keys, tokens and passwords in folded text, each by the form that its issuer publishes or by a label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundsight.governance.pii_normalise import Candidate
from groundsight.governance.pii_prefilter import SAID_SECRET

# Issuers' own prefixes: AWS, GitHub, GitLab, Slack, Google, Stripe, OpenAI and Anthropic, npm, Hugging Face, SendGrid.
_PREFIXED = (
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"gh[opsur]_[A-Za-z0-9]{36,255}",
    r"github_pat_[A-Za-z0-9_]{60,255}",
    r"glpat-[A-Za-z0-9_-]{20,64}",
    r"xox[abprs]-[A-Za-z0-9-]{10,250}",
    r"AIza[A-Za-z0-9_-]{35}",
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,128}",
    r"sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,250}",
    r"(?:npm|hf)_[A-Za-z0-9]{30,64}",
    r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}",
    r"eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,3000}\.[A-Za-z0-9_-]{10,1000}",
)
_KEY = re.compile("|".join(rf"(?<![A-Za-z0-9_-]){form}(?![A-Za-z0-9])" for form in _PREFIXED))
_BLOCK = re.compile(
    r"-----BEGIN (?P<of>[A-Z ]{0,20}PRIVATE KEY)-----[A-Za-z0-9+/=\s:,-]{1,20000}?-----END (?P=of)-----"
)
_LABELLED = re.compile(
    rf"(?<![^\W_])(?:passwor[dt]|passwd|pwd|secret|(?:api|secret|access)[ _-]?key|access[ _-]?token"
    rf"|{'|'.join(SAID_SECRET)})[\"']?[ ]?[:=][ ]?[\"']?"
    r"(?P<shown>(?=[^\s\"']{0,63}\d)(?=[^\s\"']{0,63}[^\W\d_])[^\s\"',;<>\[\]]{7,63}[^\s\"',;<>\[\].!?])",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\bbearer[ ](?P<shown>(?=[^\s]{0,63}\d)[A-Za-z0-9._~+/=-]{20,2000})", re.IGNORECASE)
_IN_LINK = re.compile(r"://[^\s/:@]{1,64}:(?P<shown>[^\s/:@]{3,128})(?=@)")


def secrets(text: str) -> Iterator[Candidate]:
    """Yield keys and tokens by their form, private keys as a block, and what stands behind "password:"."""
    for pattern in (_BLOCK, _KEY):
        for match in pattern.finditer(text):
            yield Candidate(match.start(), match.end(), match.group())
    for pattern in (_LABELLED, _BEARER, _IN_LINK):
        for match in pattern.finditer(text):
            yield Candidate(match.start("shown"), match.end("shown"), match["shown"])
