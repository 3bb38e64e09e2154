"""The plugin's translations: finds the texts in its PHP code, and brings the files in ``languages/`` up to date.

    python -m tests.translations    # after a text has changed; then translate what is new in the .po, and run it again

Reads the code with PHP's own tokenizer, so that no text is missed or found in a comment.
"""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import polib

from .servers import ROOT

PLUGIN = ROOT / "wp-plugin"
DOMAIN = "homa-bridge"
TEMPLATE = PLUGIN / "languages" / f"{DOMAIN}.pot"
PERSIAN = PLUGIN / "languages" / f"{DOMAIN}-fa_IR.po"
COMPILED = PERSIAN.with_suffix(".mo")
HEADERS = ("Plugin Name", "Description")  # of the main file; WordPress translates them, too

EXTRACTOR = r"""
const FUNCTIONS = array(
    '__' => 1, '_e' => 1, 'esc_html__' => 1, 'esc_html_e' => 1, 'esc_attr__' => 1, 'esc_attr_e' => 1, '_n' => 2,
);
$found = array();
foreach ( array_slice( $argv, 1 ) as $file ) {
    $tokens = array_values( array_filter(
        token_get_all( file_get_contents( $file ) ),
        fn( $token ) => ! is_array( $token ) || T_WHITESPACE !== $token[0]
    ) );
    $comment = array( '', -9 );
    foreach ( $tokens as $at => $token ) {
        if ( ! is_array( $token ) ) {
            continue;
        }
        if ( T_COMMENT === $token[0] && preg_match( '#^/\* translators: (.*) \*/$#', $token[1], $match ) ) {
            $comment = array( $match[1], $token[2] );
        }
        $before = $tokens[ $at - 1 ][0] ?? null;
        $is_call = T_STRING === $token[0] && isset( FUNCTIONS[ $token[1] ] ) && '(' === ( $tokens[ $at + 1 ] ?? '' )
            && ! in_array( $before, array( T_FUNCTION, T_OBJECT_OPERATOR, T_DOUBLE_COLON ), true );
        if ( ! $is_call ) {
            continue;
        }
        $arguments = array( array() );
        for ( $depth = 1, $next = $at + 2; $depth > 0; $next++ ) {
            $depth += match ( $tokens[ $next ] ) { '(', '[' => 1, ')', ']' => -1, default => 0 };
            if ( ',' === $tokens[ $next ] && 1 === $depth ) {
                $arguments[] = array();
            } elseif ( $depth > 0 ) {
                $arguments[ array_key_last( $arguments ) ][] = $tokens[ $next ];
            }
        }
        $texts = array_map(
            fn( $tokens ) => 1 === count( $tokens ) && T_CONSTANT_ENCAPSED_STRING === $tokens[0][0]
                ? eval( 'return ' . $tokens[0][1] . ';' ) : null,
            $arguments
        );
        $found[] = array(
            'file' => $file, 'line' => $token[2], 'texts' => array_slice( $texts, 0, FUNCTIONS[ $token[1] ] ),
            'domain' => end( $texts ), 'comment' => $token[2] - $comment[1] < 2 ? $comment[0] : '',
        );
    }
}
echo json_encode( $found, JSON_THROW_ON_ERROR );
"""


@dataclass(slots=True)
class Text:
    """A text that is to be translated.

    :param plural: its form for several, or ""
    :param comment: what translators are told
    :param files: where it is used
    """

    singular: str
    plural: str = ""
    comment: str = ""
    files: set[str] = field(default_factory=set)


def texts() -> list[Text]:
    """Return the plugin's texts, sorted.

    :raises AssertionError: if one is not written out, or is not in the plugin's text domain
    """
    sources = sorted(str(path.relative_to(PLUGIN)) for path in PLUGIN.rglob("*.php"))
    run = subprocess.run(
        ["php", "-r", EXTRACTOR, "--", *sources], cwd=PLUGIN, capture_output=True, text=True, check=True
    )
    found: dict[str, Text] = {}
    for call in json.loads(run.stdout):
        place = f"{call['file']}:{call['line']}"
        assert call["domain"] == DOMAIN, place
        assert None not in call["texts"], place
        text = found.setdefault(call["texts"][0], Text(*call["texts"]))
        text.comment = text.comment or call["comment"]
        text.files.add(call["file"])
    main = f"{DOMAIN}.php"
    for name in HEADERS:
        header = re.search(rf"^ \* {name}: +(.+)$", (PLUGIN / main).read_text("utf-8"), re.MULTILINE)
        assert header, name
        text = found.setdefault(header[1], Text(header[1], comment=f"{name} in the plugin's header."))
        text.files.add(main)
    return sorted(found.values(), key=lambda text: text.singular)


def template() -> polib.POFile:
    """Return what the .pot should hold."""
    made = polib.POFile(wrapwidth=118)
    made.metadata = {
        "Project-Id-Version": DOMAIN,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "X-Domain": DOMAIN,
    }
    for text in texts():
        made.append(
            polib.POEntry(
                msgid=text.singular,
                msgid_plural=text.plural,
                msgstr_plural={0: "", 1: ""} if text.plural else {},
                comment=f"translators: {text.comment}" if text.comment else "",
                occurrences=[(file, "") for file in sorted(text.files)],
            )
        )
    return made


def read(path: Path) -> polib.POFile:
    """Return a .pot or .po file."""
    return polib.pofile(str(path), wrapwidth=118)


def update() -> int:
    """Bring the files up to date, and return how many texts have no Persian translation."""
    made = template()
    made.save(str(TEMPLATE))
    persian = read(PERSIAN)
    persian.merge(made)
    for entry in persian.obsolete_entries():
        persian.remove(entry)
    for entry in persian:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: entry.msgstr_plural.get(0, "")}  # after a number Persian has one form
    persian.sort(key=lambda entry: entry.msgid)
    persian.save()
    persian.save_as_mofile(str(COMPILED))
    return len(persian.untranslated_entries())


if __name__ == "__main__":
    print(f"{update()} texts are not translated.")
