"""The early exit's file: put there and taken away at the owner's click, and never left to do something by itself."""

from collections.abc import Iterator

import pytest

from ..servers import ROOT, MariaDB
from .client import Answer
from .early import FILE, ON, must_use_file, was_early
from .owner import Owner
from .site import Site
from .stub import Stub, stubbing

SOURCE = ROOT / "wp-plugin" / "mu-plugin" / FILE
PLUGINS = "require_once ABSPATH . 'wp-admin/includes/plugin.php';"


@pytest.fixture(scope="module")
def installed(mariadb: MariaDB) -> Iterator[Site]:
    """Return a site with the plugin in its folder."""
    site = Site(mariadb, constants={"HOMA_BRIDGE_SECRET": "0123456789" * 4})
    site.install_plugin("roll-call")
    yield site
    site.remove()


@pytest.fixture
def service(installed: Site) -> Iterator[Stub]:
    """Return the service behind the site, with which all is well."""
    with stubbing(installed.address) as stub:
        yield stub


@pytest.fixture
def shop(installed: Site, service: Stub) -> Iterator[Site]:
    """Return a shop that has just activated the plugin."""
    site = installed
    site.use()
    site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    site.query("DELETE FROM {prefix}options WHERE option_name LIKE 'homa\\_bridge%%'")
    site.configure(HOMA_BRIDGE_ADDRESS=service.address)
    site.use("homa-bridge", "roll-call")
    yield site
    assert site.debug_log() == ""


@pytest.fixture
def owner(shop: Site) -> Owner:
    """Return the owner."""
    return Owner(shop)


def ask(site: Site) -> Answer:
    return site.guest().call("GET", "/vault/restore")


def works(site: Site) -> bool:
    """Return whether the early exit answers, once a request has looked."""
    ask(site)
    return was_early(ask(site))


def switch_on(owner: Owner) -> None:
    assert ON in owner.press("early_on")


def test_it_is_off_until_the_owner_wants_it(shop: Site, owner: Owner) -> None:
    assert not (shop.content / "mu-plugins").exists()
    assert not works(shop)
    said = owner.read()
    assert "before other plugins’ firewalls" in said
    for name in ("rest_authentication_errors", "homa_bridge_consent", str(shop.content / "mu-plugins")):
        assert name in said
    assert "early_off" not in owner.look().text


def test_a_click_installs_it_and_a_click_removes_it(shop: Site, owner: Owner) -> None:
    said = owner.press("early_on")
    assert ON in said
    assert "looks whether another plugin has to be asked" in said
    assert must_use_file(shop).read_bytes() == SOURCE.read_bytes()
    assert [path.name for path in must_use_file(shop).parent.iterdir()] == [FILE]
    assert works(shop)
    assert "It answers the memory’s routes before other plugins are loaded" in owner.read()
    assert "homa-bridge-early-exit.php" in owner.client.get("/wp-admin/plugins.php?plugin_status=mustuse").text
    assert "The early exit is removed." in owner.press("early_off")
    assert not must_use_file(shop).exists()
    assert not works(shop)
    switch_on(owner)
    assert works(shop)


def test_deactivating_the_plugin_takes_it_away(shop: Site, owner: Owner) -> None:
    switch_on(owner)
    shop.use("roll-call")
    assert not must_use_file(shop).exists()
    shop.use("homa-bridge", "roll-call")
    assert not must_use_file(shop).exists()
    assert not works(shop)


def test_without_its_plugin_the_file_does_nothing(shop: Site, owner: Owner) -> None:
    switch_on(owner)
    assert works(shop)
    folder = shop.content / "plugins" / "homa-bridge"
    folder.rename(folder.with_name("elsewhere"))  # as by FTP: still on the list of active plugins
    try:
        assert shop.guest().get("/").status == 200
        assert ask(shop).json["code"] == "rest_no_route"
        folder.mkdir()
        (folder / "early.php").write_text("<?php exit( 'left over' );")
        assert ask(shop).json["code"] == "rest_no_route"
        (folder / "early.php").unlink()
        folder.rmdir()
    finally:
        folder.with_name("elsewhere").rename(folder)
    assert works(shop)
    shop.query("UPDATE {prefix}options SET option_value = 'a:0:{}' WHERE option_name = 'active_plugins'")
    assert ask(shop).json["code"] == "rest_no_route"
    shop.use("homa-bridge", "roll-call")


def test_the_plugin_s_folder_may_have_another_name(shop: Site, owner: Owner) -> None:
    shop.use("roll-call")
    folder = shop.content / "plugins" / "homa-bridge"
    folder.rename(folder.with_name("homa-bridge-main"))
    try:
        shop.php(f"{PLUGINS} activate_plugin( 'homa-bridge-main/homa-bridge.php' );")
        switch_on(owner)
        assert works(shop)
        shop.php(f"{PLUGINS} deactivate_plugins( 'homa-bridge-main/homa-bridge.php' );")
        assert not must_use_file(shop).exists()
    finally:
        folder.with_name("homa-bridge-main").rename(folder)


def test_deleting_the_plugin_takes_it_away(shop: Site, owner: Owner) -> None:
    switch_on(owner)
    file = must_use_file(shop)
    shop.use("roll-call")
    file.write_bytes(SOURCE.read_bytes())  # which the deactivation could not delete
    shop.php(f"{PLUGINS} uninstall_plugin( 'homa-bridge/homa-bridge.php' );")
    assert not file.exists()
    assert shop.option("homa_bridge_early_exit") is None


def test_an_update_renews_the_file(shop: Site, owner: Owner) -> None:
    switch_on(owner)
    file = must_use_file(shop)
    file.write_text("<?php // of another version\n")
    assert "of another version of this plugin" in owner.read()
    shop.query("UPDATE {prefix}options SET option_value = '0.0.1' WHERE option_name = 'homa_bridge_version'")
    shop.guest().get("/")
    assert file.read_bytes() == SOURCE.read_bytes()
    assert works(shop)
    file.write_text("<?php // of another version\n")
    switch_on(owner)  # the button does it as well
    assert file.read_bytes() == SOURCE.read_bytes()


def test_an_update_installs_nothing_that_the_owner_has_not(shop: Site) -> None:
    shop.query("UPDATE {prefix}options SET option_value = '0.0.1' WHERE option_name = 'homa_bridge_version'")
    shop.guest().get("/")
    assert shop.option("homa_bridge_version") != "0.0.1"
    assert not must_use_file(shop).exists()


def test_a_file_that_is_missing_is_told(shop: Site, owner: Owner) -> None:
    switch_on(owner)
    must_use_file(shop).unlink()
    assert not works(shop)
    assert "its file is missing" in owner.read()
    assert "its file is missing" in health(shop)
    switch_on(owner)
    assert works(shop)
    assert "its file is missing" not in health(shop)


def test_a_file_that_is_left_over_is_told(shop: Site, owner: Owner) -> None:
    file = must_use_file(shop)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(SOURCE.read_bytes())
    assert not works(shop)
    assert "It is off, but its file is still there" in owner.read()
    assert "The early exit is removed." in owner.press("early_off")
    assert not file.exists()


def test_where_files_must_not_be_changed_it_says_so(shop: Site, owner: Owner) -> None:
    nonce = owner.nonce("early_on")
    shop.configure(DISALLOW_FILE_MODS=True)
    try:
        said = owner.read()
        assert "It cannot be installed from here:" in said
        assert "DISALLOW_FILE_MODS" in said
        assert f"mu-plugin/{FILE}" in said
        assert 'value="homa_bridge_early_on"' not in owner.look().text
        assert "DISALLOW_FILE_MODS" in owner.post("early_on", nonce).text
        assert not must_use_file(shop).exists()

        must_use_file(shop).parent.mkdir(exist_ok=True)
        must_use_file(shop).write_bytes(SOURCE.read_bytes())  # by hand, as the screen says
        switch_on(owner)
        assert works(shop)
    finally:
        shop.constants.pop("DISALLOW_FILE_MODS")
        shop.configure()
    owner.press("early_off")


def test_a_folder_that_cannot_be_written_is_named(shop: Site, owner: Owner) -> None:
    nonce = owner.nonce("early_on")
    obstacle = shop.content / "no-folder"
    obstacle.write_text("")
    shop.configure(WPMU_PLUGIN_DIR=str(obstacle))
    try:
        for said in (owner.look().text, owner.post("early_on", nonce).text):
            assert "PHP may not write to the folder" in said
            assert str(obstacle) in said
    finally:
        shop.constants.pop("WPMU_PLUGIN_DIR")
        shop.configure()
    assert shop.option("homa_bridge_early_exit") == ""


def test_must_use_plugins_may_lie_elsewhere(shop: Site, owner: Owner) -> None:
    folder = shop.folder / "must-use"
    shop.configure(WPMU_PLUGIN_DIR=str(folder))
    try:
        switch_on(owner)
        assert (folder / FILE).exists()
        assert works(shop)
        owner.press("early_off")
        assert not (folder / FILE).exists()
    finally:
        shop.constants.pop("WPMU_PLUGIN_DIR")
        shop.configure()


def test_plain_permalinks_are_told(shop: Site, owner: Owner) -> None:
    switch_on(owner)
    shop.php("update_option( 'permalink_structure', '' );")
    try:
        assert "With plain permalinks it answers nothing" in owner.read()
        assert not was_early(shop.guest().get("/?rest_route=/homaye-tabesh/v1/vault/restore"))
        assert not was_early(ask(shop))
    finally:
        shop.php("update_option( 'permalink_structure', '/%postname%/' );")


def test_what_it_stands_aside_for_is_told(shop: Site, owner: Owner) -> None:
    switch_on(owner)
    shop.php("update_option( 'roll_call_filter', 'nonce_life' );")
    try:
        assert not works(shop)
        for said in (owner.read(), health(shop)):
            assert "It stands aside" in said
            assert "nonce_life" in said
        assert "on, stands aside: nonce_life" in owner.client.get("/wp-admin/site-health.php?tab=debug").text
    finally:
        shop.php("delete_option( 'roll_call_filter' );")


def test_an_administrator_alone_switches_it(shop: Site, owner: Owner) -> None:
    nonce = owner.nonce("early_on")
    form = {"action": "homa_bridge_early_on", "_wpnonce": nonce}
    assert shop.login("customer").request("POST", "/wp-admin/admin-post.php", form=form).status == 403
    assert owner.post("early_on", "").status == 403
    assert not must_use_file(shop).exists()


def test_the_screen_speaks_persian(shop: Site, owner: Owner) -> None:
    shop.php("update_user_option( 1, 'locale', 'fa_IR', true );")
    try:
        assert "پیش از دیوار آتشِ افزونه‌های دیگر اجرا می‌شود" in owner.read()
        assert "پاسخ زودهنگام نصب شد." in owner.press("early_on")
        ask(shop)
        assert "پیش از بارگذاری افزونه‌های دیگر" in owner.read()
        assert "پاسخ زودهنگام برداشته شد." in owner.press("early_off")
    finally:
        shop.php("delete_user_option( 1, 'locale', true );")


def health(site: Site) -> str:
    """Return what Site Health's test says."""
    return site.php("echo HomaBridge\\Admin\\SiteHealth::test()['description'];")
