"""The server of the Model Context Protocol: names, descriptions and arguments of the tools."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from kb.filters import choose
from kb.flaws import flaw_of
from kb.messages import N_, KbError, Message, NotFound, PermanentError, describe_duration
from kb.places import municipalities
from search.query import MAX_LENGTH
from search.results import Question
from search.similarity.viewpoint import Viewpoint
from web.assistants import answers
from web.assistants.caller import Caller, FindCaller
from web.forms.known_values import find_unknown
from web.http.errors import sentence_of
from web.http.limits import TooManyRequests

INSTRUCTIONS = """\
A knowledge base of good practices for municipalities: practice cards with measured results, the
documents they cite page by page, curated collections and local projects. Every answer is a
quotation with the address where it stands; nothing is generated. Search first: the verdict says
whether the base answers (answered), only comes near (near) or holds nothing (nothing). Quote texts
as they are, give their addresses, and keep the evidence level and source beside a figure."""
READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def _read_whole(value: Any) -> Any:
    """5 from 5.0, which is a whole number in JSON, and from "5", as assistants write it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else value


Whole = Annotated[int, BeforeValidator(_read_whole)]
Id = Annotated[str, Field(min_length=1, max_length=100)]

_BAD_ARGUMENT = N_("The argument “{name}” is not right. {problem}")
_NO_TOOL = N_("There is no tool “{name}”.")
_TOO_MANY = N_("Too many searches: try again in {wait}.")
_NO_PLACE = N_("No Italian municipality has the ISTAT code {code}: check its six digits.")


class Tools:
    """The tools. Their names, arguments and descriptions are what assistants see."""

    def __init__(self, find_caller: FindCaller) -> None:
        self._find_caller = find_caller

    def search(
        self,
        context: Context[Any, Any],
        question: Annotated[str, Field(max_length=MAX_LENGTH, description="In any language.")],
        limit: Annotated[Whole, Field(ge=1, le=20, description="Most results.")] = 5,
        language: Annotated[
            str, Field(max_length=10, description="Only passages in this language (ISO 639).")
        ] = "",
        theme: Annotated[str, Field(max_length=60, description="Only this theme.")] = "",
        place: Annotated[
            str, Field(max_length=6, description="ISTAT code of one's own municipality.")
        ] = "",
    ) -> dict[str, Any]:
        """Search practices, documents and projects by meaning. Answers with the verdict and, for
        each result, verbatim passages with the address of their page and the measured results."""

        def answer(caller: Caller) -> dict[str, Any]:
            if place and municipalities.find(place) is None:
                raise PermanentError(_NO_PLACE, code=place)
            if language and (wrong := find_unknown("language", language)):
                raise PermanentError(wrong.template, **wrong.params)
            asked = Question(
                text=question,
                page_size=limit,
                filters=choose(
                    language=[language] if language else [],
                    theme=[answers.find_theme(theme)] if theme else [],
                ),
                viewpoint=Viewpoint(place=place or None),
            )
            return answers.answer_question(caller, asked)

        return self._answer(context, answer)

    def read_practice(self, context: Context[Any, Any], practice_id: Id) -> dict[str, Any]:
        """Read a practice card: place, story, costs, and every figure with evidence and source."""
        return self._answer(context, lambda one: answers.read_practice(one, practice_id))

    def read_page(
        self,
        context: Context[Any, Any],
        document_id: Id,
        page: Annotated[Whole, Field(ge=1, le=2**31 - 1, description="From 1.")],
    ) -> dict[str, Any]:
        """Read the text of a page of a document, as it stands there."""
        return self._answer(context, lambda one: answers.read_page(one, document_id, page))

    def read_collection(self, context: Context[Any, Any], collection_id: Id) -> dict[str, Any]:
        """Read a curated collection: its argument, and each item with the curator's note."""
        return self._answer(context, lambda one: answers.read_collection(one, collection_id))

    def read_project(self, context: Context[Any, Any], project_id: Id) -> dict[str, Any]:
        """Read a local project: what it takes up, its indicators and every measurement."""
        return self._answer(context, lambda one: answers.read_project(one, project_id))

    def compare(
        self,
        context: Context[Any, Any],
        practice_ids: Annotated[list[Id], Field(max_length=20, description="Two to four.")],
    ) -> dict[str, Any]:
        """Put two to four practices side by side, line by line, with the source of each figure."""
        return self._answer(context, lambda one: answers.compare_practices(one, practice_ids))

    def list_gaps(
        self,
        context: Context[Any, Any],
        limit: Annotated[Whole, Field(ge=1, le=200, description="Most questions.")] = 50,
    ) -> dict[str, Any]:
        """List the questions that nothing in the base answers, the most asked first. Needs a token
        with the right to manage documents."""
        return self._answer(context, lambda one: answers.list_gaps(one, limit))

    def _answer(
        self, context: Context[Any, Any], answer: Callable[[Caller], dict[str, Any]]
    ) -> dict[str, Any]:
        """Errors of the base become errors of the tool, with their sentence."""
        caller = self._find_caller(context)
        try:
            return answer(caller)
        except TooManyRequests as error:
            said = Message(_TOO_MANY, {"wait": describe_duration(error.wait_s)})
        except NotFound as error:
            said = answers.not_found(error)
        except KbError as error:
            said = sentence_of(error)
        raise ToolError(caller.reader.say(said))


class AssistantServer(MCPServer[Any]):
    """The tools as a server, which says in a sentence what is wrong with arguments."""

    def __init__(self, find_caller: FindCaller) -> None:
        super().__init__(
            "terre-comuni",
            title="Terre Comuni",
            instructions=INSTRUCTIONS,
            version=version("terre-comuni-kb"),
            log_level="WARNING",
            subscriptions=False,
        )
        self._find_caller = find_caller
        tools = Tools(find_caller)
        for tool in (
            tools.search,
            tools.read_practice,
            tools.read_page,
            tools.read_collection,
            tools.read_project,
            tools.compare,
            tools.list_gaps,
        ):
            self.add_tool(tool, annotations=READ_ONLY)
        for added in self._tool_manager.list_tools():
            _take_nothing_else(added)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. Raises ToolError with a sentence."""
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            raise self._explain(error, name, context) from None

    def _explain(self, error: ToolError, name: str, context: Context[Any, Any] | None) -> ToolError:
        """The error with a sentence alone, without the name of the tool before it."""
        cause = error.__cause__
        if isinstance(cause, ToolError):
            return cause
        say = self._find_caller(context).reader.say
        if isinstance(cause, ValidationError):
            flaw = cause.errors()[0]
            where = ".".join(str(step) for step in flaw["loc"])
            said = Message(_BAD_ARGUMENT, {"name": where, "problem": say(flaw_of(flaw))})
        else:
            said = Message(_NO_TOOL, {"name": name[:60]})
        return ToolError(say(said))


def _take_nothing_else(tool: Tool) -> None:
    """Let a tool refuse arguments that it does not have, and values of another type; the SDK drops
    the ones and converts the others."""
    metadata = tool.fn_metadata
    config = ConfigDict(**metadata.arg_model.model_config, extra="forbid", strict=True)
    exact: Any = type(metadata.arg_model.__name__, (metadata.arg_model,), {"model_config": config})
    metadata.arg_model = exact
    tool.parameters = exact.model_json_schema(by_alias=True)
