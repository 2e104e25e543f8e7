"""Chat completions from an OpenAI-compatible endpoint: time limits, tries, limits on calls and money, answers kept.

What an answer is worth, and what an endpoint cannot give, is left to remote_model. The key is sent and nowhere else: it
is in no message, file or representation.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

import httpx
from tqdm.auto import tqdm

from helpers.machine import runtime

SECONDS = 60.0  # that one try may take
TRIES = 5
FIRST_PAUSE = 1.0  # seconds before the second try; twice as long before each further one
LONGEST_PAUSE = 60.0
CALLS = 2000  # that a folder of results may make, unless COURSE_API_CALLS says otherwise
AT_ONCE = 4
AGAIN = {408, 409, 425, 429, 500, 502, 503, 504, 529}  # statuses that pass
SHOWN = 200  # letters of what a server said


class EndpointError(RuntimeError):
    """An endpoint gave no usable answer, or a limit is reached; the message says what to do."""


@dataclass(frozen=True)
class Reply:
    """One answer. Tokens are as the endpoint counts them, 0 where it does not; `seconds` of the try that succeeded."""

    text: str
    prompt_tokens: int
    new_tokens: int
    finished: bool
    seconds: float


@dataclass(frozen=True)
class Settings:
    """Where and what to ask, and how much of it.

    base: the address before `/chat/completions`. model: the name it has there. calls: how many answers this folder of
    results may buy in all. dollars: how much they may cost, 0 for no limit. prices: dollars per million tokens read and
    written. folder: where answers are kept.
    """

    base: str
    model: str
    key: str = field(default="", repr=False)
    calls: int = CALLS
    dollars: float = 0.0
    prices: tuple[float, float] = (0.0, 0.0)
    folder: pathlib.Path = pathlib.Path("results")
    seconds: float = SECONDS
    tries: int = TRIES
    first_pause: float = FIRST_PAUSE
    at_once: int = AT_ONCE


def wanted() -> bool:
    """Return whether COURSE_API_BASE names an endpoint."""
    return bool(os.environ.get("COURSE_API_BASE", "").strip())


def from_environment() -> Settings:
    """Return the settings that COURSE_API_BASE, COURSE_API_KEY, COURSE_MODEL and the limits make.

    Raises EndpointError that names the variable for one that is missing or makes no sense.
    """
    base, model = (os.environ.get(name, "").strip() for name in ("COURSE_API_BASE", "COURSE_MODEL"))
    if not base.startswith(("http://", "https://")):
        raise EndpointError(f"COURSE_API_BASE is {base!r}; give an address such as https://host/v1")
    if not model:
        raise EndpointError("COURSE_API_BASE is set and COURSE_MODEL is not; name the model as the endpoint calls it")
    dollars, calls = _number("COURSE_API_DOLLARS", 0), _number("COURSE_API_CALLS", CALLS)
    try:
        read, written = map(float, (os.environ.get("COURSE_API_PRICES") or "0,0").split(","))
    except ValueError:
        raise EndpointError(
            "COURSE_API_PRICES must be two numbers with a comma between, dollars per million tokens read and written, "
            "such as 0.15,0.60"
        ) from None
    if dollars and not read + written:
        raise EndpointError("COURSE_API_DOLLARS needs COURSE_API_PRICES, or nobody can tell what has been spent")
    return Settings(
        base=base.rstrip("/"),
        model=model,
        key=os.environ.get("COURSE_API_KEY", "").strip(),
        calls=int(calls),
        dollars=dollars,
        prices=(read, written),
        folder=pathlib.Path(os.environ.get("COURSE_RESULTS") or runtime.ROOT / "results"),
    )


def _number(name: str, otherwise: float) -> float:
    given = os.environ.get(name, "").strip()
    try:
        value = float(given or otherwise)
    except ValueError:
        value = -1.0
    if value < 0:
        raise EndpointError(f"{name} is {given!r}; give a number, 0 or more")
    return value


class Endpoint:
    """Answers of one model at one address, each bought once: what has been answered is kept in a file and taken again.

    The file is a SQLite database, answers.sqlite in the folder of results, so that a run killed between two answers
    loses neither; delete it to ask anew.
    """

    def __init__(self, settings: Settings):
        self.settings = settings
        self._limit_name = "max_tokens"
        headers = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
        self._http = httpx.Client(headers=headers, timeout=settings.seconds)

    def __repr__(self) -> str:
        return f"Endpoint({self.settings.model} at {self.host})"

    @property
    def host(self) -> str:
        """Name and port of the server."""
        return httpx.URL(self.settings.base).netloc.decode()

    @property
    def file(self) -> pathlib.Path:
        """Where answers are kept."""
        return self.settings.folder / "answers.sqlite"

    @contextlib.contextmanager
    def _kept(self) -> Iterator[sqlite3.Connection]:
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self.file, timeout=60)) as database, database:
            database.execute(
                "create table if not exists answers (asked text primary key, model text, text text, prompt_tokens int,"
                " new_tokens int, finished int, seconds real, made text)"
            )
            yield database

    def spent(self) -> tuple[int, float]:
        """Return how many answers this folder of results has bought, and for how many dollars."""
        with self._kept() as database:
            found = database.execute("select count(*), total(prompt_tokens), total(new_tokens) from answers")
            calls, read, written = found.fetchone()
        return calls, (read * self.settings.prices[0] + written * self.settings.prices[1]) / 1e6

    def answers(self, chats: Sequence[Sequence[dict]], options: dict, progress: bool = True) -> list[Reply]:
        """Return a reply to each of n chats; equal ones are asked for once.

        Args:
            chats: lists of messages with role and content.
            options: what else the request holds, such as max_tokens and temperature, as JSON values.
            progress: show a bar where there is much to ask.

        Raises:
            EndpointError: no answer could be had, or a limit is reached. What was answered before is kept.
        """
        keys = [self._key(chat, options) for chat in chats]
        known = self._known(keys)
        missing = {key: chat for key, chat in zip(keys, chats, strict=True) if key not in known}
        bar = tqdm(total=len(missing), desc=f"ask {self.settings.model}", leave=False)
        bar.disable = not progress or len(missing) < 8
        waiting, failed = list(missing.items()), None
        with bar, ThreadPoolExecutor(self.settings.at_once) as pool:
            while waiting and failed is None:
                some = waiting[: self._room(self.settings.at_once)]
                waiting = waiting[len(some) :]
                asked = {pool.submit(self._ask, chat, options): key for key, chat in some}
                for done in as_completed(asked):
                    try:
                        known[asked[done]] = self._keep(asked[done], done.result())
                        bar.update()
                    except EndpointError as error:
                        failed = error
        if failed:
            raise failed
        return [known[key] for key in keys]

    def _key(self, chat: Sequence[dict], options: dict) -> str:
        asked = [self.settings.base, self.settings.model, list(chat), options]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def _known(self, keys: Sequence[str]) -> dict[str, Reply]:
        wanted = set(keys)
        with self._kept() as database:
            rows = database.execute("select asked, text, prompt_tokens, new_tokens, finished, seconds from answers")
            return {key: Reply(*told[:3], bool(told[3]), told[4]) for key, *told in rows if key in wanted}

    def _keep(self, key: str, reply: Reply) -> Reply:
        told = (reply.text, reply.prompt_tokens, reply.new_tokens, int(reply.finished), reply.seconds)
        made = time.strftime("%Y-%m-%dT%H:%M:%S")
        with self._kept() as database:
            row = (key, self.settings.model, *told, made)
            database.execute("insert or replace into answers values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return reply

    def _room(self, most: int) -> int:
        """How many calls may be made now, at most `most`; raises EndpointError where there is no room for one."""
        calls, dollars = self.spent()
        if calls >= self.settings.calls:
            raise EndpointError(
                f"{calls} answers are bought, and COURSE_API_CALLS allows {self.settings.calls}; raise it and run this "
                "again: what is answered is kept and not asked twice"
            )
        if self.settings.dollars and dollars >= self.settings.dollars:
            raise EndpointError(
                f"{dollars:.2f} dollars are spent, and COURSE_API_DOLLARS allows {self.settings.dollars:.2f}; raise it "
                "and run this again: what is answered is kept and not asked twice"
            )
        return min(most, self.settings.calls - calls)

    def _ask(self, chat: Sequence[dict], options: dict) -> Reply:
        """Return one reply, tried again where that may help; raises EndpointError with what was wrong."""
        pause, why = self.settings.first_pause, ""
        for attempt in range(1, self.settings.tries + 1):
            started = time.perf_counter()
            try:
                answer = self._http.post(f"{self.settings.base}/chat/completions", json=self._body(chat, options))
                if answer.status_code == 200:
                    return _read(answer, time.perf_counter() - started)
                why = f"status {answer.status_code}: {' '.join(answer.text.split())[:SHOWN] or 'nothing said'}"
            except httpx.TimeoutException:
                why, answer = f"no answer in {self.settings.seconds:.0f} seconds", None
            except httpx.HTTPError as error:
                why, answer = f"{type(error).__name__}: {error}", None
            except ValueError as error:
                why, answer = str(error), None
            if answer is not None and answer.status_code not in AGAIN and not self._renamed(answer):
                break
            if attempt < self.settings.tries:
                time.sleep(min(_asked_to_wait(answer) or pause, LONGEST_PAUSE))
                pause *= 2
        if answer is not None and answer.status_code in (401, 403):
            remedy = "COURSE_API_KEY is " + ("not accepted there" if self.settings.key else "not set")
        elif answer is not None and answer.status_code not in AGAIN:
            remedy = f"check COURSE_API_BASE and the model's name, {self.settings.model!r}"
        else:
            remedy = f"tried {attempt} times; run this again later: what is answered is kept"
        raise EndpointError(f"{self.host} gave no answer ({self._without_key(why)}); {remedy}")

    def _body(self, chat: Sequence[dict], options: dict) -> dict:
        named = {self._limit_name if name == "max_tokens" else name: value for name, value in options.items()}
        return {"model": self.settings.model, "messages": list(chat), **named}

    def _renamed(self, answer: httpx.Response) -> bool:
        """Whether the server wants the limit of tokens under its newer name; later requests have it so."""
        if self._limit_name != "max_tokens" or "max_completion_tokens" not in answer.text:
            return False
        self._limit_name = "max_completion_tokens"
        return True

    def _without_key(self, words: str) -> str:
        """The words of a server or a library, without the key should they repeat it."""
        return words.replace(self.settings.key, "…") if self.settings.key else words


def _asked_to_wait(answer: httpx.Response | None) -> float:
    """Seconds that the server asks to wait, 0 where it does not say."""
    try:
        return max(0.0, float(answer.headers.get("retry-after", 0))) if answer is not None else 0.0
    except ValueError:  # a date, which few servers send
        return 0.0


def _read(answer: httpx.Response, seconds: float) -> Reply:
    """Read a chat completion; raises ValueError that says what is wrong with it."""
    try:
        told = answer.json()
        choice, usage = told["choices"][0], told.get("usage") or {}
        text = choice["message"]["content"] or ""
        counts = [int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens")]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise ValueError(f"what came is no chat completion: {' '.join(answer.text.split())[:80]!r}") from None
    return Reply(text.strip(), *counts, choice.get("finish_reason") != "length", seconds)
