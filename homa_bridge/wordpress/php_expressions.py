"""Evaluate the PHP expressions that configuration files are written in, without executing anything.

What is understood is listed in `wp_config`; everything else evaluates to `Unknown`. Each token is visited a bounded
number of times, so the time is linear in the length of the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from . import php_literals as php
from .php_literals import Outcome, Unknown, Value, truth

DEEPEST: Final = 50  # nesting; a hostile file must not exhaust Python's stack
_REQUEST_NAMES: Final = (
    "HTTP", "REQUEST_", "SERVER_", "REMOTE_", "SCRIPT_", "PATH_INFO", "PHP_SELF", "QUERY_STRING", "DOCUMENT_ROOT",
    "argc", "argv",
)  # fmt: skip
_ASSIGNMENTS: Final = frozenset({"=", ".=", "??=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "**=", "<<=", ">>="})
_POWERS: Final = {  # php.net, "Operator Precedence"
    "or": 1, "xor": 2, "and": 3, "?": 5, "??": 6, "||": 7, "&&": 8, "|": 9, "^": 10, "&": 11,
    "==": 12, "!=": 12, "<>": 12, "===": 12, "!==": 12, "<=>": 12, "<": 13, ">": 13, "<=": 13, ">=": 13,
    ".": 14, "<<": 15, ">>": 15, "+": 16, "-": 16, "*": 17, "/": 17, "%": 17, "instanceof": 19, "**": 21,
}  # fmt: skip
_ASSIGNMENT_POWER, _NOT_POWER, _SIGN_POWER = 4, 18, 20
DEAD, UNSURE, LIVE = 0, 1, 2  # does PHP run this part: no, perhaps, yes

_POSTFIXES: Final = frozenset({"(", "[", "->", "?->", "::"})
_FUNCTIONS: Final = frozenset({
    "define", "defined", "constant", "config::define", "config::get", "isset", "empty", "getenv", "getenv_docker",
    "env", "env\\env",
})  # fmt: skip
_ABSENT: Final = Unknown("an argument is missing")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold a value, the line that gave it, and whether that line runs only under a condition nobody could evaluate."""

    value: Outcome
    line: int
    unsure: bool = False


class NotUnderstoodError(Exception):
    """Leave the statement, group or argument that is being read."""


class Expressions:
    """Read expressions one after the other, as PHP would, and remember the constants and variables that they set."""

    def __init__(self, tokens: list[php.Token], environ: Mapping[str, str]) -> None:
        self.constants: dict[str, Cell] = {"ABSPATH": Cell(Unknown("it is a path of the site"), 0)}
        self.variables: dict[str, Cell] = {}
        self._deferred: set[str] = set()
        self._tokens = tokens
        self._closers = php.bracket_pairs(tokens)
        self._environ = environ
        self._index = 0
        self._depth = 0
        self._mode = LIVE
        self._guessing = False  # did this statement use something unsure?

    @property
    def _now(self) -> php.Token:
        return self._tokens[self._index]

    def _take(self, *symbols: str) -> bool:
        taken = self._now.symbol in symbols
        self._index += taken
        return taken

    def _expect(self, symbol: str) -> None:
        if not self._take(symbol):
            raise NotUnderstoodError

    def _skip_to(self, stops: frozenset[str], *, forget: bool) -> None:
        """Move to the next of the symbols at this level of brackets; forget the variables on the way."""
        start = self._index
        while self._now.symbol not in stops and self._now.kind != "end" and self._now.symbol != "}":
            self._index = self._closers.get(self._index, self._index) + 1
        if forget and self._mode != DEAD:
            for token in self._tokens[start : self._index]:
                if token.kind == "variable":
                    self.variables[token.text] = Cell(Unknown("other code may have changed it"), token.line)

    def _under(self, condition: bool | None, read: Callable[[], T]) -> T:
        """Read a part that PHP runs if the condition holds; None is a condition that is not understood."""
        outer = self._mode
        self._mode = outer if condition else min(outer, UNSURE if condition is None else DEAD)
        try:
            return read()
        finally:
            self._mode = outer

    # Expressions

    def _value(self, stops: frozenset[str]) -> Outcome:
        """Read an expression that ends before one of the symbols; skip it and answer Unknown if that fails."""
        start = self._index
        try:
            value = self._expression()
            if self._now.symbol in stops:
                return value
        except NotUnderstoodError:
            pass
        self._index = start
        self._skip_to(stops, forget=True)
        return Unknown("it needs more of PHP than literals, constants and the environment")

    def _group(self) -> Outcome:
        """Read `( … )` or `[ … ]` around one expression."""
        end = self._closers.get(self._index)
        if end is None:
            raise NotUnderstoodError
        self._index += 1
        value = self._value(frozenset({self._tokens[end].symbol}))
        self._index = end + 1
        return value

    def _skip_group(self) -> None:
        end = self._closers[self._index]
        self._index += 1
        self._skip_to(frozenset({self._tokens[end].symbol}), forget=True)
        self._index = end + 1

    def _arguments(self) -> list[Outcome]:
        end = self._closers[self._index]
        self._index += 1
        values: list[Outcome] = []
        while self._index < end:
            values.append(self._value(frozenset({",", ")"})))
            self._index += self._index < end
        self._index = end + 1
        return values

    def _expression(self, power: int = 0) -> Outcome:
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise NotUnderstoodError
            left = self._operand()
            while (bound := _POWERS.get(self._now.symbol, 0)) > power:
                operator = self._now.symbol
                self._index += 1
                left = self._infix(operator, bound, left)
            return left
        finally:
            self._depth -= 1

    def _infix(self, operator: str, bound: int, left: Outcome) -> Outcome:
        known = truth(left)
        if operator in {"||", "or", "&&", "and"}:
            settled = operator in {"||", "or"}  # the truth of one side that settles the whole
            right = self._under(_negated(known) if settled else known, lambda: self._expression(bound))
            if settled in (known, truth(right)):
                return settled
            return next((side for side in (left, right) if isinstance(side, Unknown)), not settled)
        if operator == "??":
            missing = None if isinstance(left, Unknown) else left is None
            right = self._under(missing, lambda: self._expression(bound - 1))
            return right if missing else left
        if operator == "?":
            chosen = left
            if not self._take(":"):
                chosen = self._under(known, self._expression)
                self._expect(":")
            right = self._under(_negated(known), lambda: self._expression(bound))
            return left if known is None else chosen if known else right
        right = self._expression(bound)
        if operator == ".":
            return php.join(left, right)
        if operator in {"==", "!=", "<>", "===", "!=="}:
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                return left if isinstance(left, Unknown) else right
            same = php.identical(left, right) if len(operator) == 3 else php.equal(left, right)
            return same is operator.startswith("=")
        return Unknown(f"it computes with {operator}")

    def _operand(self) -> Outcome:
        token = self._now
        if token.symbol == "(":
            return self._postfix(self._group())
        if token.symbol == "[":
            return self._postfix(Unknown("it uses an array"))
        self._index += 1
        if token.kind == "literal":
            return self._postfix(token.value)
        if token.kind == "variable":
            return self._variable(token)
        if token.kind == "name":
            return self._name(token)
        if token.kind == "cast":
            return php.convert(token.text, self._expression(_SIGN_POWER))
        if token.symbol == "@":
            return self._expression(_SIGN_POWER)
        if token.symbol == "!":
            value = self._expression(_NOT_POWER)
            return value if isinstance(value, Unknown) else not truth(value)
        if token.symbol == "-":
            value = self._expression(_SIGN_POWER)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value
            return Unknown("it computes with -")
        raise NotUnderstoodError

    def _postfix(self, value: Outcome) -> Outcome:
        while self._now.symbol in _POSTFIXES:
            if self._take("->", "?->", "::") and self._index not in self._closers:
                self._index += self._now.kind != "end"
            else:
                self._skip_group()
            value = Unknown("it uses an array or an object")
        return value

    def _variable(self, token: php.Token) -> Outcome:
        slot = token.text
        if slot in {"_ENV", "_SERVER", "GLOBALS"} and self._now.symbol == "[":
            key = self._group()
            slot = "" if not isinstance(key, str) else key if slot == "GLOBALS" else f"{slot}[{key}"
        start = self._index
        value = self._postfix(self._read(slot))
        whole = self._index == start
        operator = self._now.symbol
        if operator not in _ASSIGNMENTS:
            return value
        self._index += 1
        runs = True if operator != "??=" else None if isinstance(value, Unknown) else value is None
        right = self._under(runs, lambda: self._expression(_ASSIGNMENT_POWER))
        if operator == ".=":
            value = php.join(value, right)
        elif operator not in {"=", "??="}:
            value = Unknown(f"it computes with {operator}")
        elif runs:
            value = right
        if self._mode != DEAD:
            kept = value if whole else Unknown("it is an array or an object")
            self.variables[slot] = self._cell(kept, token.line)
        return value

    def _read(self, slot: str) -> Outcome:
        if slot in self.variables:
            return self._use(self.variables[slot])
        array, _, key = slot.partition("[")
        if array == "_SERVER" and key.startswith(_REQUEST_NAMES):
            return Unknown("it depends on the request")
        return self._environ.get(key) if key else Unknown(f"${_shown(slot)} has no value that can be told")

    def _name(self, token: php.Token) -> Outcome:
        if self._now.symbol == "::" and token.symbol.rpartition("\\")[2] == "config":
            method, bracket = self._tokens[self._index + 1].symbol, self._tokens[self._index + 2 : self._index + 3]
            if method in {"define", "get"} and bracket and bracket[0].symbol == "(":
                self._index += 2
                return self._postfix(self._call(f"config::{method}", token))
        if self._now.symbol == "(":
            return self._postfix(self._call(token.symbol, token))
        if token.symbol in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[token.symbol]
        return self._postfix(self._constant(token.text))

    def _constant(self, name: str) -> Outcome:
        cell = self.constants.get(name.removeprefix("\\"))
        return Unknown(f"it uses {_shown(name)}, which is not defined above") if cell is None else self._use(cell)

    def _call(self, function: str, token: php.Token) -> Outcome:
        if function not in _FUNCTIONS:
            self._skip_group()
            return Unknown(f"it calls {_shown(token.text)}()")
        arguments = self._arguments()
        unknown = next((value for value in arguments if isinstance(value, Unknown)), None)
        if function == "isset":
            return False if None in arguments else unknown or True
        first, second = ([*arguments, _ABSENT, _ABSENT])[:2]
        if function == "empty":
            return first if isinstance(first, Unknown) else not truth(first)
        if not isinstance(first, str):
            return Unknown(f"it calls {function}() without a plain name")
        if function in {"define", "config::define"}:
            return self._define(first, second, token.line, deferred=function != "define")
        if function in {"constant", "config::get"}:
            return self._constant(first)
        if function == "defined":
            name = first.removeprefix("\\")
            self._guessing |= name in self.constants and self.constants[name].unsure
            return name in self.constants
        if function == "getenv_docker":
            path = self._environ.get(f"{first}_FILE", "")
            return _file_value(path) if truth(path) else self._environ.get(first, second)
        if function == "getenv":
            return self._environ.get(first, False)
        text = self._environ.get(first)
        return _converted(text) if text is not None else None if second is _ABSENT else second

    # Remembering

    def _define(self, name: str, value: Outcome, line: int, *, deferred: bool = False) -> Outcome:
        if self._mode == DEAD:
            return Unknown("it does not run")
        if name in self.constants and not (deferred and name in self._deferred):
            return False
        self.constants[name] = self._cell(value, line)
        if deferred:
            self._deferred.add(name)
        return True

    def _cell(self, value: Outcome, line: int) -> Cell:
        return Cell(value, line, unsure=self._guessing or self._mode == UNSURE)

    def _use(self, cell: Cell) -> Outcome:
        self._guessing |= cell.unsure
        return cell.value


def _negated(condition: bool | None) -> bool | None:
    return None if condition is None else not condition


def _shown(name: str) -> str:
    return name[:40].encode("ascii", "backslashreplace").decode()


def _file_value(path: str) -> Outcome:
    """Read a secret as the official image does: without the line ends at its end."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(php.LONGEST_STRING + 1)
    except (OSError, ValueError):
        return Unknown("the file that the environment names for it cannot be read")
    if len(content) > php.LONGEST_STRING:
        return Unknown("the file that the environment names for it is too large")
    return content.decode("utf-8", "surrogateescape").rstrip("\r\n")


def _converted(text: str) -> Value:
    """Convert as oscarotero/env, Bedrock's env(), does by default: words, whole numbers, quotes around the text."""
    words: dict[str, Value] = {"true": True, "false": False, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
