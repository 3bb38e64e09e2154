"""The site's owner at the plugin's screen."""

import html
import re

from .client import Answer
from .site import Site

SCREEN = "/wp-admin/options-general.php?page=homa-bridge"
ACTIONS = ("test", "tables", "hand_over", "forget", "new_secret", "forget_secret", "early_on", "early_off", "dismiss")


class Owner:
    """The administrator, logged in."""

    def __init__(self, site: Site) -> None:
        self.client = site.login("admin")

    def look(self) -> Answer:
        """Open the screen."""
        answer = self.client.get(SCREEN)
        assert answer.status == 200
        return answer

    def read(self) -> str:
        """Return what the screen says."""
        return text(self.look())

    def press(self, button: str) -> str:
        """Press a button on the screen as it is, and return what the screen says then."""
        return text(self.post(button, self.nonce(button)))

    def nonce(self, button: str) -> str:
        """Return what the screen sends with a button."""
        found = re.search(
            rf'name="action" value="homa_bridge_{button}"><input type="hidden" name="_wpnonce" value="(\w+)"',
            self.look().text,
        )
        assert found, f"the screen has no button {button}"
        return found[1]

    def post(self, button: str, nonce: str) -> Answer:
        """Send what a button sends."""
        form = {"action": f"homa_bridge_{button}", "_wpnonce": nonce}
        return self.client.request("POST", "/wp-admin/admin-post.php", form=form)

    def save(self, **settings: str) -> str:
        """Save settings, by their options' names without the plugin's, and return what the screen says then."""
        fields = re.findall(r"<input type=.hidden. (?:id=\S+ )?name=.(\w+). value=.([^'\"]*)", self._form())
        shown = {"homa_bridge_address": self._value("homa_bridge_address"), "homa_bridge_secret": ""}
        typed = {f"homa_bridge_{name}": value for name, value in settings.items()}
        answer = self.client.request("POST", "/wp-admin/options.php", form={**dict(fields), **shown, **typed})
        assert answer.status == 200
        return text(answer)

    def _form(self) -> str:
        return self.look().text.split('/wp-admin/options.php">', 1)[1].split("</form>", 1)[0]

    def _value(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self._form())
        assert found
        return html.unescape(found[1])


def text(answer: Answer) -> str:
    """Return what a page says, tags and doubled blanks left out."""
    body = answer.text.split('<div id="wpbody-content">', 1)[-1].split('<div id="wpfooter"', 1)[0]
    visible = re.sub(r"<(style|script)\b.*?</\1>", " ", body, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", visible)).split())
