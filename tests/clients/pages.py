"""A browser without JavaScript, of the standard library alone: cookies, redirects, and one form at a time."""

import html.parser
import http.cookiejar
import urllib.parse
import urllib.request


class Form(html.parser.HTMLParser):
    """The first form of a page: where it goes, and its fields as they are filled in by the page."""

    def __init__(self, page):
        super().__init__()
        self.address = page.url
        self.text = page.read().decode()
        self.action = None
        self.fields = {}
        self.types = {}
        self.feed(self.text)
        if self.action is None:
            raise SystemExit(f"{self.address} has no form:\n{self.text}")

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            assert attributes["method"] == "post", attributes
            self.action = urllib.parse.urljoin(self.address, attributes["action"])
        elif tag == "input" and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")
            self.types[attributes.get("type", "text")] = attributes["name"]

    def value(self, kind):
        """What the field of this type holds."""
        return self.fields[self.types[kind]]

    def fill(self, kind, value):
        """Types into the field of this type."""
        self.fields[self.types[kind]] = value


class Browser:
    """Follows redirects, except to addresses that begin with `stop_at`: those are `arrived` at and not asked for."""

    def __init__(self, stop_at=None):
        self.arrived = None
        self.visited = []
        browser = self

        class Redirects(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, request, page, code, message, headers, address):
                browser.visited.append(address)
                if stop_at and address.startswith(stop_at):
                    browser.arrived = address
                    return None
                return super().redirect_request(request, page, code, message, headers, address)

        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies, Redirects)

    def open(self, address):
        self.visited.append(address)
        return self._sent(address, None)

    def submit(self, form):
        self.visited.append(form.action)
        return self._sent(form.action, urllib.parse.urlencode(form.fields).encode())

    def _sent(self, address, data):
        try:
            return self.opener.open(address, data)
        except urllib.error.HTTPError as error:
            if self.arrived:
                return None
            raise SystemExit(f"{address}: {error.code}\n{error.read().decode()}") from error


def log_in(browser, page, email, password):
    """From the page that asks for the address, through the one that asks for the password."""
    form = Form(page)
    form.fill("email", email)
    form = Form(browser.submit(form))
    assert form.value("email") == email, form.text
    form.fill("password", password)
    return browser.submit(form)
