"""The page in a headless Chromium, which is told by the DevTools protocol what a
person would do: chromium.py PORT PAGE_URL BROKER_URL. PORT is of the DevTools."""

import json
import sys
import time
import urllib.request

import raw
from websocket import Peer, TEXT, frame, request

PATIENCE = 30


class Page:
    def __init__(self, port, url):
        asked = urllib.request.Request("http://127.0.0.1:%d/json/new?about:blank" % port,
                                       method="PUT")
        target = json.load(urllib.request.urlopen(asked, timeout=PATIENCE))
        path = target["webSocketDebuggerUrl"].split("/", 3)[3]
        self.peer = Peer(port, shake=False)
        self.peer.socket.settimeout(PATIENCE)
        self.peer.send(request("/" + path, Sec_WebSocket_Protocol=None))
        assert " 101 " in self.peer.head()
        self.last = 0
        self.said = []  # what the console has, and what was not allowed
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.call("Page.navigate", url=url)

    def message(self):
        """The next one, whatever frames it is in."""
        whole = b""
        while True:
            first = self.peer.take(1)
            self.peer.got = first + self.peer.got
            if first[0] & 0x80:
                opcode, payload = self.peer.frame()
                assert opcode in (0, TEXT), opcode
                return json.loads(whole + payload)
            self.peer.got = bytes([first[0] | 0x80]) + self.peer.got[1:]
            whole += self.peer.frame()[1]

    def call(self, method, **parameters):
        self.last += 1
        self.peer.send(frame(TEXT, json.dumps(
            {"id": self.last, "method": method, "params": parameters}).encode()))
        while True:
            message = self.message()
            if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.said.append(json.dumps(message["params"]))
            if message.get("id") == self.last:
                assert "error" not in message, message
                return message["result"]

    def run(self, script):
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                           returnByValue=True)
        assert "exceptionDetails" not in result, (script, result)
        return result["result"].get("value")

    def until(self, script):
        deadline = time.monotonic() + PATIENCE
        while not self.run("!!(%s)" % script):
            assert time.monotonic() < deadline, "waited in vain for %s; %s; %s" % (
                script, self.run("document.getElementById('state').textContent + document.body.innerText.slice(-300)"), self.said)
            time.sleep(0.05)

    def submit(self, form, **values):
        for name, value in values.items():
            self.run("document.forms.%s.elements.%s.%s = %s" % (
                form, name, "checked" if isinstance(value, bool) else "value",
                json.dumps(value)))
        self.run("document.forms.%s.requestSubmit(); null" % form)

    def packets(self):
        return self.run("""[...document.querySelectorAll("#packets li")].map((li) =>
            (li.classList.contains("sent") ? "> " : "< ") + li.dataset.type)""")


def try_version(page, version, url):
    page.until("document.readyState == 'complete' && document.forms.connect")
    page.until("document.forms.connect.elements.url.value.startsWith('ws')")
    client_id = "chromium-%s" % version
    values = {"url": url} if url else {}
    page.submit("connect", version=version, clientId=client_id, **values)
    page.until("document.getElementById('state').textContent == 'connected'")
    page.submit("subscribe", filter="page/#", qos="2")
    page.until("document.querySelector('[data-type=SUBACK]')")
    for qos in "012":
        page.submit("publish", topic="page/%s/%s" % (version, qos),
                    payload="gr\u00fc\u00df dich " + qos, qos=qos)
        page.until("""[...document.querySelectorAll('#messages li')].some((li) =>
            li.textContent.includes('page/%s/%s  gr\u00fc\u00df dich %s'))""" % (version, qos, qos))
    page.until("document.querySelectorAll('[data-type=PUBCOMP]').length == 2")
    packets = page.packets()
    assert packets[:4] == ["> CONNECT", "< CONNACK", "> SUBSCRIBE", "< SUBACK"], packets
    for each in ("> PUBLISH", "< PUBLISH", "< PUBACK", "> PUBACK", "< PUBREC", "> PUBREC",
                 "> PUBREL", "< PUBREL", "< PUBCOMP", "> PUBCOMP"):
        assert each in packets, (each, packets)
    # The bytes of CONNECT as they must be, and the fields that a click shows.
    connect = raw.connect_packet(client_id, version=int(version))
    shown = page.run("document.querySelector('[data-type=CONNECT]').dataset.hex")
    assert shown == connect.hex(" "), (shown, connect.hex(" "))
    page.run("document.querySelector('[data-type=CONNECT] details').open = true; null")
    page.until("document.querySelector('[data-type=CONNECT] table')")
    fields = page.run("document.querySelector('[data-type=CONNECT] table').innerText")
    assert "Client Identifier" in fields and client_id in fields, fields
    page.run("document.getElementById('disconnect').click(); null")
    page.until("document.getElementById('state').textContent.startsWith('closed')")
    assert page.packets()[-1] == "> DISCONNECT", page.packets()
    assert not page.said, page.said


def main():
    port, page_url = int(sys.argv[1]), sys.argv[2]
    broker_url = sys.argv[3] if len(sys.argv) > 3 else None
    for version in ("5", "4"):
        try_version(Page(port, page_url), version, broker_url)


if __name__ == "__main__":
    main()
