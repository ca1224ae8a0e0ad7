"""Structured logs: one line an event, JSON for machines or text for people, nothing personal."""

import logging
import sys
import traceback
from typing import Literal

import structlog


def configure(log_format: Literal["console", "json"], level: str) -> None:
    """Everything that logs, ours and the libraries', goes through here to standard error.

    Standard output is for what a command says to the one who gave it.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, trace_without_words, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # Its two lines at every start say nothing to anybody.
    logging.getLogger("alembic.runtime.migration").setLevel("WARNING")
    # Nor does each job that is put back; the worker itself says what is missing.
    logging.getLogger("pgqueuer").setLevel("WARNING")
    # The request log is ours: uvicorn's has addresses in it.
    logging.getLogger("uvicorn.access").disabled = True


def trace_without_words(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Where an exception came from and of what kind it and its causes are, without what they say.

    The message of a database error quotes the row, and that of a validation error the input.
    """
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "".join(_parts(error, set()))
    return event


def _parts(error: BaseException, seen: set[int]) -> list[str]:
    """The oldest cause first, as Python prints it."""
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = _parts(cause, seen) if cause is not None and id(cause) not in seen else []
    kind = f"{type(error).__module__}.{type(error).__qualname__}\n"
    return [*parts, *traceback.format_tb(error.__traceback__), kind]
