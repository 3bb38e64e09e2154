"""Settings → Homa Bridge: who sees it, what it says, what its buttons do, and what it never tells."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ..servers import ROOT, MariaDB, free_port
from .owner import ACTIONS, SCREEN, Owner, text
from .site import Site
from .stub import Stub, refusal, stubbing, table, well

TYPED = "a-secret-that-somebody-has-typed-0123456789"


@pytest.fixture(scope="module")
def shop(mariadb: MariaDB) -> Iterator[Site]:
    """Return a site whose wp-config.php says nothing of the plugin."""
    site = Site(mariadb)
    site.install_plugin("homaye-tabesh")
    site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    yield site
    site.remove()


@pytest.fixture
def service(shop: Site) -> Iterator[Stub]:
    """Return the service behind the site, with which all is well."""
    with stubbing(shop.address) as stub:
        yield stub


@pytest.fixture(autouse=True)
def _fresh(shop: Site, service: Stub) -> Iterator[None]:
    shop.use()
    shop.query("DELETE FROM {prefix}options WHERE option_name LIKE 'homa\\_bridge%%'")
    shop.query("DELETE FROM {prefix}usermeta WHERE meta_key LIKE '%%homa\\_bridge%%'")
    shop.php(f"update_option( 'homa_bridge_address', '{service.address}' );")
    shop.use("homa-bridge")
    service.asked.clear()
    yield
    assert shop.debug_log() == ""


@pytest.fixture
def owner(shop: Site) -> Owner:
    """Return the owner."""
    return Owner(shop)


def away(shop: Site) -> str:
    """Move the service's address to where nothing listens."""
    address = f"http://127.0.0.1:{free_port()}"
    shop.php(f"update_option( 'homa_bridge_address', '{address}' );")
    return address


# Who


def test_only_those_who_manage_the_site_see_the_screen(shop: Site, owner: Owner) -> None:
    assert text(owner.look()).startswith("Homa Bridge")
    assert shop.login("customer").get(SCREEN).status == 403
    assert shop.guest().request("GET", SCREEN, follow=False).status == 302


@pytest.mark.parametrize("action", ACTIONS)
def test_only_those_who_manage_the_site_press_buttons(shop: Site, owner: Owner, service: Stub, action: str) -> None:
    before = shop.query("SELECT option_value FROM {prefix}options WHERE option_name LIKE 'homa\\_bridge%%'")
    path = f"/wp-admin/admin-post.php?action=homa_bridge_{action}"
    assert shop.login("customer").request("POST", path, form={}).status == 403
    shop.guest().request("POST", path, form={})
    assert owner.post(action, "").status == 403
    assert owner.post(action, "0123456789").status == 403
    assert service.asked == []
    assert before == shop.query("SELECT option_value FROM {prefix}options WHERE option_name LIKE 'homa\\_bridge%%'")


def test_only_those_who_manage_the_site_save(shop: Site) -> None:
    form = {"option_page": "homa_bridge", "action": "update", "homa_bridge_address": "http://elsewhere:1"}
    assert shop.login("customer").request("POST", "/wp-admin/options.php", form=form).status == 403
    assert shop.login("admin").request("POST", "/wp-admin/options.php", form=form).status == 403
    assert shop.option("homa_bridge_address") != "http://elsewhere:1"


def test_the_list_of_plugins_leads_to_the_screen(owner: Owner) -> None:
    page = owner.client.get("/wp-admin/plugins.php").text
    assert re.search(r'<a href="[^"]*options-general\.php\?page=homa-bridge">Settings</a>', page)


# The secret


def test_the_secret_is_in_no_page(shop: Site, owner: Owner) -> None:
    secret = shop.option("homa_bridge_secret")
    assert secret
    assert len(secret) == 64
    owner.press("test")
    for path in (SCREEN, "/wp-admin/site-health.php", "/wp-admin/site-health.php?tab=debug", "/wp-admin/plugins.php"):
        assert secret not in owner.client.get(path).text, path
    assert secret not in shop.php("echo serialize( apply_filters( 'debug_information', array() ) );")


def test_a_new_secret_is_shown_once(shop: Site, owner: Owner) -> None:
    old = shop.option("homa_bridge_secret")
    said = owner.press("new_secret")
    secret = shop.option("homa_bridge_secret")
    assert secret
    assert secret != old
    assert re.fullmatch("[0-9a-f]{64}", secret)
    assert said.count(secret) == 1
    assert "HOMA_SHARED_SECRET" in said
    assert secret not in owner.look().text
    assert secret not in str(shop.query("SELECT meta_value FROM {prefix}usermeta"))


def test_a_typed_secret_leaves_the_one_before_it_for_the_running_service(shop: Site, owner: Owner) -> None:
    first = shop.option("homa_bridge_secret")
    assert first
    assert "Settings saved." in owner.save(secret="")
    assert shop.option("homa_bridge_previous_secret") is None
    owner.save(secret=TYPED)
    assert shop.option("homa_bridge_previous_secret") == first
    said = owner.read()
    assert "Secret Worth a look The service accepts the new secret: the previous one is not needed any more." in said
    assert "The previous secret is forgotten." in owner.press("forget_secret")
    assert shop.option("homa_bridge_previous_secret") is None
    assert "The service accepts the new secret" not in owner.read()


def test_a_secret_in_wp_config_has_its_previous_one_there(shop: Site, owner: Owner) -> None:
    shop.configure(HOMA_BRIDGE_SECRET=TYPED, HOMA_BRIDGE_PREVIOUS_SECRET="p" * 32)
    try:
        assert "Remove HOMA_BRIDGE_PREVIOUS_SECRET from wp-config.php , then restart the service." in owner.read()
        assert "Forget the previous secret" not in owner.read()
    finally:
        shop.configure(HOMA_BRIDGE_SECRET="", HOMA_BRIDGE_PREVIOUS_SECRET="")


def test_a_secret_is_typed_in_and_kept(shop: Site, owner: Owner) -> None:
    old = shop.option("homa_bridge_secret")
    assert "Settings saved." in owner.save(secret="")
    assert "at least 32 characters" in owner.save(secret="x" * 31)
    assert "at least 32 characters" in owner.save(secret="رمز " * 20)
    assert shop.option("homa_bridge_secret") == old
    said = owner.save(secret=f" {TYPED} ")
    assert "The secret is saved." in said
    assert TYPED not in said
    assert shop.option("homa_bridge_secret") == TYPED
    assert "Settings saved." in owner.save(secret=TYPED)


# Saving


def test_an_address_is_checked_and_the_old_one_kept(shop: Site, owner: Owner, service: Stub) -> None:
    for wrong in ("ftp://host", "host:8765", "http://", "<script>alert(1)</script>", "http://a b"):
        said = owner.save(address=wrong)
        assert f"{wrong} is no address of a service" in said
        assert shop.option("homa_bridge_address") == service.address
    for typed, kept in (
        ("https://memory.example/homa/", "https://memory.example/homa"),
        ("unix:/run/homa.sock", "unix:/run/homa.sock"),
        ("", ""),
    ):
        assert "Settings saved." in owner.save(address=typed)
        assert shop.option("homa_bridge_address") == kept


def test_removing_the_memory_is_off_until_it_is_ticked(shop: Site, owner: Owner) -> None:
    assert not shop.option("homa_bridge_remove_tables")
    owner.save(remove_tables="1")
    assert shop.option("homa_bridge_remove_tables") == "1"
    assert re.search(r'name="homa_bridge_remove_tables"[^>]*checked', owner.look().text)
    owner.save()
    assert not shop.option("homa_bridge_remove_tables")


def test_a_new_address_is_trusted_anew(shop: Site, owner: Owner) -> None:
    shop.php("HomaBridge\\Bridge::breaker()->open();")
    owner.save(address="http://127.0.0.1:1")
    assert shop.option("homa_bridge_breaker") == ""


# What it says


def test_it_says_that_all_is_well(owner: Owner, service: Stub) -> None:
    said = owner.read()
    assert f"homa-bridge 7.8.9 answers at {service.address}" in said
    assert "MariaDB 10.11.6-MariaDB" in said
    assert "All tables are there" in said
    assert "Worth a look" not in said
    assert "To be mended" not in said
    assert service.asked == ["GET /internal/status"]


def test_it_says_what_is_wrong_behind_the_service(shop: Site, owner: Owner, service: Stub) -> None:
    service.body = well("https://another.example", zone="UTC")
    service.body["database"]["drift_seconds"] = -90
    service.body["database"]["tables"] = [
        table("wp_homa_vault", "Column context_key is varchar(20), should be varchar(50)."),
        table("wp_homa_sessions", exists=False),
        table("wp_homaye_persona_scores", exists=False, required=False),
    ]
    said = owner.read()
    assert "wp_homa_vault To be mended Column context_key is varchar(20), should be varchar(50)." in said
    assert "wp_homa_sessions To be mended It is missing." in said
    assert "wp_homaye_persona_scores In order It is missing, and is not needed." in said
    assert "Tables To be mended 1 table is missing." in said
    assert "differs from the service’s by 90.0 seconds" in said
    assert re.search(r"On the site it is \d\d:\d\d \( Asia/Tehran \), for the service \d\d:\d\d \( UTC \)", said)
    assert f"The service knows this site as https://another.example ; it is {shop.address}" in said

    service.body["is_foreign"] = True
    said = owner.read()
    assert (
        f"Site address To be mended The service knows this site as https://another.example ; it is {shop.address}"
        in said
    )
    assert "this one may read, and changes nothing." in said
    assert "lies in the table wp_homa_bridge_outbox , which may be emptied" in said

    service.body["database"] |= {"kind": None, "version": None, "tables": [], "problem": "no server listens there"}
    assert "Database To be mended The service does not reach its database. no server listens there" in owner.read()
    service.body["database"] |= {"kind": "SQLite", "version": "3.40", "problem": None}
    assert "in a file of its own, not in the site’s database" in owner.read()


def test_what_the_service_says_is_no_html(owner: Owner, service: Stub) -> None:
    evil = "<img src=x onerror=alert(1)>"
    service.body |= {"version": evil, "time_zone": evil, "site_url": evil, "time": evil}
    service.body["database"] |= {"kind": evil, "tables": [table(evil, evil)]}
    owner.press("test")
    page = owner.look().text
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page


def test_it_asks_nothing_while_the_service_counts_as_away(shop: Site, owner: Owner, service: Stub) -> None:
    shop.php("HomaBridge\\Bridge::breaker()->open(); HomaBridge\\Bridge::failures()->note( 'timeout', 'slow' );")
    said = owner.read()
    assert "The service did not answer in time. Away since" in said
    assert service.asked == []
    assert "The connection works: homa-bridge 7.8.9 answers." in owner.press("test")
    assert shop.option("homa_bridge_breaker") == ""


def test_it_does_not_wait_for_a_service_that_hangs(owner: Owner, service: Stub) -> None:
    service.seconds = 5
    begun = time.monotonic()
    assert "The service did not answer in time." in owner.read()
    assert time.monotonic() - begun < 4


def test_it_names_the_file_that_has_taken_a_class(shop: Site, owner: Owner) -> None:
    with shop.must_use("early", "<?php namespace HomayeTabesh; class HT_Persona_Engine {}"):
        said = owner.read()
        assert "Defined by somebody else: HomayeTabesh\\HT_Persona_Engine" in said
        assert "wp-content/mu-plugins/early.php" in said
    assert "The memory’s classes are this plugin’s." in owner.read()


def test_it_says_when_the_clean_up_runs_and_when_it_does_not(shop: Site, owner: Owner) -> None:
    assert "Daily clean-up In order Next run:" in owner.read()  # with DISABLE_WP_CRON: the test site has it
    shop.php("wp_clear_scheduled_hook( 'homa_cleanup_expired_sessions' );")
    assert "Daily clean-up Worth a look It is not scheduled." in owner.read()
    shop.php("wp_schedule_event( time() - 7200, 'daily', 'homa_cleanup_expired_sessions' );")
    assert re.search(r"Daily clean-up Worth a look Next run: .* DISABLE_WP_CRON is set. It is overdue.", owner.read())


def test_failures_are_shown_with_their_remedy_and_forgotten(shop: Site, owner: Owner) -> None:
    shop.php("""
        HomaBridge\\Bridge::failures()->note( 'clock', 'homa_signature_expired' );
        HomaBridge\\Bridge::failures()->note( 'write_refused', '/internal/vault: 400 <b>' );
        HomaBridge\\Bridge::failures()->note( 'something new' );
    """)
    said = owner.read()
    assert "differ by more than five minutes. homa_signature_expired Have both set by NTP." in said
    assert "/internal/vault: 400 <b>" in said
    assert "An unknown failure." in said
    assert "There are none." in owner.press("forget")
    assert shop.option("homa_bridge_failures") is None


# The buttons


def test_the_connection_test_tells_what_it_found(owner: Owner, service: Stub) -> None:
    said = owner.press("test")
    assert "The connection works: homa-bridge 7.8.9 answers. Its database is MariaDB 10.11.6-MariaDB , with 4" in said
    service.body["database"]["tables"][0]["exists"] = False
    assert "What is still to be looked at is in the list below." in owner.press("test")


@pytest.mark.parametrize(
    ("status", "body", "kind", "what"),
    [
        (200, "hello", "text/html", "Something else than the service answered"),
        (200, {}, "application/json", "Something else than the service answered"),
        *[
            (401, refusal(f"homa_signature_{why}"), "application/json", what)
            for why, what in {
                "secret": "the two have different secrets",
                "unexpected": "The service has no secret",
                "expired": "differ by more than five minutes",
                "missing": "did not reach the service as it was sent",
                "malformed": "did not reach the service as it was sent",
                "invalid": "did not reach the service as it was sent",
                "path": "changes the address that is asked for",
                "headers": "changes headers of the requests",
                "body": "changes what visitors write",
            }.items()
        ],
        (403, refusal("homa_foreign_site"), "application/json", "The service remembers for another site"),
        (404, refusal("rest_no_route"), "application/json", "does not know what this plugin asks of it"),
        (503, refusal("homa_storage"), "application/json", "cannot do what it is asked"),
    ],
)
def test_the_connection_test_tells_why_it_failed(
    owner: Owner, service: Stub, status: int, body: Any, kind: str, what: str
) -> None:
    service.status, service.body, service.type = status, body, kind
    said = owner.press("test")
    assert what in said.split("The memory of your shop")[0]
    assert "The connection works" not in said


def test_the_connection_test_tells_that_nothing_is_there(shop: Site, owner: Owner) -> None:
    away(shop)
    assert "Nothing answers at the service’s address. Connection refused" in owner.press("test")


def test_missing_tables_are_created_by_the_service(owner: Owner, service: Stub) -> None:
    service.body["database"]["tables"][0]["exists"] = False
    service.body["success"] = True
    assert "The tables are there." in owner.press("tables")
    assert "POST /internal/tables" in service.asked


def test_kept_writes_are_handed_over(shop: Site, owner: Owner, service: Stub) -> None:
    away(shop)
    shop.php("""
        $call   = HomaBridge\\Call::post( '/internal/vault', array( 'field' => 'a', 'value' => 1 ) );
        $caller = new HomaBridge\\Caller( 2, '', '127.0.0.1', 'http' );
        HomaBridge\\Bridge::outbox()->keep( $call, $caller, HomaBridge\\Signature::nonce() );
        HomaBridge\\Bridge::outbox()->keep( $call, $caller, HomaBridge\\Signature::nonce() );
    """)
    assert "Kept writes Worth a look 2 writes are kept for the service." in owner.read()
    nonce = owner.nonce("hand_over")
    assert "Nothing answers" in text(owner.post("hand_over", nonce))
    assert "2 writes are kept" in owner.read()
    shop.php(f"update_option( 'homa_bridge_address', '{service.address}' );")
    said = text(owner.post("hand_over", nonce))
    assert "2 writes have been handed over." in said
    assert "Kept writes In order" in said
    assert service.asked.count("POST /internal/vault") == 2


# After an activation


def test_an_activation_without_the_service_tells_the_next_step_until_it_is_dismissed(shop: Site, owner: Owner) -> None:
    shop.use()
    away(shop)
    shop.use("homa-bridge")
    notice = "Homa Bridge is active, but does not work yet: Nothing answers"
    for path in ("plugins.php", "index.php"):
        assert notice in text(owner.client.get(f"/wp-admin/{path}")), path
    for path in ("profile.php", "options-general.php"):
        assert notice not in text(owner.client.get(f"/wp-admin/{path}")), path
    assert notice not in text(shop.login("customer").get("/wp-admin/index.php"))
    link = re.search(r"action=homa_bridge_dismiss&#0?38;_wpnonce=(\w+)", owner.client.get("/wp-admin/index.php").text)
    assert link
    owner.post("dismiss", link[1])
    assert notice not in text(owner.client.get("/wp-admin/index.php"))


def test_the_notice_goes_when_the_service_is_there(shop: Site, owner: Owner, service: Stub) -> None:
    shop.use()
    service.status, service.body = 503, refusal("homa_storage")
    shop.use("homa-bridge")
    assert "does not work yet" in text(owner.client.get("/wp-admin/plugins.php"))
    service.status, service.body = 200, well(shop.address)
    owner.press("test")
    assert "does not work yet" not in text(owner.client.get("/wp-admin/plugins.php"))


# Site Health


def site_health(shop: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        shop.php("""
            $tests = apply_filters( 'site_status_tests', array( 'direct' => array(), 'async' => array() ) );
            echo json_encode( ( $tests['direct']['homa_bridge']['test'] )() );
        """)
    )
    return found


def test_site_health_tells_how_the_memory_is(shop: Site, owner: Owner, service: Stub) -> None:
    assert site_health(shop)["status"] == "good"
    service.body["time_zone"], service.body["time"] = "UTC", "2001-01-01 00:00:00"
    found = site_health(shop)
    assert (found["status"], found["test"]) == ("recommended", "homa_bridge")
    assert "HOMA_SITE_TIMEZONE" in found["description"]
    service.body["is_foreign"] = True
    found = site_health(shop)
    assert found["status"] == "critical"
    assert "HOMA_SITE_URL" in found["description"]
    away(shop)
    found = site_health(shop)
    assert (found["status"], found["badge"]["color"]) == ("critical", "red")
    assert "Nothing answers" in found["description"]
    assert "page=homa-bridge" in found["actions"]
    assert '"test":"homa_bridge"' in owner.client.get("/wp-admin/site-health.php").text


def test_site_health_does_not_ask_a_service_that_is_away(shop: Site, service: Stub) -> None:
    shop.php("HomaBridge\\Bridge::breaker()->open();")
    assert site_health(shop)["status"] == "critical"
    assert service.asked == []


def test_site_health_has_what_helps_when_somebody_asks_for_help(shop: Site, owner: Owner) -> None:
    said = text(owner.client.get("/wp-admin/site-health.php?tab=debug"))
    for part in ("Plugin version", "Kept writes", "MariaDB 10.11.6-MariaDB", "7.8.9"):
        assert part in said
    assert '"homa-bridge":{"label":"Homa Bridge"' in shop.php(
        "echo json_encode( apply_filters( 'debug_information', array() ) );"
    )
