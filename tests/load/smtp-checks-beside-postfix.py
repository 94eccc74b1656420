#!/usr/bin/env python3
"""What real Postfix's SMTP client makes of messages on their way out by smtp_header_checks and its kin: tests/vectors/smtp-checks.txt.

    CHECKS_CASES=cases.json dotnet test tests/unit -c Release --filter ChecksTests
    smtp-checks-beside-postfix.py cases.json smtp-checks.txt

The first line makes messages and settings (those of tests/vectors/checks.txt). The second, as root where Postfix 3.7 is installed, gives every second of them
to a Postfix of its own below /tmp, which delivers it to a server of this program, on ports of loopback, every other one without 8BITMIME; and writes
records of the queue file, the log, and what went over the wire. Nothing leaves the machine.
"""
import glob, json, os, re, socketserver, sys, threading, time

from real_postfix import Client, escaped, free_port, instance, records

MAIN = """compatibility_level = 3.6
myhostname = mta.golden.test
mydomain = golden.test
myorigin = golden.test
mydestination =
queue_directory = {queue}
data_directory = {data}
enable_long_queue_ids = yes
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
local_recipient_maps =
proxy_read_maps =
in_flow_delay = 0
maillog_file = {log}
maillog_file_prefixes = /tmp
relayhost = [127.0.0.1]:{sink}
smtp_connection_cache_on_demand = no
smtp_destination_concurrency_limit = 1
disable_dns_lookups = yes
"""
MASTER = """127.0.0.1:{port} inet n - n - 1 smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
"""
MORE = """qmgr unix n - n 300 1 qmgr
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - 1 smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
"""


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    got, count = {}, 0


class Handler(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.server.count += 1
        eight, number = self.server.count % 2 == 0, None
        self.say("220 sink.test ESMTP")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"EHLO":
                self.say("250-sink.test")
                self.say("250 8BITMIME" if eight else "250 DSN")
            elif word == b"RCPT":
                found = re.search(rb"<r(\d+)@", line)
                number = int(found.group(1)) if found else 0
                self.say("250 ok")
            elif word == b"DATA":
                self.say("354 go")
                lines = []
                for content in self.rfile:
                    if content == b".\r\n":
                        break
                    lines.append(content)
                self.server.got[number] = (eight, b"".join(lines).decode("latin1"))
                self.say("250 ok")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


def without_received(lines):
    skip = False
    for line in lines:
        skip = line.startswith("Received: from client.test") or skip and line[:1] in (" ", "\t")
        if not skip:
            yield line


def play(name, scene, cases, out):
    sink = Sink(("127.0.0.1", 0), Handler)
    sink.got = {}
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    port, found = free_port(), {}
    settings = "".join(f"{k} = {v}\n" for k, v in scene["values"].items() if k != "disable_mime_input_processing").replace("{", "{{").replace("}", "}}")
    tables = [(f"smtp_{table}", text) for table, text in scene["tables"].items()]
    with instance(f"smtpchecks {name}", MAIN + settings, MASTER, tables, port=port, sink=sink.server_address[1]) as postfix:
        client = Client(port)
        for case in cases:
            lines = list(case["lines"])
            if case["number"] % 10 == 0:
                lines.insert(4, "Content-Transfer-Encoding: 8bit")
            for line in ["MAIL FROM:<ann@x.test>", f"RCPT TO:<r{case['number']}@x.test>", "DATA"]:
                client.ask(line)
            answer = client.content(lines)
            assert answer.startswith("250"), answer
            [path] = glob.glob(f"{postfix.queue}/incoming/*")
            content, kept = False, []
            for kind, payload in records(path):
                content = kind == "M" or content and kind != "X"
                if content and kind in "NL":
                    kept.append(kind + " " + payload)
            found[case["number"]] = kept
            os.rename(path, f"{postfix.top}/{os.path.basename(path)}")
        client.ask("QUIT")
        with open(f"{postfix.conf}/master.cf", "a") as f:
            f.write(MORE)
        for path in glob.glob(f"{postfix.top}/?????????????*"):
            if os.path.isfile(path):
                os.rename(path, f"{postfix.queue}/incoming/{os.path.basename(path)}")
        postfix.call("reload")
        for _ in range(300):
            log = open(postfix.log, encoding="latin1").read()
            if all(re.search(rf"to=<r{n}@.*status=", log) for n in found):
                break
            time.sleep(0.3)
    sink.shutdown()
    logs, pending = {}, []
    for line in log.splitlines():
        program, _, text = re.sub(r"^.{15} \S+ ", "", line).partition(": ")
        if "/smtp[" not in program:
            continue
        text = re.sub(r"^((warning: )?)[0-9A-Za-z]{12,20}: ", r"\1", text)
        done = re.match(r"to=<r(\d+)@.*status=(\w+)", text)
        if done:
            logs[int(done.group(1))] = (pending, done.group(2))
            pending = []
        elif "header Received: from client" not in text:
            pending.append("G " + escaped(text))
    for number, kept in found.items():
        said, status = logs[number]
        if status != "sent":
            continue
        eight, wire = sink.got[number]
        if number % 10 == 0 and not eight:
            continue  # converted to 7 bit, which ours does in another way
        out.append(f"case {number} {name}")
        out.append("E 8bit" if eight else "E 7bit")
        received = False
        for line in kept:
            received = line.startswith("N Received: from client.test") or received and line[2:3] in (" ", "\t")
            if not received:
                out.append(f"I {line[0]} {escaped(line[2:])}")
        out += said
        out += [f"O {escaped(line)}" for line in without_received(wire.split("\r\n")[:-1])]


def main():
    given, out = json.load(open(sys.argv[1])), []
    for name, scene in given["scenes"].items():
        if name != "no mime":
            play(name, scene, [c for c in given["cases"] if c["scene"] == name and c["number"] % 2 == 0], out)
    with open(sys.argv[2], "w", encoding="latin1") as f:
        f.write("".join(line + "\n" for line in out))


main()
