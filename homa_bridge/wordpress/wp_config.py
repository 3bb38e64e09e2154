"""Read a site's wp-config.php without executing it. What counts:

- `define('A', …)`, `const A = …`, `defined('A') || define('A', …)`, `if (!defined('A')) { … }`: as in PHP the first
  definition wins. Bedrock's `Config::define` may be repeated; there the last one wins.
- `$table_prefix = …`, and any other simple variable: the last assignment wins.
- Values: literals, `.`, casts, comparisons with == and ===, `!`, `&&`, `||`, `?:`, `??`, constants and variables from
  above, `getenv('X')`, `$_ENV['X']`, `$_SERVER['X']`, `env('X')` (Bedrock), and `getenv_docker('X', 'default')`, the
  function in the wp-config.php of the official image.
- Conditions are evaluated if they are made of these, `defined()`, `isset()` and `empty()`. If one is not understood (a
  call such as `file_exists()`, something in the request), both branches are read as if they ran, one after the other,
  and what was set there is named in `WordPressConfig.uncertain`. Bodies of loops and of `switch` are read like that.
- Bodies of functions and classes, included files and `eval` are not read, `exit` and `return` do not end the file. A
  variable that is handed to code that is not understood is no longer known.
- ABSPATH is defined beforehand (by wp-load.php); WP_CLI is not.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from . import php_literals as php
from .php_expressions import DEAD, DEEPEST, LIVE, UNSURE, Cell, Expressions, NotUnderstoodError
from .php_literals import Unknown, Value, truth

LARGEST_FILE: Final = 1024 * 1024
_REQUIRED: Final = ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST")
_WITHOUT_EFFECT: Final = frozenset({  # they change no variable
    "echo", "print", "return", "global", "exit", "die", "require", "require_once", "include", "include_once", "use",
    "throw",
})  # fmt: skip
_DECLARATIONS: Final = frozenset({"function", "class", "interface", "trait", "enum", "abstract", "final", "readonly"})


class WordPressConfigError(ValueError):
    """Say in one line why a wp-config.php cannot be used, and what to do."""


@dataclass(frozen=True, slots=True)
class WordPressConfig:
    """Hold what a wp-config.php defines; the repr leaves out the password and all constants, for some are secret.

    Bytes that are not UTF-8 are kept as surrogates: `value.encode("utf-8", "surrogateescape")` gives PHP's bytes back.
    `uncertain` names the constants, and "$table_prefix", that hang on a condition that could not be evaluated.
    `unknown` names those that are defined, but whose value only a running PHP could tell; `constants` lacks them.
    """

    db_name: str
    db_user: str
    db_password: str = field(repr=False)
    db_host: str
    db_charset: str = "utf8mb4"
    table_prefix: str = "wp_"
    constants: Mapping[str, Value] = field(default_factory=dict, repr=False, hash=False)
    uncertain: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Say where a database listens; all None, or "localhost" alone, means the default local socket."""

    host: str | None
    port: int | None
    socket: str | None


class _File(Expressions):
    """Walk through the statements once."""

    def run(self) -> None:
        """Read the whole file; it never raises."""
        while self._now.kind != "end":
            self._statement()

    def _statement(self) -> None:
        start, self._guessing = self._index, False
        self._depth += 1
        try:
            understood = self._depth <= DEEPEST and self._control(self._now.symbol)
            if not understood:
                self._expression_statement()
        except NotUnderstoodError:
            self._index = start
            self._skip_to(frozenset({";"}), forget=self._now.symbol not in _WITHOUT_EFFECT)
            self._take(";")
        finally:
            self._depth -= 1

    def _expression_statement(self) -> None:
        if self._now.symbol in _WITHOUT_EFFECT:
            raise NotUnderstoodError
        self._expression()
        if self._now.symbol not in {";", "}"} and self._now.kind != "end":
            raise NotUnderstoodError
        self._take(";")

    def _control(self, symbol: str) -> bool:
        """Read a statement that is not an expression, or answer False."""
        following = self._tokens[min(self._index + 1, len(self._tokens) - 1)]
        match symbol:
            case ";":
                self._index += 1
            case "{":
                self._block(self._closers[self._index])
            case "#[":
                self._index = self._closers[self._index] + 1
            case "if":
                self._if()
            case "while" | "for" | "foreach" | "switch" | "catch" if following.symbol == "(":
                self._index += 1
                self._skip_group()
                self._under(None, self._body)
            case "try" | "finally" | "do" if following.symbol == "{":
                self._index += 1
            case "case" | "default":
                self._skip_to(frozenset({":", ";"}), forget=True)
                self._take(":", ";")
            case "namespace":
                self._skip_to(frozenset({"{", ";"}), forget=False)
            case "const":
                self._const()
            case _ if symbol in _DECLARATIONS and (following.kind == "name" or following.symbol == "&"):
                self._skip_to(frozenset({"{", ";"}), forget=False)
                self._index = self._closers.get(self._index, self._index - 1) + 1
            case _:
                return False
        return True

    def _block(self, end: int) -> None:
        self._index += 1
        while self._index < end:
            self._statement()
        self._index = end + 1

    def _body(self) -> None:
        if not self._take(":"):
            self._statement()
            return
        ends = {"elseif", "else", "endif", "endwhile", "endfor", "endforeach", "endswitch", "}"}
        while self._now.symbol not in ends and self._now.kind != "end":
            self._statement()
        self._take("endif", "endwhile", "endfor", "endforeach", "endswitch")

    def _if(self) -> None:
        outer = self._mode
        self._index += 1
        try:
            while True:
                condition = truth(self._group())
                self._under(condition, self._body)
                self._mode = min(self._mode, LIVE if condition is False else UNSURE if condition is None else DEAD)
                if self._take("elseif"):
                    continue
                if not self._take("else"):
                    return
                if not self._take("if"):
                    self._body()
                    return
        finally:
            self._mode = outer

    def _const(self) -> None:
        self._index += 1
        while self._now.kind == "name":
            name = self._now
            self._index += 1
            self._expect("=")
            self._define(name.text, self._value(frozenset({",", ";"})), name.line)
            if not self._take(","):
                return


def parse(source: str, environ: Mapping[str, str]) -> WordPressConfig:
    """Return what the text of a wp-config.php defines, by the rules at the top of this module.

    `environ` stands for the environment of the site's PHP. Raises WordPressConfigError if the text is over 1 MB or not
    valid PHP, lacks DB_NAME, DB_USER, DB_PASSWORD or DB_HOST, or builds one of them or $table_prefix in a way that is
    not understood. A definition in a branch whose condition is not understood counts, and is named in `uncertain`.
    """
    try:
        size = len(source.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as error:
        raise WordPressConfigError("the text is not from a file: read it as UTF-8 with surrogateescape") from error
    if size > LARGEST_FILE:
        raise WordPressConfigError("larger than 1 MB, which no wp-config.php is: check the path")
    try:
        reader = _File(php.tokenize(source), environ)
    except php.PhpSyntaxError as error:
        raise WordPressConfigError(str(error)) from error
    reader.run()
    name, user, password, host = (_required(reader, constant) for constant in _REQUIRED)
    constants = {key: cell.value for key, cell in reader.constants.items() if not isinstance(cell.value, Unknown)}
    charset = php.to_string(constants.get("DB_CHARSET"))
    uncertain = {key for key, cell in reader.constants.items() if cell.unsure and key in constants}
    prefix = reader.variables.get("table_prefix", Cell("wp_", 0))
    return WordPressConfig(
        db_name=name,
        db_user=user,
        db_password=password,
        db_host=host,
        db_charset=charset if isinstance(charset, str) and charset else "utf8mb4",
        table_prefix=_prefix(prefix),
        constants=MappingProxyType(constants),
        uncertain=frozenset(uncertain | ({"$table_prefix"} if prefix.unsure else set())),
        unknown=frozenset(reader.constants.keys() - constants.keys()),
    )


def _required(reader: _File, name: str) -> str:
    cell = reader.constants.get(name)
    if cell is None:
        raise WordPressConfigError(f"no define of {name}: add define('{name}', '…'), or read the file that has it")
    return _plain(name, cell, empty=name in {"DB_PASSWORD", "DB_HOST"})


def _prefix(cell: Cell) -> str:
    # wpdb::set_prefix() refuses everything else
    prefix = _plain("$table_prefix", cell, empty=True)
    if not re.fullmatch(r"[A-Za-z0-9_]*", prefix):
        raise WordPressConfigError(f"line {cell.line}: $table_prefix may hold only A-Z, a-z, 0-9 and _: correct it")
    return prefix


def _plain(name: str, cell: Cell, *, empty: bool) -> str:
    value = php.to_string(cell.value)
    if isinstance(value, Unknown):
        raise WordPressConfigError(
            f"line {cell.line}: {name} cannot be told without running PHP, because {value.reason}: "
            "write a literal or getenv('NAME') there"
        )
    if cell.value is None or cell.value is False or not (value or empty):
        raise WordPressConfigError(
            f"line {cell.line}: {name} is empty: if it comes from the environment, set it for this service too"
        )
    return value


def load(path: Path, environ: Mapping[str, str] = os.environ) -> WordPressConfig:
    """Return what the wp-config.php at a path defines; WordPressConfigError as in `parse`, or if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise WordPressConfigError(f"{path} does not exist: give the path of the site's wp-config.php") from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise WordPressConfigError(f"{path} cannot be read ({why}): let the user of this service read it") from error
    try:
        return parse(content.decode("utf-8", "surrogateescape"), environ)
    except WordPressConfigError as error:
        raise WordPressConfigError(f"{path}: {error}") from error


def split_host(db_host: str) -> DatabaseAddress:
    """Return the parts of a DB_HOST by the rules of wpdb::parse_db_host(), without mysqli's `p:` for persistence.

    "localhost" without a port or a socket means the default local socket: the caller decides which that is. Raises
    WordPressConfigError for a port over 65535.
    """
    rest, slash, path = db_host.removeprefix("p:").partition(":/")
    if rest.count(":") > 1:
        found = re.match(r"\[?(?P<host>[0-9A-Fa-f:.]+)(?:\]:(?P<port>[0-9]+))?", rest)
    else:
        found = re.match(r"(?P<host>[^:/]*)(?::(?P<port>[0-9]+))?", rest)
    if found is None:
        raise WordPressConfigError("DB_HOST is not an address: write host, host:port, [IPv6]:port or :/path/of/socket")
    port = (found["port"] or "").lstrip("0")
    if len(port) > 5 or int(port or 0) > 65535:
        raise WordPressConfigError("DB_HOST names a port over 65535: correct it")
    return DatabaseAddress(found["host"] or None, int(port) if port else None, f"/{path}" if slash else None)
