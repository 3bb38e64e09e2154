"""Which home addresses are one site's."""

import pytest

from homa_bridge.identity.home import is_same_site


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://shop.test", "https://shop.test"),
        ("https://shop.test", "http://shop.test/"),
        ("https://shop.test", "HTTPS://Shop.TEST"),
        ("https://shop.test:443/", "http://shop.test:80"),
        ("https://shop.test/fa/", "http://shop.test/fa"),
        ("http://127.0.0.1:8080", "https://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("shop.test", "https://shop.test"),
        ("shop.test:8080/fa", "http://shop.test:8080/fa"),
        ("https://فروشگاه.ایران", "https://xn--mgbtj4c7ad63e.xn--mgba3a4f16a"),
    ],
)
def test_one_site(one: str, other: str) -> None:
    assert is_same_site(one, other)
    assert is_same_site(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://shop.test", "https://staging.shop.test"),
        ("https://shop.test", "https://www.shop.test"),
        ("https://shop.test", "https://shop.test.evil.example"),
        ("https://shop.test", "https://evil.example/https://shop.test"),
        ("https://shop.test", "https://shop.test@evil.example"),
        ("https://shop.test", "https://shop.test:8443"),
        ("https://shop.test", "http://shop.test:443"),
        ("https://shop.test", "https://shop.test/staging"),
        ("https://shop.test/fa", "https://shop.test/FA"),
        ("https://shop.test", ""),
        ("https://shop.test", "http://[::1"),
        ("https://shop.test", "https://shop.test:port"),
        ("http://[::1", "http://[::2"),
    ],
)
def test_different_sites(one: str, other: str) -> None:
    assert not is_same_site(one, other)
    assert not is_same_site(other, one)
