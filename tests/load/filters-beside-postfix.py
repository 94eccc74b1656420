#!/usr/bin/env python3
"""What real Postfix does with mail that goes through content filters, or is strict about MIME: tests/vectors/filters.txt.

    filters-beside-postfix.py filters.txt

As root, where Postfix 3.7 is installed: sends the messages below to a Postfix of its own below /tmp, on a port of loopback and without queue
manager, and writes settings, replies, log lines and records of the queue files. Nothing leaves the machine.
"""
import glob, os, re, sys, time

from real_postfix import Client, escaped, free_port, instance, records

MAIN = """compatibility_level = 3.6
myhostname = mx.golden.test
mydomain = golden.test
myorigin = golden.test
queue_directory = {queue}
data_directory = {data}
enable_long_queue_ids = yes
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
alias_maps =
local_recipient_maps =
proxy_read_maps =
in_flow_delay = 0
maillog_file = {log}
maillog_file_prefixes = /tmp
smtputf8_enable = no
"""
MASTER = """127.0.0.1:{port} inet n - n - 1 smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
"""
SCAN, HEADER = "content_filter = smtp:[127.0.0.1]:10025", "header_checks = regexp:{ {/^Subject: f/ FILTER smtp:[127.0.0.1]:10026} }"
ACCESS = "smtpd_sender_restrictions = check_sender_access inline:{ {a@b.test=FILTER smtp:[127.0.0.1]:10027} }"
MAPS = ["virtual_alias_maps = inline:{ {c@d.test=x@y.test} }", "canonical_maps = inline:{ {a@b.test=canon@b.test} }", "always_bcc = copy@z.test",
        "sender_bcc_maps = inline:{ {a@b.test=scopy@z.test} }", "recipient_bcc_maps = inline:{ {c@d.test=rcopy@z.test} }", "masquerade_domains = b.test"]
PLAIN = ["Subject: s", "From: a@b.test", "", "text"]
FILTERED = ["Subject: filter", "From: a@b.test", "", "text"]
UNKNOWN = ["mydestination = golden.test", "local_recipient_maps = inline:{ {known=x} }"]
ENTITY = ["MIME-Version: 1.0", "From: a@b.test", "Subject: s"]
BODIES = {
    "plain 8 bit": ["", "caf\xe9"],
    "declared": ["Content-Transfer-Encoding: 8bit", "", "caf\xe9"],
    "declared binary": ["Content-Transfer-Encoding: BINARY", "", "caf\xe9"],
    "declared quoted": ["Content-Transfer-Encoding: quoted-printable", "", "caf\xe9"],
    "declared odd": ["Content-Transfer-Encoding: x-odd", "", "caf\xe9"],
    "declared with words": ["Content-Transfer-Encoding: 8bit (comment); x", "", "caf\xe9"],
    "comment first": ["Content-Transfer-Encoding: (c) 8bit", "", "caf\xe9"],
    "header": ["X-Name: caf\xe9", "", "x"],
    "header and text": ["X-Name: caf\xe9", "", "caf\xe9"],
    "continued header": ["X-Name: a", " caf\xe9", "", "x"],
    "end of a long line": ["", "x" * 3000 + "\xe9"],
    "multipart encoded": ["Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: base64", "", "--b", "", "x", "--b--"],
    "multipart 8bit": ["Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: 8bit", "", "pr\xe9", "--b", "", "x", "--b", "Content-Transfer-Encoding: 8bit", "", "caf\xe9", "--b--", "\xe9"],
    "part": ["Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain", "", "caf\xe9", "--b--"],
    "part declared": ["Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: 8bit", "", "--b", "Content-Transfer-Encoding: 8bit", "", "caf\xe9", "--b--"],
    "part header": ["Content-Type: multipart/mixed; boundary=b", "", "--b", "X-Name: caf\xe9", "", "x", "--b--"],
    "boundary": ["Content-Type: multipart/mixed; boundary=b", "", "--b\xe9", "", "x", "--b--"],
    "message encoded": ["Content-Type: message/rfc822", "Content-Transfer-Encoding: quoted-printable", "", "Subject: x", "", "x"],
    "message 8bit": ["Content-Type: message/rfc822", "Content-Transfer-Encoding: 8bit", "", "Subject: caf\xe9", "", "caf\xe9"],
    "message of 8bit": ["Content-Type: message/rfc822", "Content-Transfer-Encoding: 8bit", "", "Subject: x", "Content-Transfer-Encoding: 8bit", "", "caf\xe9"],
    "partial": ["Content-Type: message/partial", "Content-Transfer-Encoding: 8bit", "", "Subject: x", "", "x"],
    "external": ["Content-Type: message/external-body", "Content-Transfer-Encoding: 7bit", "", "Subject: x", "", "x"],
    "other message": ["Content-Type: message/x-other", "Content-Transfer-Encoding: base64", "", "Subject: x", "", "x"],
    "global": ["Content-Type: message/global", "Content-Transfer-Encoding: base64", "", "Subject: x", "", "x"],
    "encoding in part": ["Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: multipart/digest; boundary=c", "Content-Transfer-Encoding: base64", "", "--c", "", "Subject: x", "", "x", "--c--", "--b--"],
    "no empty line": ["text caf\xe9"],
    "bad header": ["Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: 8bit", "", "--b", "Content-Transfer-Encoding: 8bit", "no header", "caf\xe9", "--b--"],
    "long header": ["X-Long: " + "x" * 200, "Subject: x", "", "x"],
}
CASES = [
    ("content_filter", [SCAN], ["c@d.test"], PLAIN),
    ("content_filter without next hop", ["content_filter = smtp"], ["c@d.test"], PLAIN),
    ("a header says another one", [SCAN, HEADER], ["c@d.test"], FILTERED),
    ("a sender has another one", [SCAN, ACCESS], ["c@d.test"], PLAIN),
    ("a header and a sender have others", [SCAN, HEADER, ACCESS], ["c@d.test", "e@f.test"], FILTERED),
    ("8 bit", [SCAN, HEADER, ACCESS], ["c@d.test"], ["Content-Transfer-Encoding: 8bit"] + FILTERED),
    ("filter and redirect", [ACCESS, "smtpd_recipient_restrictions = check_recipient_access inline:{ {c@d.test=REDIRECT r@x.test} {e@f.test=HOLD} }"], ["c@d.test", "e@f.test"], PLAIN),
    ("filter and redirect of a header", [ACCESS, "header_checks = regexp:{ {/^Subject: f/ REDIRECT r@x.test} }"], ["c@d.test"], FILTERED),
    ("filter of a later recipient", ["smtpd_recipient_restrictions = check_recipient_access inline:{ {c@d.test=FILTER smtp:one} {e@f.test=filter smtp:two} }"], ["c@d.test", "e@f.test"], PLAIN),
    ("mappings", MAPS, ["c@d.test"], ["To: c@d.test"] + PLAIN),
    ("no mappings", MAPS + ["receive_override_options = no_address_mappings"], ["c@d.test"], ["To: c@d.test"] + PLAIN),
    ("no mappings, and a copy by a header", ["receive_override_options = no_address_mappings", "header_checks = regexp:{ {/^Subject: f/ BCC x@y.test} }"] + MAPS, ["c@d.test"], FILTERED),
    ("no checks", [HEADER, "receive_override_options = no_header_body_checks", "message_strip_characters = e", "body_checks = regexp:{ {/t/ REJECT} }", "strict_8bitmime = yes"], ["c@d.test"], FILTERED + ["caf\xe9"]),
    ("no checks and no mappings", [HEADER, "receive_override_options = no_header_body_checks, no_address_mappings"] + MAPS, ["c@d.test"], FILTERED),
    ("unknown", UNKNOWN, ["nobody@golden.test", "known@golden.test"], PLAIN),
    ("unknown is not asked", UNKNOWN + ["receive_override_options = no_unknown_recipient_checks"], ["nobody@golden.test", "known@golden.test"], PLAIN),
    ("unknown is not asked, also by name", UNKNOWN + ["receive_override_options = no_unknown_recipient_checks", "smtpd_recipient_restrictions = reject_unlisted_sender, reject_unlisted_recipient", "relocated_maps = inline:{ {gone@x.test=elsewhere} }"],
     ["nobody@golden.test", "gone@x.test"], PLAIN),
    ("bad characters are not looked for", ["receive_override_options = no_header_body_checks", "message_reject_characters = \\200"], ["c@d.test"], PLAIN),
]
for setting in ("strict_8bitmime", "strict_8bitmime_body", "strict_7bit_headers", "strict_mime_encoding_domain"):
    for name, lines in BODIES.items():
        CASES.append((f"{setting}: {name}", [f"{setting} = yes"], ["c@d.test"], ENTITY + lines))
for name in ("part", "declared", "header and text"):
    CASES.append((f"all strict: {name}", [f"{s} = yes" for s in ("strict_8bitmime", "strict_7bit_headers", "strict_mime_encoding_domain")], ["c@d.test"], ENTITY + BODIES[name]))
    CASES.append((f"no MIME: {name}", ["strict_8bitmime = yes", "disable_mime_input_processing = yes"], ["c@d.test"], ENTITY + BODIES[name]))
CASES += [
    ("strict and a check refuse", ["strict_8bitmime = yes", "body_checks = regexp:{ {/t/ REJECT no} }"], ["c@d.test"], PLAIN + ["caf\xe9", "t"]),
    ("strict and a hold", ["strict_8bitmime = yes", "body_checks = regexp:{ {/caf/ HOLD} }"], ["c@d.test"], PLAIN + ["caf\xe9", "t"]),
    ("strict and pass", ["strict_8bitmime = yes", "header_checks = regexp:{ {/^Subject/ PASS} }"], ["c@d.test"], PLAIN + ["caf\xe9", "t"]),
    ("strict and what a check takes away", ["strict_8bitmime = yes", "body_checks = regexp:{ {/caf/ IGNORE} }"], ["c@d.test"], PLAIN + ["caf\xe9", "t"]),
    ("strict, nested too deep", ["strict_8bitmime = yes", "mime_nesting_limit = 1"], ["c@d.test"], ENTITY + ["Content-Type: multipart/x; boundary=a; boundary=b; boundary=c", "", "caf\xe9"]),
    ("an encoding that is not looked for", ["detect_8bit_encoding_header = no", SCAN], ["c@d.test"], ENTITY + ["Content-Transfer-Encoding: 8bit", "", "x"]),
]


def summary(path):
    received = False
    for kind, payload in records(path):
        received = kind == "N" and (payload.startswith("Received: ") or received and payload[:1] == "\t")
        if kind == "C" or received or kind == "A" and payload.startswith("server_"):
            continue
        if kind == "T" or kind == "A" and re.match("create_time|log_ident|log_client_port|client_port", payload):
            payload = payload.split("=")[0] if kind == "A" else ""
        if kind == "N" and payload.startswith(("Message-Id:", "Date:")):
            payload = payload.split(":")[0]
        yield f"Q {kind} {escaped(payload)}"


def play(number, settings, cases, out):
    port = free_port()
    more = "".join(setting + "\n" for setting in settings).replace("{", "{{").replace("}", "}}")
    with instance(f"filters {number}", MAIN + more, MASTER, port=port) as postfix:
        for name, recipients, lines in cases:
            out.append(f"case {name}")
            out += [f"set {escaped(s)}" for s in settings] + [f"rcpt {r}" for r in recipients] + [f"line {escaped(line)}" for line in lines]
            send(port, recipients, lines, postfix.log, out)
            for path in glob.glob(f"{postfix.queue}/incoming/*") + glob.glob(f"{postfix.queue}/hold/*"):
                out += summary(path)
                os.unlink(path)


def send(port, recipients, lines, log, out):
    before = os.path.getsize(log)
    client = Client(port)
    client.ask("MAIL FROM:<a@b.test>")
    for recipient in recipients:
        out.append("P " + client.ask(f"RCPT TO:<{recipient}>"))
    answer = client.ask("DATA")
    if answer.startswith("354"):
        out.append("P " + re.sub(r"(250 2.0.0 Ok): queued as .*", r"\1", client.content(lines)))
    client.ask("QUIT")
    time.sleep(0.3)
    with open(log, encoding="latin1") as f:
        f.seek(before)
        for line in f:
            program, _, text = re.sub(r"^.{15} \S+ ", "", line.rstrip("\n")).partition(": ")
            if ("cleanup[" in program and "message-id=" not in text and "/main.cf" not in text and "public/qmgr" not in text) or re.search(r": (filter|redirect|hold|reject): ", text):
                out.append("G " + escaped(re.sub(r"^((warning: )?)(NOQUEUE|[0-9A-Za-z]{12,20}): ", r"\1", text)))


def main():
    out = []
    scenes = {}
    for name, settings, recipients, lines in CASES:
        scenes.setdefault(tuple(settings), []).append((name, recipients, lines))
    for number, (settings, cases) in enumerate(scenes.items()):
        play(number, settings, cases, out)
    with open(sys.argv[1], "w", encoding="latin1") as f:
        f.write("".join(line + "\n" for line in out))


main()
