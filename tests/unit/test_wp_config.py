import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from homa_bridge.wordpress.php_literals import Value
from homa_bridge.wordpress.wp_config import (
    DatabaseAddress,
    WordPressConfig,
    WordPressConfigError,
    load,
    parse,
    split_host,
)

REQUIRED = """
define( 'DB_NAME', 'shop' );
define( 'DB_USER', 'shop_user' );
define( 'DB_PASSWORD', 'p4ss' );
define( 'DB_HOST', 'localhost' );
"""

SAMPLE = r"""<?php
/**
 * The base configuration for WordPress
 *
 * define( 'DB_NAME', 'in_a_docblock' );
 *
 * @link https://developer.wordpress.org/advanced-administration/wordpress/wp-config/
 */

// ** Database settings - You can get this info from your web host ** //
/** The name of the database for WordPress */
define( 'DB_NAME', 'database_name_here' );
define( 'DB_USER', 'username_here' );
define( 'DB_PASSWORD', 'pa\'ss\\wo"rd$' );
define( 'DB_HOST', 'localhost' );
define( 'DB_CHARSET', 'utf8' );
define( 'DB_COLLATE', '' );

define( 'AUTH_KEY',         'put your unique phrase here' );
define( 'SECURE_AUTH_KEY',  'LY/*&#;|?>8' );
define( 'LOGGED_IN_KEY',    '<?php // # "' );
define( 'NONCE_KEY',        '{$x} \n' );
define( 'AUTH_SALT',        'put your unique phrase here' );
define( 'SECURE_AUTH_SALT', 'put your unique phrase here' );
define( 'LOGGED_IN_SALT',   'put your unique phrase here' );
define( 'NONCE_SALT',       'put your unique phrase here' );

$table_prefix = 'wp_';

define( 'WP_DEBUG', false );

/* Add any custom values between this line and the "stop editing" line. */

/* That's all, stop editing! Happy publishing. */
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
"""

DOCKER = """<?php
// a helper function to lookup "env_FILE", "env", then fallback
if (!function_exists('getenv_docker')) {
	// https://github.com/docker-library/wordpress/issues/588 (WP-CLI will load this file 2x)
	function getenv_docker($env, $default) {
		if ($fileEnv = getenv($env . '_FILE')) {
			return rtrim(file_get_contents($fileEnv), "\\r\\n");
		}
		else if (($val = getenv($env)) !== false) {
			return $val;
		}
		else {
			return $default;
		}
	}
}
define( 'DB_NAME', getenv_docker('WORDPRESS_DB_NAME', 'wordpress') );
define( 'DB_USER', getenv_docker('WORDPRESS_DB_USER', 'example username') );
define( 'DB_PASSWORD', getenv_docker('WORDPRESS_DB_PASSWORD', 'example password') );
define( 'DB_HOST', getenv_docker('WORDPRESS_DB_HOST', 'mysql') );
define( 'DB_CHARSET', getenv_docker('WORDPRESS_DB_CHARSET', 'utf8mb4') );
define( 'AUTH_KEY',         getenv_docker('WORDPRESS_AUTH_KEY',         'put your unique phrase here') );
$table_prefix = getenv_docker('WORDPRESS_TABLE_PREFIX', 'wp_');
define( 'WP_DEBUG', !!getenv_docker('WORDPRESS_DEBUG', '') );
if (isset($_SERVER['HTTP_X_FORWARDED_PROTO']) && strpos($_SERVER['HTTP_X_FORWARDED_PROTO'], 'https') !== false) {
	$_SERVER['HTTPS'] = 'on';
}
if ($configExtra = getenv_docker('WORDPRESS_CONFIG_EXTRA', '')) {
	eval($configExtra);
}
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
"""

BEDROCK = """<?php
use Roots\\WPConfig\\Config;
use function Env\\env;

$root_dir = dirname(__DIR__);
$webroot_dir = $root_dir . '/web';

if (file_exists($root_dir . '/.env')) {
    $env_files = file_exists($root_dir . '/.env.local') ? ['.env', '.env.local'] : ['.env'];
    $dotenv = Dotenv\\Dotenv::createImmutable($root_dir, $env_files, false);
    $dotenv->load();
    $dotenv->required(['WP_HOME', 'WP_SITEURL']);
}
define('WP_ENV', env('WP_ENV') ?: 'production');
if (!env('WP_ENVIRONMENT_TYPE') && in_array(WP_ENV, ['production', 'staging'])) {
    Config::define('WP_ENVIRONMENT_TYPE', WP_ENV);
}
Config::define('WP_HOME', env('WP_HOME'));
Config::define('WP_SITEURL', env('WP_SITEURL'));
Config::define('CONTENT_DIR', '/app');
Config::define('WP_CONTENT_DIR', $webroot_dir . Config::get('CONTENT_DIR'));
Config::define('WP_CONTENT_URL', Config::get('WP_HOME') . Config::get('CONTENT_DIR'));
if (env('DB_SSL')) {
    Config::define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL);
}
Config::define('DB_NAME', env('DB_NAME'));
Config::define('DB_USER', env('DB_USER'));
Config::define('DB_PASSWORD', env('DB_PASSWORD'));
Config::define('DB_HOST', env('DB_HOST') ?: 'localhost');
Config::define('DB_CHARSET', 'utf8mb4');
$table_prefix = env('DB_PREFIX') ?: 'wp_';

if (env('DATABASE_URL')) {
    $dsn = (object) parse_url(env('DATABASE_URL'));
    Config::define('DB_NAME', substr($dsn->path, 1));
}
Config::define('WP_DEBUG_DISPLAY', false);
Config::define('WP_DEBUG_DISPLAY', true);
Config::apply();
"""


def read(code: str, environ: Mapping[str, str] | None = None) -> WordPressConfig:
    return parse(f"<?php {code}\n{REQUIRED}", environ or {})


def value(expression: str, **environ: str) -> Value:
    return read(f"define('X', {expression});", environ).constants["X"]


def message(source: str, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(WordPressConfigError) as caught:
        parse(source, environ or {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "#!/usr/bin/php\n", "<html> define('DB_NAME', 'no') </html>"])
def test_stock_file(newline: str, start: str) -> None:
    config = parse(start + SAMPLE.replace("\n", newline), {})
    assert config.db_name == "database_name_here"
    assert config.db_user == "username_here"
    assert config.db_password == "pa'ss\\wo\"rd$"
    assert config.db_host == "localhost"
    assert config.db_charset == "utf8"
    assert config.table_prefix == "wp_"
    assert config.constants["WP_DEBUG"] is False
    assert config.constants["SECURE_AUTH_KEY"] == "LY/*&#;|?>8"
    assert config.constants["LOGGED_IN_KEY"] == '<?php // # "'
    assert config.constants["NONCE_KEY"] == "{$x} \\n"
    assert "ABSPATH" not in config.constants
    assert config.uncertain == frozenset()


def test_official_image_takes_defaults() -> None:
    config = parse(DOCKER, {})
    assert (config.db_name, config.db_user, config.db_password) == ("wordpress", "example username", "example password")
    assert (config.db_host, config.table_prefix) == ("mysql", "wp_")
    assert config.constants["WP_DEBUG"] is False
    assert config.uncertain == frozenset()


def test_official_image_prefers_files_then_environment(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes("گذر \r\n\n".encode())
    config = parse(
        DOCKER,
        {
            "WORDPRESS_DB_PASSWORD_FILE": str(secret),
            "WORDPRESS_DB_PASSWORD": "not this",
            "WORDPRESS_DB_USER_FILE": "",
            "WORDPRESS_DB_USER": "root",
            "WORDPRESS_DB_NAME": "shop",
            "WORDPRESS_TABLE_PREFIX": "wp_2_",
            "WORDPRESS_DEBUG": "1",
            "WORDPRESS_CONFIG_EXTRA": "define('X', 1);",
        },
    )
    assert config.db_password == "گذر "
    assert config.db_user == "root"
    assert (config.db_name, config.table_prefix) == ("shop", "wp_2_")
    assert config.constants["WP_DEBUG"] is True


@pytest.mark.parametrize("content", [None, b"x" * 9000])
def test_official_image_with_an_unusable_file(tmp_path: Path, content: bytes | None) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    why = "cannot be read" if content is None else "is too large"
    assert message(DOCKER, {"WORDPRESS_DB_PASSWORD_FILE": str(secret)}) == (
        "line 19: DB_PASSWORD cannot be told without running PHP, because the file that the environment names for it "
        f"{why}: write a literal or getenv('NAME') there"
    )


def test_bedrock() -> None:
    environ = {
        "DB_NAME": "bed",
        "DB_USER": "rock",
        "DB_PASSWORD": '"quoted"',
        "WP_HOME": "https://x.ir",
        "DB_PREFIX": "b_",
    }
    config = parse(BEDROCK, environ)
    assert (config.db_name, config.db_user, config.db_password) == ("bed", "rock", "quoted")
    assert (config.db_host, config.table_prefix) == ("localhost", "b_")
    assert config.constants["WP_ENV"] == "production"
    assert config.constants["WP_CONTENT_URL"] == "https://x.ir/app"
    assert config.constants["WP_SITEURL"] is None
    assert config.constants["WP_DEBUG_DISPLAY"] is True
    assert "WP_CONTENT_DIR" not in config.constants
    assert config.uncertain == {"WP_ENVIRONMENT_TYPE"}
    assert message(BEDROCK, environ | {"DATABASE_URL": "mysql://x"}).startswith("line 35: DB_NAME cannot be told")
    assert message(BEDROCK, {}) == (
        "line 26: DB_NAME is empty: if it comes from the environment, set it for this service too"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRUE", True),
        ("null", None),
        ("42", 42),
        ("'a'", "a"),
        ("007", 7),
        ("-1", "-1"),
        ("", ""),
        ("9" * 30, "9" * 30),
    ],
)
def test_bedrock_conversions(text: str, expected: Value) -> None:
    assert value("env('A')", A=text) == expected
    assert value("Env\\env('A')", A=text) == expected


@pytest.mark.parametrize(
    "comment",
    [
        "// define('X', 1);",
        "# define('X', 1);",
        "/* define('X', 1); */",
        "/** don't\n * define('X', 1);\n */",
        "//define('X', 1); define('X', 2);\n",
        "/* // */ // /*",
        "# it's \"quoted {",
        "?> define('X', 1); it's text <?php",
        "// ends here ?> define('X', 1); <?php",
        "<<<'A'\ndefine('X', 1);\nA;",
        "'define(\"X\", 1);';",
        "function f() { define('X', 1); }",
        "class A { const X = 1; function f() { define('X', 1); } }",
        "final class A extends B implements C { }",
        "#[Attribute(name: 'x')]\nfunction f(array $a = [1]): int { define('X', 1); }",
        "$f = function () { define('X', 1); };",
        "$f = fn($x) => define('X', 1);",
        "if (false) { define('X', 1); }",
        "if (true) { } else { define('X', 1); }",
        "if (true) { } elseif (file_exists('x')) { define('X', 1); }",
        "true || define('X', 1);",
        "false && define('X', 1);",
        "$x = true ? 1 : define('X', 1);",
        "$x = 1 ?? define('X', 1);",
        "foo(define('X', 1));",
        "$wpdb->define('X', 1);",
        "Foo::define('X', 1);",
        "my\\define('X', 1);",
    ],
)
def test_what_does_not_define(comment: str) -> None:
    config = read(comment)
    assert "X" not in config.constants
    assert config.db_name == "shop"


def test_the_end_of_the_code() -> None:
    source = f"<?php {REQUIRED} define('A', 1); ?> define('B', 1); it's <?= define('C', 1) ?> <?PHP define('D', 2) ?>"
    assert {"A", "D"} == set(parse(source, {}).constants) & set("ABCD")
    assert "E" not in read("").constants
    assert "E" not in parse(f"<?php {REQUIRED} __halt_compiler(); define('E', 1); ' {{", {}).constants


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        (r"'a\'b\\c\n$x{$y}'", r"a'b\c\n$x{$y}"),
        (r"'\\\''", "\\'"),
        (r'"a\n\t\\\"\$\e\r\v\f\'"', "a\n\t\\\"$\x1b\r\v\f\\'"),
        (
            r'"\0\101\7771\x41\X4a\u{1F600}\u{67e}"',
            "\0A\udcff1AJ😀پ".encode("utf-8", "surrogatepass").decode(errors="surrogatepass"),
        ),
        (r'"\xc3\xa9"', "é"),
        (r'"\xc3" . "\xa9"', "é"),
        (r'"\q \u41 \xg $ $1 { $"', r"\q \u41 \xg $ $1 { $"),
        (r'"\{$"', r"\{$"),
        ('"line\nline"', "line\nline"),
        ("b'x' . B\"y\"", "xy"),
        ('<<<A\nx \\"\\t\\$y\nz\nA', 'x \\"\t$y\nz'),
        ('<<<"A"\n  x\n\n   y\n  A', "x\n\n y"),
        ("<<<'A'\n$x \\n\r\nB A\nAB\nA", "$x \\n\r\nB A\nAB"),
        ("<<<A\nA", ""),
        ("<<<A\r\nx\r\n\ty\r\nA", "x\r\n\ty"),
        ("0", 0),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0b101", 5),
        ("0755", 493),
        ("0o755", 493),
        ("-7", -7),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("9223372036854775808", 9223372036854775808.0),
        ("TRUE", True),
        ("False", False),
        ("\\null", None),
        ("('a' . ('b')) . 1 . 1.50 . true . null", "ab11.51"),
        ("(bool) '0'", False),
        ("(BOOLEAN) 'x'", True),
        ("( int ) ' 12'", 12),
        ("(float) '1.5'", 1.5),
        ("(string) 12", "12"),
        ("(int) ''", 0),
        ("!'0' && !null || false", True),
        ("!0 and true", True),
        ("@getenv('NOT')", False),
        ("null ?? 'a' ?? 'b'", "a"),
        ("'' ?: 0 ?: 'c'", "c"),
        ("1 == '1.0' ? 'y' : 'n'", "y"),
        ("1 === '1' ? 'y' : 'n'", "n"),
        ("'abc' == 0 ? 'y' : 'n'", "n"),
        ("null == false ? 'y' : 'n'", "y"),
        ("null == '' ? 'y' : 'n'", "y"),
        ("'1e1' == '10' ? 'y' : 'n'", "y"),
        ("'a' != 'b' ? 'y' : 'n'", "y"),
        ("'a' !== 'a'", False),
        ("foo() && false", False),
        ("true || foo()", True),
        ("isset($_ENV['NOT'])", False),
        ("isset($_ENV['YES'], $_ENV['NOT'])", False),
        ("isset($_ENV['YES'])", True),
        ("empty($_ENV['YES'])", False),
        ("getenv('YES')", "yes"),
        ("getenv('YES', true) ?: 'd'", "yes"),
        ("getenv('NOT') ?: 'd'", "d"),
        ("$_ENV['YES'] ?? 'd'", "yes"),
        ("$_ENV[\"NOT\"] ?? 'd'", "d"),
        ("$_SERVER['YES'] ?? 'd'", "yes"),
        ("$_SERVER['NOT'] ?? 'd'", "d"),
        ("(bool) getenv('YES')", True),
        ("getenv('NOT') === false ? 'unset' : 'set'", "unset"),
        ("getenv('Y' . 'ES')", "yes"),
    ],
)
def test_values(literal: str, expected: Value) -> None:
    result = value(literal, YES="yes")
    assert (type(result), result) == (type(expected), expected)


@pytest.mark.parametrize(
    "expression",
    [
        '"a $b"',
        '"${b}"',
        '"{$b["x;\\"}"]}) ; "',
        "\"{$b->c('}')}\"",
        "<<<A\n$b\nA",
        "<<<A\n  x\n y\n  A",
        "`ls`",
        '"\\u{110000}"',
        '"\\u{x}"',
        "__DIR__ . '/x'",
        "foo('a', [1, 2])['b']->c::D",
        "[1, 2]",
        "array('a' => 1)",
        "1 + 1",
        "60 * 5",
        "- 'a'",
        "089",
        "NOT_DEFINED",
        "NOT_DEFINED ?? 1 ?: 2",
        "$not_set",
        "$not_set ?? 'x'",
        "$_SERVER['HTTP_HOST'] ?? 'x'",
        "isset($_SERVER['REQUEST_URI'])",
        "isset($_GET['x'])",
        "file_exists('x') ? 'a' : 'b'",
        "foo() || false",
        "new Foo('x')",
        "function () { return 1; }",
        "match (1) { default => 'x' }",
        "getenv()",
        "getenv($x)",
        "'a' <=> 'b'",
        "(int) '12abc'",
        "1e30 . ''",
        "Foo::BAR",
        "Foo::class",
        "'a' 'b'",
        "define()",
        "",
        "1" * 100,
        "(" * 200 + "1" + ")" * 200,
        "!" * 2000 + "1",
        " . ".join(["'" + "x" * 5000 + "'"] * 2),
    ],
)
def test_what_is_left_out(expression: str) -> None:
    config = read(f"define('X', {expression}); define('AFTER', 1);")
    assert "X" not in config.constants
    assert config.constants["AFTER"] == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("define('X', 1); define('X', 2);", 1),
        ('define("X", 1, false);', 1),
        ("\\DEFINE('X', 1,);", 1),
        ("const X = 1, Y = 2;", 1),
        ("const Y = 'a'; const X = Y . 'b';", "ab"),
        ("define('Y', 'a'); define('X', \\Y . constant('Y'));", "aa"),
        ("if ( ! defined('X') ) { define('X', 1); } if ( ! defined('X') ) { define('X', 2); }", 1),
        ("defined('X') || define('X', 1); defined('X') or define('X', 2);", 1),
        ("defined('Y') && define('X', 2); define('X', 1);", 1),
        ("if (!defined('X')) define('X', 1); else define('X', 2);", 1),
        ("if (getenv('NOT')): define('X', 1); elseif (1 == 1): define('X', 2); else: define('X', 3); endif;", 2),
        ("if (false) {} else if (false) define('X', 1); else { define('X', 2); }", 2),
        ("if (false) if (true) define('X', 1); else define('X', 2); define('X', 3);", 3),
        ("if (defined('WP_CLI') && WP_CLI) { define('X', 1); } define('X', 2);", 2),
        ("if (PHP_SAPI === 'cli' && false) { define('X', 1); } define('X', 2);", 2),
        ("namespace A; define('X', 1);", 1),
        ("namespace A { define('X', 1); }", 1),
        ("declare(strict_types=1); use A\\{B, C}; define('X', 1);", 1),
        ("try { define('X', 1); } catch (E $e) { define('X', 2); } finally { }", 1),
        ("do { define('X', 1); } while (false); define('X', 2);", 1),
        ("#[A('x;')] #[B]\nfunction f() {}\ndefine('X', 1);", 1),
        ("abstract class A { } define('X', 1);", 1),
        ("$a = 'x'; $b = $a . 'y'; define('X', $b);", "xy"),
        ("$a = $b = 'x'; $a .= $b; define('X', $a);", "xx"),
        ("$a = null; $a ??= 'x'; $a ??= 'y'; define('X', $a);", "x"),
        ("$_ENV['A'] = 'x'; define('X', $_ENV['A']);", "x"),
        ("if ($a = getenv('YES')) { define('X', $a); }", "yes"),
        ("($a = 'z'); define('X', $a);", "z"),
        ("$a = 'x'; echo $a; global $a; define('X', $a);", "x"),
        ("if (false) { $a = foo($b); } $b = 'x'; if (0) { foo($b); } define('X', $b);", "x"),
    ],
)
def test_order_and_branches(code: str, expected: Value) -> None:
    config = read(code, {"YES": "yes"})
    assert config.constants["X"] == expected
    assert config.uncertain == frozenset()
    assert config.db_name == "shop"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if (file_exists('x')) { define('X', 1); } else { define('X', 2); }", 1),
        ("if ($_SERVER['HTTP_HOST'] == 'a') { define('X', 1); } define('X', 2);", 1),
        ("if (foo()) { } elseif (true) { define('X', 2); }", 2),
        ("foo() && define('X', 1);", 1),
        ("foo() ? define('X', 1) : define('X', 2);", 1),
        ("switch (WP_ENV) { case 'a': define('X', 1); break; default: define('X', 2); }", 1),
        ("foreach ($a as $b): define('X', 1); endforeach;", 1),
        ("while (foo()) define('X', 1);", 1),
        ("if (foo()) { $a = 1; } else { $a = 2; } define('X', $a);", 2),
        ("if (foo()) { define('A', 1); } define('X', A);", 1),
    ],
)
def test_branches_that_nobody_can_evaluate_are_named(code: str, expected: Value) -> None:
    config = read(code)
    assert config.constants["X"] == expected
    assert "X" in config.uncertain
    assert "DB_NAME" not in config.uncertain


@pytest.mark.parametrize(
    "code",
    ["foo($a);", "$a++;", "[$a] = foo();", "list($a) = foo();", "$a['x'] = 1;", "$a->b = 1;", "$a += 1;", "$a = &$b;",
     "foreach (x() as $a) {}", "unset($a);", "if (foo($a)) {}", "$b = fn() => $a = 1;", "$GLOBALS['a'] = foo();"],
)  # fmt: skip
def test_variables_are_forgotten(code: str) -> None:
    assert "X" not in read(f"$a = 'x'; {code} define('X', $a);").constants


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", "wp_"),
        ("$table_prefix = 'shop_';", "shop_"),
        ('$table_prefix="wp_2_";', "wp_2_"),
        ("$table_prefix = 'a_'; $table_prefix  =  'b_';", "b_"),
        ("$table_prefix = getenv('PREFIX') ?: 'wp_';", "env_"),
        ("$table_prefix = getenv('NOT') ?: 'wp_';", "wp_"),
        ("$table_prefix = 'wp_' . 7 . '_';", "wp_7_"),
        ("$GLOBALS['table_prefix'] = 'g_';", "g_"),
        ("$table_prefix = '';", ""),
        ("// $table_prefix = 'no_';", "wp_"),
    ],
)
def test_prefix(code: str, expected: str) -> None:
    assert read(code, {"PREFIX": "env_"}).table_prefix == expected


def test_prefix_in_a_branch_is_uncertain() -> None:
    config = read("$table_prefix = 'a_'; if (foo()) { $table_prefix = 'b_'; }")
    assert config.table_prefix == "b_"
    assert config.uncertain == {"$table_prefix"}


UNTOLD = "cannot be told without running PHP, because"
ADVICE = "write a literal or getenv('NAME') there"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("\n\ndefine('DB_NAME',\n foo());", f"line 3: DB_NAME {UNTOLD} it calls foo(): {ADVICE}"),
        ("define('DB_HOST', \"x$y\");", f"line 1: DB_HOST {UNTOLD} it puts variables into a string: {ADVICE}"),
        ("define('DB_USER', A);", f"line 1: DB_USER {UNTOLD} it uses A, which is not defined above: {ADVICE}"),
        ("define('DB_USER', $a);", f"line 1: DB_USER {UNTOLD} $a has no value that can be told: {ADVICE}"),
        (
            "define('DB_USER', new A);",
            f"line 1: DB_USER {UNTOLD} it needs more of PHP than literals, constants and the environment: {ADVICE}",
        ),
        (
            "define('DB_NAME', getenv('NOT'));",
            "line 1: DB_NAME is empty: if it comes from the environment, set it for this service too",
        ),
        (
            "define('DB_PASSWORD', getenv('NOT'));",
            "line 1: DB_PASSWORD is empty: if it comes from the environment, set it for this service too",
        ),
        ("$table_prefix = 'wp-';", "line 1: $table_prefix may hold only A-Z, a-z, 0-9 and _: correct it"),
        ("$table_prefix = \"wp_\\n\";", "line 1: $table_prefix may hold only A-Z, a-z, 0-9 and _: correct it"),
        ("$table_prefix = 'وپ';", "line 1: $table_prefix may hold only A-Z, a-z, 0-9 and _: correct it"),
        ("$table_prefix = foo();", f"line 1: $table_prefix {UNTOLD} it calls foo(): {ADVICE}"),
        ("$a = 'it", "line 6: a string begins here and never ends: close it"),
        ("$a = \"it", "line 1: a string begins here and never ends: close it"),
        ("$a = \"{$b['x'\";", "line 1: a string begins here and never ends: close it"),
        ("\n$a = <<<A\n", "line 2: a heredoc begins here and never ends: close it"),
        ("\nif (true) {", "line 2: { is never closed: mend the brackets after it"),
        ("\n(1]", "line 2: ] closes nothing: mend the brackets before it"),
        ("/* open", "no define of DB_NAME: add define('DB_NAME', '…'), or read the file that has it"),
    ],
)  # fmt: skip
def test_errors(code: str, expected: str) -> None:
    source = f"<?php {code}\n{REQUIRED}"
    if expected.startswith("line 6"):
        source = source.rstrip().rstrip(");") + ");"
    assert message(source) == expected


@pytest.mark.parametrize("name", ["DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST"])
def test_a_missing_define(name: str) -> None:
    lines = "\n".join(line for line in REQUIRED.splitlines() if name not in line)
    expected = f"no define of {name}: add define('{name}', '…'), or read the file that has it"
    assert message(f"<?php {lines}") == expected
    assert message(lines).startswith("no define of DB_NAME")


def test_numbers_serve_as_text() -> None:
    assert read("define('DB_PASSWORD', 12345);").db_password == "12345"


def test_load(tmp_path: Path) -> None:
    path = tmp_path / "wp-config.php"
    path.write_bytes(
        b"\xef\xbb\xbf<?php // caf\xe9\r\n" + REQUIRED.replace("p4ss", "caf\udce9").encode(errors="surrogateescape")
    )
    config = load(path, {})
    assert config.db_password == "caf\udce9"
    assert config.db_password.encode("utf-8", "surrogateescape") == b"caf\xe9"
    assert (config.db_charset, config.table_prefix) == ("utf8mb4", "wp_")


def test_load_reads_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wp-config.php"
    path.write_text(f"<?php define('DB_NAME', getenv('HOMA_TEST_NAME')); {REQUIRED}")
    monkeypatch.setenv("HOMA_TEST_NAME", "from_env")
    assert load(path).db_name == "from_env"


def test_load_errors(tmp_path: Path) -> None:
    path = tmp_path / "wp-config.php"

    def failure() -> str:
        with pytest.raises(WordPressConfigError) as caught:
            load(path, {})
        return str(caught.value)

    assert failure() == f"{path} does not exist: give the path of the site's wp-config.php"
    path.mkdir()
    assert failure() == f"{path} cannot be read (Is a directory): let the user of this service read it"
    path.rmdir()
    path.write_bytes(b"<?php " + REQUIRED.encode() + b" " * 1024 * 1024)
    assert failure() == f"{path}: larger than 1 MB, which no wp-config.php is: check the path"
    path.write_text("<?php")
    assert failure() == f"{path}: no define of DB_NAME: add define('DB_NAME', '…'), or read the file that has it"


def test_repr_hides_secrets() -> None:
    config = read("define('AUTH_KEY', 'k3y'); define('NONCE_SALT', 's4lt'); define('HOMA_BRIDGE_SECRET', 's3cret');")
    assert config.constants["HOMA_BRIDGE_SECRET"] == "s3cret"
    shown = f"{config!r} {config} {[config]}"
    assert "db_name='shop'" in shown
    for secret in ("p4ss", "k3y", "s4lt", "s3cret"):
        assert secret not in shown


def test_a_config_cannot_be_changed() -> None:
    config = read("")
    with pytest.raises(AttributeError):
        config.db_name = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.constants["DB_NAME"] = "x"  # type: ignore[index]
    assert hash(config) == hash(read(""))


@pytest.mark.parametrize(
    ("db_host", "expected"),
    [
        ("localhost", ("localhost", None, None)),
        ("db.example.ir", ("db.example.ir", None, None)),
        ("127.0.0.1:3307", ("127.0.0.1", 3307, None)),
        ("localhost:/run/mysqld/mysqld.sock", ("localhost", None, "/run/mysqld/mysqld.sock")),
        (":/path.sock", (None, None, "/path.sock")),
        ("/path.sock", (None, None, None)),
        ("host:3307:/a:/b.sock", ("host", 3307, "/a:/b.sock")),
        ("[::1]:3307", ("::1", 3307, None)),
        ("[::1]", ("::1", None, None)),
        ("::1", ("::1", None, None)),
        ("2001:db8::1", ("2001:db8::1", None, None)),
        ("[::1]:/path.sock", ("::1", None, "/path.sock")),
        ("p:host", ("host", None, None)),
        ("p:host:3307", ("host", 3307, None)),
        ("p:[::1]:3307", ("::1", 3307, None)),
        ("p:localhost:/s", ("localhost", None, "/s")),
        ("host:0", ("host", None, None)),
        ("host:abc", ("host", None, None)),
        ("", (None, None, None)),
    ],
)
def test_split_host(db_host: str, expected: tuple[str | None, int | None, str | None]) -> None:
    assert split_host(db_host) == DatabaseAddress(*expected)


@pytest.mark.parametrize("db_host", ["host:65536", "host:" + "9" * 5000])
def test_split_host_refuses_impossible_ports(db_host: str) -> None:
    with pytest.raises(WordPressConfigError, match=r"^DB_HOST names a port over 65535: correct it$"):
        split_host(db_host)


def test_split_host_refuses_what_is_no_address() -> None:
    with pytest.raises(WordPressConfigError, match=r"^DB_HOST is not an address: write host, host:port, \[IPv6\]:port"):
        split_host("x:y:z")


PIECES = st.lists(
    st.sampled_from(
        [
            "<?php", "?>", "define(", "'DB_NAME'", ",", "'x'", ")", ";", "{", "}", "(", "[", "]", "if", "else",
            "elseif", "endif", ":", "?", "??", "?:", "=", ".", "==", "$a", "$table_prefix", "const", "A", "getenv(",
            "defined(", "isset(", "$_ENV[", "//", "/*", "*/", "#", "#[", "\n", "\r\n", '"', "'", "\\", "<<<A\n", "\nA",
            "`",
            "{$", "${", "->", "::", "(int)", "0x", "1e9", "function", "class", "namespace", "while(", "switch", "case",
            "default", "foreach", "as", "try", "catch", "!", "-", "@", "&&", "||", "Config::define(", "Config::", "=>",
            "&", ".=", "??=", "++", "end",
        ]
    )
).map(" ".join)  # fmt: skip


@given(st.one_of(st.text(), PIECES, PIECES.map("".join), st.text(st.characters(codec=None))))
@example("\ud800")
@example("<?php \udcff\udcc3")
@example("<?php Config::")
@example("<?php function f")
@example("<?php $")
@example("<?php a->")
def test_any_text_is_read_or_refused(text: str) -> None:
    for source in (text, f"<?php {text}", f"<?php {REQUIRED} {text}"):
        refusal = "one line"
        try:
            parse(source, {})
        except WordPressConfigError as error:
            refusal = str(error)
        assert len(refusal.splitlines()) == 1


@given(st.text())
def test_any_host_is_split_or_refused(text: str) -> None:
    with contextlib.suppress(WordPressConfigError):
        split_host(text)


@given(st.text(), st.sampled_from(["\n", "\r\n"]))
@example("\\", "\n")
@example("'\\'", "\n")
@example("?>", "\n")
def test_any_quoted_password_comes_back(password: str, newline: str) -> None:
    quoted = password.replace("\\", "\\\\").replace("'", "\\'")
    source = newline.join(["<?php", f"define('DB_PASSWORD', '{quoted}');", REQUIRED])
    assert parse(source, {}).db_password == password


@given(st.binary(max_size=200))
def test_any_bytes_come_back_from_double_quotes(password: bytes) -> None:
    quoted = "".join(f"\\x{byte:02x}" for byte in password)
    result = parse(f'<?php define("DB_PASSWORD", "{quoted}"); {REQUIRED}', {}).db_password
    assert result.encode("utf-8", "surrogateescape") == password


@pytest.mark.parametrize(
    "unit",
    [
        "(", "[", "{", "{}", ";", "'", '"', "'\\", "\"\\'", '"{$', "'a'.", "$a=$a.$a;", "<<<A\n", "<<<A\nA;", "/*",
        "/**/", "#", "if(", "if(1)", "if(1){", "else if(1)", "!", "define(", "define('A',", "define(@,", "1?", "$a=",
        "<?php ", "?>", "a ", "\\", "case ", "<<<", "\n", "\r", " ", "0x", "é", "-", "@", "$a->", "a(", "?:", "??",
        "a::", "`", "class A", "const A=",
    ],
)  # fmt: skip
def test_hostile_files_take_linear_time(unit: str) -> None:
    opened = {"(": ")", "[": "]", "{": "}"}
    closing = "".join(opened[letter] for letter in reversed(unit) if letter in opened)
    count = 40_000 // len(unit + closing)
    started = time.process_time()
    for source in (
        unit * count,
        unit * count + closing * count,
        f"$x = '{'a' * 8_000}'; $x" + f". {unit}" * (count // 2),
    ):
        with contextlib.suppress(WordPressConfigError):
            parse(f"<?php {source}", {})
    assert time.process_time() - started < 5  # quadratic time would take minutes
