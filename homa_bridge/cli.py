"""The command line: ``homa-bridge --help`` tells a site owner what to do."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask

from . import create_app
from .application import KEY, Services
from .checks.finding import Finding
from .config import VARIABLES, Settings, load_settings
from .deploy.texts import SETTINGS_FILE, Kind, proxy_of, text_of
from .doctor import examine
from .errors import InvalidParameters, SettingsError, StorageError
from .identity.model import is_guest_token, is_user_token
from .omnistore.cleanup import REST
from .omnistore.expiry import Swept
from .plugin_zip import write
from .privacy.document import exported

PATIENT_SECONDS = 600
SETTINGS_HELP = "\b\nSettings come from the environment or from a .env file in this folder:\n" + "\n".join(
    f"  {name:<26} {text}" for name, text in VARIABLES.items()
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 118},
    epilog=SETTINGS_HELP,
)
@click.version_option(package_name="homa-bridge")
def main() -> None:
    """Keep the memory of your WordPress shop's AI assistant.

    To try it, run `homa-bridge serve` and open the address that it prints: without any setting it keeps its data in a
    file of its own.

    For a site, set HOMA_WP_CONFIG=/path/to/wp-config.php: database, table prefix, keys and time zone are then the
    site's. Run `homa-bridge check` to see whether all is well, `homa-bridge init-db` if tables are missing, and
    `homa-bridge cleanup` once a day. `homa-bridge plugin-zip` writes the plugin that the site needs.
    """


@main.command()
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Address to listen on, or unix:/path/to/socket.  [default: HOMA_HOST or 127.0.0.1]",
)
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on.  [default: HOMA_PORT or 8765]")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes.  [default: HOMA_WORKERS or 2]")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Run the service until Ctrl-C."""
    from .server import run  # noqa: PLC0415  (only this command needs the web server)

    given = {"host": host, "port": port, "workers": workers}
    with _one_line_errors():
        run(partial(_settings, **{name: value for name, value in given.items() if value is not None}))


@main.command("init-db")
def init_db() -> None:
    """Create the tables that are missing. Existing ones are left as they are."""
    with _one_line_errors():
        services = _services(create_app(_patient_settings()))
        with closing(services.database):
            services.omnistore.create_tables()
    click.echo(f"The tables with the prefix {services.database.prefix} are there.")


@main.command()
def check() -> None:
    """Examine settings, database, tables, clocks, the site's options, secret, logins, and whatever else is asked.

    Asked are Redis and the language model, where they are set, and the place where the service listens.

    Every finding says what to do about it. Exits with 0 if all is well, with 1 if something has to be mended, and with
    2 if a setting is wrong.
    """
    with _one_line_errors():
        services = _services(create_app(_patient_settings()))
        with closing(services.database):
            findings = examine(services)
    for finding in findings:
        click.echo(_described(finding))
    wrong = sum(finding.level == "wrong" for finding in findings)
    click.echo(f"\n{wrong} to mend." if wrong else "\nAll is well.")
    sys.exit(1 if wrong else 0)


@main.command()
@click.option(
    "--rest",
    type=click.FloatRange(0, 100),
    default=REST,
    show_default=True,
    metavar="TIMES",
    help="Rest after each transaction, so many times as long as it took; more where a replica falls behind.",
)
def cleanup(*, rest: float) -> None:
    """Delete what is kept no longer: sessions, forms, interests and messages.

    How long each is kept is set by HOMA_SNAPSHOT_HOURS, HOMA_GUEST_VAULT_HOURS, HOMA_USER_VAULT_DAYS,
    HOMA_INTEREST_DAYS and HOMA_CHAT_DAYS. Works in transactions of 500 rows at most; stopping it does no harm,
    the next run goes on.
    """
    with _one_line_errors():
        omnistore = _services(create_app(_patient_settings())).omnistore
        rows = Swept()
        with click.progressbar(
            length=omnistore.cleanup.count_expired(),
            label="Expired sessions",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar:
            for batch in omnistore.cleanup.sweep(rest):
                rows = rows.plus(batch)
                bar.update(batch.sessions)
    click.echo(
        f"Deleted {rows.sessions:,} expired sessions, {rows.fields:,} fields, {rows.interests:,} interests "
        f"and {rows.messages:,} messages."
    )


@main.command()
@click.argument("token")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(token: str, *, yes: bool) -> None:
    """Delete everything that is stored of one visitor, for good.

    TOKEN is user_ and the WordPress user's number, such as user_7, or a guest's: guest_ and 32 characters, as in the
    cookie homa_session_token. What a visitor does afterwards is remembered anew.
    """
    with _one_line_errors():
        _check_token(token)
        services = _services(create_app(_patient_settings()))
        if not yes:
            click.confirm(f"Delete everything that is stored of {token}, for good?", abort=True)
        deleted = services.privacy.forget(token)
    for table, count in deleted.items():
        click.echo(f"{services.database.prefix}{table}: {count:,} deleted")
    click.echo(f"Nothing is stored of {token} any more." if deleted else f"Nothing was stored of {token}.")


@main.command()
@click.argument("token")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it; a file that is there is replaced.  [default: standard output]",
)
def export(token: str, output: Path | None) -> None:
    """Write everything that is stored of one visitor, as JSON, table by table.

    TOKEN is user_ and the WordPress user's number, such as user_7, or a guest's: guest_ and 32 characters, as in the
    cookie homa_session_token.
    """
    with _one_line_errors():
        _check_token(token)
        services = _services(create_app(_patient_settings()))
        text = exported(token, services.privacy.export(token), services.database.prefix)
    if output is None:
        click.echo(text)
        return
    try:
        output.touch(0o600)  # nobody else's business
        output.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written ({error.strerror}): choose another place.") from None


@main.command()
def openapi() -> None:
    """Print the OpenAPI 3 document of all routes, as JSON."""
    from .status.openapi import document  # noqa: PLC0415  (only this command needs apispec)

    with _one_line_errors():
        app = create_app(_patient_settings())
    click.echo(json.dumps(document(app), ensure_ascii=False, indent=2))


@main.command()
@click.argument("program", type=click.Choice(["systemd", "nginx", "apache"]))
def deploy(program: Kind) -> None:
    """Print what PROGRAM needs to run this service, or to hand requests to it: systemd, nginx or apache.

    It holds what is set now: where the service listens, and the path of the site. What to do with it is said beside it.
    """
    with _one_line_errors():
        settings = _settings()
    click.echo(text_of(program, settings), nl=False)
    place = {
        "systemd": "This is /etc/systemd/system/homa-bridge.service. Write the settings to "
        f"{SETTINGS_FILE} (mode 600), then: systemctl daemon-reload && systemctl enable --now homa-bridge",
        "nginx": "These lines go into the site's `server`; then: nginx -t && systemctl reload nginx",
        "apache": "These lines go into the site's `VirtualHost`; then: a2enmod proxy_http headers && "
        "apache2ctl -t && systemctl reload apache2",
    }[program]
    click.echo(place, err=True)
    if program != "systemd" and not settings.defences.proxies.include(proxy_of(settings)):
        click.echo(
            f"Set HOMA_TRUSTED_PROXIES={proxy_of(settings)} as well, so that visitors are told apart by address.",
            err=True,
        )


@main.command("plugin-zip")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("homa-bridge.zip"),
    show_default=True,
    metavar="FILE",
    help="Where to write it.",
)
def plugin_zip(output: Path) -> None:
    """Write the WordPress plugin as a zip file, for uploading it on the site."""
    try:
        write(output)
    except FileExistsError as error:
        raise click.ClickException(f"{error}.") from None
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written ({error.strerror}): choose another place.") from None
    click.echo(
        f"{output.resolve()} is written.\n"
        "Now on the site: Plugins → Add New → Upload Plugin, choose this file, install and activate it.\n"
        "Then Settings → Homa Bridge says whether it reaches the service."
    )


def _settings(**changes: Any) -> Settings:
    return load_settings().changed(**changes)


def _patient_settings() -> Settings:
    """Return the settings of a command for which no visitor waits: the database may take its time."""
    return _settings(statement_seconds=PATIENT_SECONDS)


def _services(app: Flask) -> Services:
    return cast(Services, app.extensions[KEY])


def _check_token(token: str) -> None:
    """See that a token has a visitor's form.

    :raises InvalidParameters: if it has not
    """
    if not is_guest_token(token) and not is_user_token(token):
        raise InvalidParameters(
            {"TOKEN": "Write user_ and a number, such as user_7, or guest_ and 32 hexadecimal digits."}
        )


def _described(finding: Finding) -> str:
    mark = {"right": "  ok   ", "note": "  note ", "wrong": "  WRONG"}[finding.level]
    remedy = f"\n          → {finding.remedy}" if finding.remedy else ""
    return f"{mark} {finding.what}{remedy}"


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn the product's own errors into one line on standard error and an exit status."""
    try:
        yield
    except (SettingsError, InvalidParameters) as error:
        click.echo(f"homa-bridge: {error}", err=True)
        sys.exit(2)
    except StorageError:
        click.echo("homa-bridge: the database did not do it: run `homa-bridge check` to see why.", err=True)
        sys.exit(1)
