"""Pages: one Jinja environment, and `render`, by which every page is answered."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from math import floor, log10
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
)
from starlette.requests import Request
from starlette.responses import HTMLResponse

from court_link.api.pages.stages import ending, state_words
from court_link.api.pages.static import static
from court_link.domain import wording
from court_link.paths import WEB


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the service navigation. It is shown as active on its own page and the pages below it."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page for this reader. Whoever signs people in sets it as `request.state.frame`."""

    signed_in_as: str = ""  # "PC 1187 Demo, Hertfordshire Constabulary"; empty when nobody is signed in
    csrf_token: str = ""
    nav: tuple[NavItem, ...] = ()
    home: str = "/"
    demo: bool = False
    court_time: datetime | None = None  # in the demonstration, where it is not the time on the wall
    live_after: str = ""  # where the feed stood when the request came: a live page misses nothing after it


class _Forgiving(BaseLoader):
    """Loads the GOV.UK macros in an environment of their own.

    They lean on missing parameters being merely empty; our templates must not, and stay strict.
    """

    def __init__(self, name: str) -> None:
        self._environment = Environment(loader=PrefixLoader({name: PackageLoader(name)}), autoescape=True)
        self._name = name

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  (Jinja's name for it)
    ) -> Template:
        return self._environment.get_template(f"{self._name}/{name}", globals=globals)


def _chosen(options: Iterable[Mapping[str, str]], chosen: Container[str]) -> list[dict[str, object]]:
    """Options of a select, radios or checkboxes as the GOV.UK macros want them, `chosen` values marked."""
    items: list[dict[str, object]] = []
    for option in options:
        picked = option["value"] in chosen
        hint = {"hint": {"text": option["hint"]}} if option.get("hint") else {}
        items.append(
            {"value": option["value"], "text": option["text"], "selected": picked, "checked": picked, **hint}
        )
    return items


def _scale_top(values: Iterable[float]) -> float:
    """The end of a chart's scale: at least every value, and easy to read in quarters."""
    most = max(values, default=0) or 1
    quarter = 10.0 ** floor(log10(most / 4))
    while quarter * 4 < most:
        # 1, 2, 2.5, 5 and 10 of each power of ten: steps that people count in.
        lead = quarter / 10 ** floor(log10(quarter) + 1e-9)
        quarter *= {1: 2, 2: 1.25, 2.5: 2, 5: 2}[round(lead, 1)]
    return quarter * 4


def _environment() -> Environment:
    name = "govuk_frontend_jinja"
    environment = Environment(
        loader=ChoiceLoader([PrefixLoader({name: _Forgiving(name)}), FileSystemLoader(WEB / "templates")]),
        autoescape=True,
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: tuple[Callable[..., str], ...] = (
        wording.clock,
        wording.day,
        wording.short_day,
        wording.moment,
        wording.span,
        wording.minutes,
        wording.plural,
        wording.listed,
    )
    environment.filters.update({each.__name__: each for each in filters})
    environment.filters.update(chosen=_chosen, ending=ending)
    environment.globals.update(static=static, state_words=state_words, scale_top=_scale_top)
    return environment


templates = _environment()

#: What a template may always read; a page gives what it has.
DEFAULTS: Mapping[str, Any] = {"errors": (), "values": {}, "lang": "en", "live": (), "live_source": "/live"}


def render(
    request: Request,
    template: str | Template,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """The page `template` (under `web/templates`) as a response.

    `errors` is a sequence of `FieldError`: they make the summary, the messages beside the fields and the
    title's "Error: ". `values` is what the person typed, by field name; fields show it again. `live` is the
    topics whose events refresh the page, told by `live_source`. The names of `Frame` are there too.
    """
    frame: Frame = getattr(request.state, "frame", Frame())
    surround = {name: getattr(frame, name) for name in Frame.__dataclass_fields__}
    page = templates.get_template(template).render(
        {**DEFAULTS, **surround, "path": request.url.path, **context}
    )
    return HTMLResponse(page, status_code=status, headers=dict(headers or {}))
