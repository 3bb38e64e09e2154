"""WordPress's login form."""

from playwright.sync_api import Page

from ..wordpress.site import Site


def log_in(tab: Page, site: Site, user: str, then: str) -> None:
    """Fill in the form and send it.

    A moment after the form is there WordPress's script puts the cursor into its first field: what is being typed into
    the second at that time would go there.

    :param then: the path to go on to
    """
    tab.goto(f"{site.address}/wp-login.php?redirect_to={site.address}/{then}")
    tab.wait_for_function("document.activeElement?.id === 'user_login'")
    tab.fill("#user_login", user)
    tab.fill("#user_pass", site.passwords[user])
    tab.click("#wp-submit")
