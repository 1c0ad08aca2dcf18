"""Results and errors as MCP replies: text for the model, structured content, links and pictures."""

from __future__ import annotations

import base64

from mcp_types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent

from groundsight.errors import GroundsightError
from groundsight.tools.bounds import one_line
from groundsight.tools.results import Result


def reply(result: Result) -> CallToolResult:
    """Shape a result: readable text, the same as data, a link to each unit, and the pictures."""
    content: list[ContentBlock] = [TextContent(type="text", text=result.as_text())]
    content += [
        ResourceLink(type="resource_link", uri=uri, name=name, mime_type="text/plain") for uri, name in result.links()
    ]
    for picture in result.pictures:
        data = base64.b64encode(picture.data).decode()
        content.append(ImageContent(type="image", data=data, mime_type="image/png"))
    return CallToolResult(content=content, structured_content=result.model_dump(mode="json"))


def refusal(error: GroundsightError) -> CallToolResult:
    """Shape an error so that a model can correct itself: the code first, then what, limit and next step."""
    text = one_line(str(error), 2_000)
    data = {name: one_line(item, 500) if isinstance(item, str) else item for name, item in error.as_data().items()}
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content={"error": data}, is_error=True
    )
