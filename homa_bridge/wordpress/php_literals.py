"""Read the words of a PHP file (tokens, strings, numbers) and follow PHP's rules for converting plain values.

Nothing is executed. Every pattern is possessive or anchored, so the time is linear in the length of the source.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

Value = str | int | float | bool | None

LONGEST_STRING: Final = 8192  # longer strings are left alone, so that "$a . $a" a thousand times costs nothing
_LONGEST_NUMBER: Final = 64


@dataclass(frozen=True, slots=True)
class Unknown:
    """Stand for a value that only a running PHP could tell; `reason` completes a sentence after "because"."""

    reason: str


Outcome = Value | Unknown


class PhpSyntaxError(ValueError):
    """Report a source that PHP itself would refuse: an open string, heredoc or bracket."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class Token(NamedTuple):
    """One word: `symbol` is an operator, or a name in lower case, and empty for everything else."""

    kind: str  # "operator", "name", "variable", "literal", "cast" or "end"
    symbol: str
    text: str
    line: int
    value: Outcome = None


_NAME = r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*+"
_OPEN_TAG = re.compile(r"<\?(?:php(?=[ \t\r\n]|\Z)|(=))", re.IGNORECASE)
# A group that may fail midway, with the rest matching all the same, is not repeated possessively: Python before 3.11.5
# does not step back to where the group began.
_TOKEN = re.compile(
    rf"""
      (?P<blank>[ \t\r\n\f\v]++ | (?:\#(?!\[)|//)(?:[^\r\n?]|\?(?!>))* | /\*.*?(?:\*/|\Z))
    | (?P<close>\?>)
    | (?P<heredoc>[bB]?<<<[ \t]*+(?P<mark>['"]?)(?P<label>{_NAME})(?P=mark)(?=[\r\n]))
    | (?P<single>[bB]?'(?:[^'\\]++|\\.)*+')
    | (?P<double>[bB]?"|`)
    | (?P<variable>\${_NAME})
    | (?P<name>\\?{_NAME}(?:\\{_NAME})*)
    | (?P<number>0[xX][0-9A-Fa-f_]++ | 0[bB][01_]++ | 0[oO][0-7_]++
                 | (?:[0-9][0-9_]*+(?:\.[0-9_]*+)?|\.[0-9][0-9_]*+)(?:[eE][+-]?[0-9][0-9_]*+)?)
    | (?P<cast>\([ \t]*+(?:bool(?:ean)?|int(?:eger)?|float|double|string|binary)[ \t]*+\))
    | (?P<operator><=>|===|!==|\*\*=|<<=|>>=|\?\?=|\?->|\.\.\.|\*\*|\?\?|==|!=|<>|<=|>=|&&|\|\||\+\+|--|[-+*/.%&|^]=
                   |->|=>|::|<<|>>|\#\[|.)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_LINE_END = re.compile(r"(\r\n|\n|\r)")
_HEREDOC_END = re.compile(rf"(?:\r\n|\n|\r)(?P<indent>[ \t]*+)(?P<label>{_NAME})")
_IN_STRING = re.compile(rf"""\\.|(?P<code>\$\{{|\{{\$)|(?P<plain>\$(?={_NAME}))|(?P<quote>["`])""", re.DOTALL)
_IN_CODE = re.compile(r"""'(?:[^'\\]++|\\.)*+'?|["`{}]""", re.DOTALL)
_ESCAPE = re.compile(r'\\(?:([nrtvef\\$"])|([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u\{([^}]*+)\})')
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "e": "\x1b", "f": "\f"}
_CLOSERS: Final = {"(": ")", "[": "]", "#[": "]", "{": "}"}
_OPEN_STRING: Final = "a string begins here and never ends: close it"
_INTERPOLATED: Final = Unknown("it puts variables into a string")
_NUMERIC = re.compile(r"[ \t\n\r\v\f]*[+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?[ \t\n\r\v\f]*")


def tokenize(source: str) -> list[Token]:
    """Return the tokens of all `<?php` parts of a source, closed by one token of the kind "end".

    Comments and text outside the tags are left out, `?>` counts as `;` (as in PHP), `__halt_compiler` ends the file.
    Raises PhpSyntaxError for a string or heredoc without an end.
    """
    return list(_tokens(source))


def _tokens(source: str) -> Iterator[Token]:
    newline = "\n" if "\n" in source else "\r"
    line, counted, position = 1, 0, 0
    while opened := _OPEN_TAG.search(source, position):
        position = opened.end()
        if opened[1]:
            yield Token("name", "echo", "echo", line)
        while found := _TOKEN.match(source, position):
            kind, text = found.lastgroup, found[0]
            line += source.count(newline, counted, position)
            counted, position = position, found.end()
            if kind == "close":
                yield Token("operator", ";", text, line)
                break
            if text.lower().removeprefix("\\") == "__halt_compiler":
                yield Token("end", "", "", line)
                return
            if kind in {"operator", "name", "variable", "cast"}:
                yield _word(kind, text, line)
            elif kind != "blank":
                position, value = _literal(source, found, line)
                yield Token("literal", "", "", line, value)
        if position >= len(source):
            break
    yield Token("end", "", "", line)


def _word(kind: str, text: str, line: int) -> Token:
    if text == "'":
        raise PhpSyntaxError(_OPEN_STRING, line)
    if kind == "cast":
        return Token(kind, "", text[1:-1].strip(" \t").lower(), line)
    if kind == "variable":
        return Token(kind, "", text[1:], line)
    text = text.removeprefix("\\")
    return Token(kind, text.lower(), text, line)


def _literal(source: str, found: re.Match[str], line: int) -> tuple[int, Outcome]:
    """Return the end and the value of the number or string that begins with the match."""
    text, end = found[0], found.end()
    if found["number"]:
        return end, _number(text.replace("_", "").lower())
    if found["single"]:
        return end, re.sub(r"\\([\\'])", r"\1", text[text.index("'") + 1 : -1])
    if found["heredoc"]:
        return _heredoc(source, found, line)
    start = end
    end, interpolated = _string_end(source, start, text[-1], line)
    if text == "`":
        return end, Unknown("it runs a command")
    return end, _INTERPOLATED if interpolated else _unescaped(source[start : end - 1], '"')


def bracket_pairs(tokens: list[Token]) -> dict[int, int]:
    """Return the index of the closing bracket for the index of each opening one, or raise PhpSyntaxError."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind != "operator":
            continue
        if token.symbol in _CLOSERS:
            opened.append(index)
        elif token.symbol in {")", "]", "}"}:
            if not opened or _CLOSERS[tokens[opened[-1]].symbol] != token.symbol:
                raise PhpSyntaxError(f"{token.symbol} closes nothing: mend the brackets before it", token.line)
            pairs[opened.pop()] = index
    if opened:
        token = tokens[opened[-1]]
        raise PhpSyntaxError(f"{token.symbol} is never closed: mend the brackets after it", token.line)
    return pairs


def _string_end(source: str, position: int, quote: str, line: int) -> tuple[int, bool]:
    """Find where a double-quoted string ends; code in `{$…}` may hold strings and braces of its own."""
    interpolated = False
    nested = [quote]
    while nested:
        inside_string = nested[-1] != "{"
        found = (_IN_STRING if inside_string else _IN_CODE).search(source, position)
        if found is None:
            raise PhpSyntaxError(_OPEN_STRING, line)
        position = found.end()
        if inside_string:
            interpolated = interpolated or found["code"] is not None or found["plain"] is not None
            if found["code"]:
                nested.append("{")
            elif found["quote"] == nested[-1]:
                nested.pop()
        elif found[0] in {'"', "`", "{"}:
            nested.append(found[0])
        elif found[0] == "}":
            nested.pop()
    return position, interpolated


def _heredoc(source: str, opening: re.Match[str], line: int) -> tuple[int, Outcome]:
    """Return the end and the value of a heredoc or nowdoc, by the rules of PHP 7.3: its indentation goes."""
    for closing in _HEREDOC_END.finditer(source, opening.end()):
        if closing["label"] == opening["label"]:
            break
    else:
        raise PhpSyntaxError("a heredoc begins here and never ends: close it", line)
    # Line ends stay as they are; the one after the label and the one before the closing label are not content.
    parts = _LINE_END.split(source[opening.end() : closing.start()])[2:]
    indent = len(closing["indent"])
    if any(part[:indent].strip(" \t\r\n") for part in parts[::2]):
        return closing.end(), Unknown("a heredoc is indented less than its end")
    parts[::2] = [part[indent:] for part in parts[::2]]
    body = "".join(parts)
    if opening["mark"] == "'":
        return closing.end(), body
    if any(found["code"] or found["plain"] for found in _IN_STRING.finditer(body)):
        return closing.end(), _INTERPOLATED
    return closing.end(), _unescaped(body, "")


def _unescaped(body: str, quote: str) -> Outcome:
    """Apply the escapes of double-quoted strings; in a heredoc (no quote) a backslash before " stays."""
    invalid = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal invalid
        letter, octal, hexadecimal, point = found.groups()
        if letter == '"' and not quote:
            return found[0]
        if letter:
            return _LETTERS.get(letter, letter)
        if point is None:
            byte = int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)
            return chr(byte) if byte < 0x80 else chr(0xDC00 + byte)
        if not re.fullmatch(r"0*[0-9A-Fa-f]{1,6}", point) or int(point[-6:], 16) > 0x10FFFF:
            invalid = True
            return ""
        return chr(int(point[-6:], 16)).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")

    value = _ESCAPE.sub(replaced, body)
    return Unknown("a string holds an escape that PHP refuses") if invalid else _joined_bytes(value)


def _joined_bytes(text: str) -> str:
    """Turn bytes that were written one by one ("\\xc3\\xa9") into the characters that they form."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _number(digits: str) -> Outcome:
    if len(digits) > _LONGEST_NUMBER:
        return Unknown("a number is too long")
    try:
        if digits.startswith(("0x", "0b", "0o")):
            number: int | float = int(digits, 0)
        elif not digits.isdigit():
            return float(digits)
        else:
            number = int(digits, 8 if digits.startswith("0") else 10)
    except ValueError:
        return Unknown("a number is not valid PHP")
    return number if number < 2**63 else float(number)  # PHP's integers overflow into floats


def truth(value: Outcome) -> bool | None:
    """Return a value as PHP's condition sees it, or None if it is not known."""
    return None if isinstance(value, Unknown) else bool(value) and value != "0"


def to_string(value: Outcome) -> str | Unknown:
    """Return a value as PHP's (string) writes it."""
    if isinstance(value, str | Unknown):
        return value
    if value is None or value is False:
        return ""
    if isinstance(value, float):
        text = f"{value:.14G}"
        return text if text.strip("-0123456789.") == "" else Unknown("it writes a large float as text")
    return str(int(value))


def join(left: Outcome, right: Outcome) -> str | Unknown:
    """Return what PHP's `.` makes of two values; a result over LONGEST_STRING is not known."""
    first, second = to_string(left), to_string(right)
    if isinstance(first, Unknown):
        return first
    if isinstance(second, Unknown):
        return second
    if len(first) + len(second) > LONGEST_STRING:
        return Unknown("the string becomes too long")
    return _joined_bytes(first + second)


def convert(kind: str, value: Outcome) -> Outcome:
    """Return a value after PHP's cast to the type that is named `kind`."""
    if isinstance(value, Unknown):
        return value
    if kind.startswith("bool"):
        return truth(value)
    if kind in {"string", "binary"}:
        return to_string(value)
    number = _as_number(value) if isinstance(value, str) and value else value or 0
    if number is None or (isinstance(number, float) and abs(number) >= 2**63):
        return Unknown("it makes a number of something else")
    return int(number) if kind.startswith("int") else float(number)


def _as_number(text: str) -> int | float | None:
    found = _NUMERIC.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        return None
    return float(text) if any(found.groups()) or abs(int(text)) >= 2**63 else int(text)


def identical(left: Value, right: Value) -> bool:
    """Return PHP's `===` for two plain values."""
    return type(left) is type(right) and left == right


def equal(left: Value, right: Value) -> bool:
    """Return PHP 8's `==` for two plain values (php.net, "Comparison Operators")."""
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) is truth(right)
    if left is None or right is None:
        other = right if left is None else left
        return other == "" if isinstance(other, str) else not other
    first = _as_number(left) if isinstance(left, str) else left
    second = _as_number(right) if isinstance(right, str) else right
    if first is None or second is None:
        return to_string(left) == to_string(right)
    return first == second
