"""The screen for an owner who reads Persian, on a site whose wp-config.php sets address and secret."""

import re
from collections.abc import Iterator

import pytest

from ..servers import free_port
from ..translations import PERSIAN, read
from .owner import SCREEN, Owner, text
from .site import Site
from .stub import Stub, stubbing, table


@pytest.fixture
def stub(site: Site) -> Iterator[Stub]:
    """Return the service behind the site, at the address that wp-config.php has."""
    with stubbing(site.address) as stub:
        site.configure(HOMA_BRIDGE_ADDRESS=stub.address)
        site.php("update_user_option( 1, 'locale', 'fa_IR', true );")
        site.use("homa-bridge")
        yield stub
        site.php("delete_user_option( 1, 'locale', true );")


def english(said: str) -> list[str]:
    """Return the English texts of the plugin that are in a page."""
    texts = (entry.msgid for entry in read(PERSIAN) if len(entry.msgid) > 12 and "%" not in entry.msgid)
    return [found for found in texts if found.replace("`", "") in said.replace(" .", ".")]


def test_it_is_persian_and_from_right_to_left(site: Site, stub: Stub) -> None:
    owner = Owner(site)
    stub.body["database"]["tables"].append(table("wp_homa_bridge_locks", "Column name is missing."))
    stub.body["site_url"] = "https://another.example"
    page = owner.look()
    assert re.search(r'<html[^>]*\sdir="rtl" lang="fa-IR"', page.text)
    said = text(page)
    assert said.startswith("پل هما")
    for word in ("وضعیت کلی", "نشانی سرویس", "کلید محرمانه", "باید درست شود", "بهتر است ببینید", "درست است"):
        assert word in said
    assert english(said) == []
    assert f'<code dir="ltr">{stub.address}</code>' in page.text
    assert '<span class="homa-bridge-detail" lang="en" dir="ltr">Column name is missing.</span>' in page.text


def test_its_answers_are_persian(site: Site, stub: Stub) -> None:
    owner = Owner(site)
    assert "اتصال کار می‌کند: homa-bridge نسخهٔ 7.8.9 پاسخ می‌دهد." in owner.press("test")
    site.configure(HOMA_BRIDGE_ADDRESS=f"http://127.0.0.1:{free_port()}")
    said = owner.press("test")
    assert "در نشانی سرویس چیزی پاسخ نمی‌دهد." in said
    assert english(said) == []
    health = text(owner.client.get("/wp-admin/site-health.php?tab=debug"))
    assert "نوشته‌های نگه‌داشته" in health
    plugins = text(owner.client.get("/wp-admin/plugins.php"))
    assert "پل هما" in plugins
    assert "حافظهٔ بازدیدکنندگان برای دستیار هوشمند فروشگاه" in plugins


def test_what_wp_config_sets_cannot_be_changed_here(site: Site, stub: Stub) -> None:
    owner = Owner(site)
    page = owner.look()
    for name in ("homa_bridge_address", "homa_bridge_secret"):
        assert re.search(rf'<input [^>]*id="{name}"[^>]* disabled>', page.text), name
    assert "HOMA_BRIDGE_ADDRESS در wp-config.php آن را تعیین می‌کند" in text(page)
    assert 'value="homa_bridge_new_secret"' not in page.text
    secret = site.php("echo HOMA_BRIDGE_SECRET;")
    assert len(secret) == 64
    assert secret not in page.text

    owner.save(address="http://elsewhere:1", secret="x" * 40)
    for name in ("homa_bridge_address", "homa_bridge_secret"):
        assert not site.option(name)
    assert secret not in owner.client.get(SCREEN).text
