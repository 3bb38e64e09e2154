"""The site that the other tests run on: a real WordPress, which behaves as WordPress does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..servers import MariaDB, Service
from .conftest import create_tables
from .site import Site

ROUTES: tuple[tuple[str, str, object], ...] = (
    ("POST", "/vault/sync", {"field": "tirage", "value": 500}),
    ("GET", "/vault/restore", None),
    ("POST", "/session/snapshot", {"form_snapshot": {"tirage": 500}}),
    ("GET", "/persona/analyze", None),
    ("POST", "/interest/track", {"category": "book"}),
    ("GET", "/vault/interests", None),
    ("GET", "/memory/summary", None),
    ("POST", "/context/compress", {"messages": [{"role": "user", "content": "hello"}]}),
    ("POST", "/chat/memory", {"message_type": "user", "message_content": "hello"}),
    ("GET", "/chat/memory", None),
    ("POST", "/chat/memory/clear", {}),
    ("POST", "/vault/clear", {}),
)


@pytest.fixture
def bare_site(site: Site) -> Site:
    """Return the site without any plugin."""
    site.use()
    return site


def test_the_front_page_is_wordpress(bare_site: Site) -> None:
    answer = bare_site.guest().get("/")
    assert answer.status == 200
    assert "<h1>Shop</h1>" in answer.text
    assert f'<{bare_site.rest}/>; rel="https://api.w.org/"' in answer.headers["Link"]


def test_a_login_is_real(bare_site: Site) -> None:
    client = bare_site.login("customer")
    assert any(name.startswith("wordpress_logged_in_") for name in client.cookies)
    assert client.get("/wp-admin/profile.php").status == 200
    assert bare_site.guest().request("GET", "/wp-admin/profile.php", follow=False).status == 302
    with pytest.raises(AssertionError, match="refused the login"):
        bare_site.login("customer", "wrong")


def test_a_nonce_is_accepted_and_refused_as_wordpress_does(bare_site: Site) -> None:
    client = bare_site.login("customer")

    def me(nonce: str | None) -> tuple[int, object]:
        answer = client.call("GET", "/users/me", namespace="wp/v2", nonce=nonce)
        return answer.status, answer.json.get("id") or answer.json["code"]

    assert me(client.nonce) == (200, 2)
    assert me(None) == (401, "rest_not_logged_in")
    assert me("0123456789") == (403, "rest_cookie_invalid_nonce")
    assert me(bare_site.login("second").nonce) == (403, "rest_cookie_invalid_nonce")
    guest = bare_site.guest()
    assert guest.nonce == ""
    assert guest.call("GET", "/types", namespace="wp/v2", nonce=bare_site.guest_nonce()).status == 200
    assert guest.call("GET", "/types", namespace="wp/v2", nonce="0123456789").status == 403


@pytest.mark.parametrize("loader", ["own", "composer"])
def test_the_host_plugin_serves_its_memory_and_leaves_a_trace(site: Site, loader: str) -> None:
    site.php(f"update_option( 'homaye_tabesh_loader', '{loader}' );")
    site.use("homaye-tabesh")
    guest = site.guest()
    for method, route, body in ROUTES:
        answer = guest.call(method, route, body)
        assert (answer.status, answer.json["success"]) == (200, True), route
        if route == "/memory/summary":
            assert answer.json["memory_summary"].endswith("- tirage: 500")
    trace = site.host_served_log.read_text().splitlines()
    assert {f"HomayeTabesh\\{name}" for name in ("HT_Vault_REST_API::sync", "HT_Vault_Manager::store")} <= set(trace)
    assert "/loaders/" + loader in site.php("echo implode( ' ', get_included_files() );")


def test_the_host_plugins_assistant_uses_the_memory(site: Site) -> None:
    site.use("homaye-tabesh")
    guest = site.guest()
    guest.call("POST", "/vault/sync", {"field": "tirage", "value": 500})
    by_rest = guest.call("GET", "/assistant/prompt").json["prompt"]
    assert by_rest.endswith("- tirage: 500")
    assert guest.ajax("homaye_prompt").json["data"]["prompt"] == by_rest
    assert guest.ajax("homaye_chat", message="hello").json["data"]["answer"] == "You said: hello"
    assert [row["message_content"] for row in site.query("SELECT * FROM {prefix}homaye_chat_memory ORDER BY id")] == [
        "hello",
        "You said: hello",
    ]
    assert guest.call("GET", "/products").json["products"] == ["book-printing", "cover-design"]


def test_the_host_plugin_cleans_up_by_cron(site: Site) -> None:
    site.use("homaye-tabesh")
    assert site.php("echo wp_get_schedule( 'homa_cleanup_expired_sessions' );") == "daily"
    site.query(
        "INSERT INTO {prefix}homa_sessions (session_token, expires_at) VALUES ('guest_old', NOW() - INTERVAL 1 HOUR)"
    )
    site.php("do_action( 'homa_cleanup_expired_sessions' );")
    assert site.query("SELECT * FROM {prefix}homa_sessions") == []


def test_the_host_plugins_tables_are_those_that_the_service_expects(mariadb: MariaDB, tmp_path: Path) -> None:
    site = Site(mariadb, prefix="shop_7_")
    try:
        site.install_plugin("homaye-tabesh")
        site.activate("homaye-tabesh")
        assert [name for name in site.tables() if "homa" in name] == [
            "shop_7_homa_sessions",
            "shop_7_homa_user_interests",
            "shop_7_homa_vault",
            "shop_7_homaye_chat_memory",
            "shop_7_homaye_persona_scores",
        ]
        environ = {"HOMA_WP_CONFIG": str(site.wp_config)}
        create_tables(environ, tmp_path)
        checked = subprocess.run(
            [sys.executable, "-m", "homa_bridge", "check"],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "shop_7_" in checked.stdout
        assert "differs" not in checked.stdout
    finally:
        site.remove()


def test_the_service_takes_its_settings_from_the_site(site: Site, service: Service) -> None:
    status = json.loads(site.guest().request("GET", f"{service.address}/status").text)
    assert {table["name"] for table in status["database"]["tables"]} <= set(site.tables())


def test_the_admin_of_a_persian_reader_runs_from_right_to_left(bare_site: Site) -> None:
    bare_site.php("update_user_meta( 1, 'locale', 'fa_IR' );")
    page = bare_site.login("admin").get("/wp-admin/").text
    bare_site.php("delete_user_meta( 1, 'locale' );")
    assert 'dir="rtl"' in page
    assert 'lang="fa-IR"' in page
    assert "پیشخوان" in page
    assert 'dir="rtl"' not in bare_site.login("admin").get("/wp-admin/").text


def test_the_page_cache_answers_guests_and_nobody_else(bare_site: Site) -> None:
    customer, guest = bare_site.login("customer"), bare_site.guest()
    with bare_site.page_cache():
        seen = [guest.get("/").headers["X-Page-Cache"] for _ in range(2)]
        assert seen == ["MISS", "HIT"]
        assert bare_site.guest().get("/").headers["X-Page-Cache"] == "HIT"
        assert customer.get("/").headers["X-Page-Cache"] == "BYPASS"
        assert guest.get("/wp-json/").headers["X-Page-Cache"] == "BYPASS"
        assert guest.get("/?rest_route=/").headers["X-Page-Cache"] == "BYPASS"
        bare_site.clear_page_cache()
        assert guest.get("/").headers["X-Page-Cache"] == "MISS"
    assert guest.get("/").headers["X-Page-Cache"] == "BYPASS"


def test_complaints_are_seen(site: Site, tmp_path: Path) -> None:
    plugin = tmp_path / "clumsy"
    plugin.mkdir()
    (plugin / "clumsy.php").write_text(
        "<?php // Plugin Name: Clumsy\n"
        "add_action( 'wp_head', function () { echo $missing; trailingslashit( null ); } );\n"
    )
    site.install_plugin(plugin)
    site.use("clumsy")
    site.guest().get("/")
    site.use()
    assert "Undefined variable $missing" in site.debug_log()
    assert "rtrim(): Passing null" in site.debug_log(), "also what it makes WordPress do"
    site.clear_debug_log()
    with pytest.raises(AssertionError, match="Undefined variable"):
        site.php("echo $missing;")
    with pytest.raises(AssertionError, match="nowhere"):
        site.php("nowhere();")
    assert site.php("echo 1 + 1;") == "2"


def test_a_linked_plugin_finds_itself(site: Site, tmp_path: Path) -> None:
    plugin = tmp_path / "elsewhere"
    plugin.mkdir()
    (plugin / "linked.php").write_text(
        "<?php // Plugin Name: Linked\n"
        "add_action( 'wp_head', function () {\n"
        "  echo '<!--', plugins_url( 'a.js', __FILE__ ), ' ', plugin_basename( __FILE__ ), '-->'; } );\n"
    )
    site.install_plugin(plugin, "linked", link=True)
    site.use("linked")
    page = site.guest().get("/").text
    site.use()
    assert f"<!--{site.address}/wp-content/plugins/linked/a.js linked/linked.php-->" in page


def test_plain_permalinks_reach_the_routes(mariadb: MariaDB) -> None:
    site = Site(mariadb, pretty=False, timezone="UTC")
    try:
        site.install_plugin("homaye-tabesh")
        site.use("homaye-tabesh")
        guest = site.guest()
        token = guest.call("POST", "/vault/sync", {"field": "a", "value": 1}).json["session_token"]
        restored = site.guest().call("GET", f"/vault/restore?session_token={token}").json
        assert restored["vault_data"] == {"a": {"value": 1, "insight": None}}
        assert site.guest().get("/wp-json/").headers["Content-Type"].startswith("text/html")
        assert site.debug_log() == ""
    finally:
        site.remove()


def test_pages_come_out_of_the_opcode_cache(site: Site, tmp_path: Path) -> None:
    plugin = tmp_path / "opcache"
    plugin.mkdir()
    (plugin / "opcache.php").write_text(
        "<?php // Plugin Name: Opcache\n"
        "add_action( 'wp_ajax_nopriv_opcache', fn() => wp_send_json( opcache_get_status() ) );\n"
    )
    site.install_plugin(plugin)
    site.use("opcache")
    guest = site.guest()
    guest.get("/")
    status = guest.ajax("opcache").json
    site.use()
    assert status["opcache_enabled"]
    assert status["opcache_statistics"]["num_cached_scripts"] > 100


def test_https_is_seen_as_behind_a_proxy(site: Site) -> None:
    site.use("homaye-tabesh")
    answer = site.guest().request("GET", "/wp-login.php", headers={"X-Forwarded-Proto": "https"})
    assert "; secure" in answer.headers["Set-Cookie"].lower()
