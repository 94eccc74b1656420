#!/usr/bin/env python3
"""What real Postfix's SMTP client makes of messages on their way out by smtp_header_checks and its kin: tests/vectors/smtp-checks.txt.

    CHECKS_CASES=cases.json dotnet test tests/unit -c Release --filter ChecksTests
    smtp-checks-beside-postfix.py cases.json smtp-checks.txt

The first line makes messages and settings (those of tests/vectors/checks.txt). The second, as root where Postfix 3.7 is installed, gives every second of them
to a Postfix of its own below /tmp, which delivers it to a server of this program, on ports of loopback, every other one without 8BITMIME; and writes
records of the queue file, the log, and what went over the wire. Nothing leaves the machine.
"""
import glob, json, os, re, shutil, socket, socketserver, subprocess, sys, threading, time

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


def escaped(text):
    return "".join(c if " " <= c <= "~" and c != "\\" else "\\x%02x" % ord(c) for c in text)


def records(path):
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        kind, at, length, shift = chr(data[at]), at + 1, 0, 0
        while True:
            length |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 128:
                break
        yield kind, data[at:at + length].decode("latin1")
        at += length


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


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def without_received(lines):
    skip = False
    for line in lines:
        skip = line.startswith("Received: from client.test") or skip and line[:1] in (" ", "\t")
        if not skip:
            yield line


def play(name, scene, cases, out):
    top = f"/tmp/smtpchecks.{os.getpid()}.{name.replace(' ', '-')}"
    conf, queue, data, log = (f"{top}/{part}" for part in ("conf", "queue", "data", "log"))
    for path in conf, queue, data:
        os.makedirs(path)
    shutil.chown(data, "postfix")
    os.chmod(top, 0o755)
    sink = Sink(("127.0.0.1", 0), Handler)
    sink.got = {}
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    port = free_port()
    with open(f"{conf}/main.cf", "w") as f:
        f.write(MAIN.format(queue=queue, data=data, log=log, sink=sink.server_address[1]) + "".join(f"{k} = {v}\n" for k, v in scene["values"].items() if k != "disable_mime_input_processing"))
        for table, text in scene["tables"].items():
            with open(f"{conf}/{table}", "w") as t:
                t.write(text)
            f.write(f"smtp_{table} = regexp:{conf}/{table}\n")
    with open(f"{conf}/master.cf", "w") as f:
        f.write(MASTER.format(port=port))
    subprocess.run(["postfix", "-c", conf, "start"], check=True, stderr=subprocess.DEVNULL)
    found = {}
    try:
        for _ in range(50):
            try:
                stream = socket.create_connection(("127.0.0.1", port), timeout=15).makefile("rwb")
                break
            except OSError:
                time.sleep(0.1)

        def ask(line):
            if line is not None:
                stream.write(line.encode("latin1") + b"\r\n")
                stream.flush()
            while True:
                answer = stream.readline().decode("latin1").rstrip()
                if answer[3:4] != "-":
                    return answer

        ask(None)
        ask("EHLO client.test")
        for case in cases:
            lines = list(case["lines"])
            if case["number"] % 10 == 0:
                lines.insert(4, "Content-Transfer-Encoding: 8bit")
            for line in ["MAIL FROM:<ann@x.test>", f"RCPT TO:<r{case['number']}@x.test>", "DATA"]:
                ask(line)
            answer = ask("\r\n".join(("." if line.startswith(".") else "") + line for line in lines) + "\r\n.")
            assert answer.startswith("250"), answer
            [path] = glob.glob(f"{queue}/incoming/*")
            content, kept = False, []
            for kind, payload in records(path):
                content = kind == "M" or content and kind != "X"
                if content and kind in "NL":
                    kept.append(kind + " " + payload)
            found[case["number"]] = kept
            os.rename(path, f"{top}/{os.path.basename(path)}")
        ask("QUIT")
        with open(f"{conf}/master.cf", "a") as f:
            f.write(MORE)
        for path in glob.glob(f"{top}/?????????????*"):
            if os.path.isfile(path):
                os.rename(path, f"{queue}/incoming/{os.path.basename(path)}")
        subprocess.run(["postfix", "-c", conf, "reload"], check=True, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if all(re.search(rf"to=<r{n}@.*status=", open(log, encoding="latin1").read()) for n in found):
                break
            time.sleep(0.3)
    finally:
        subprocess.run(["postfix", "-c", conf, "stop"], stderr=subprocess.DEVNULL)
        sink.shutdown()
    logs, pending = {}, []
    for line in open(log, encoding="latin1"):
        program, _, text = re.sub(r"^.{15} \S+ ", "", line.rstrip("\n")).partition(": ")
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
    shutil.rmtree(top)


def main():
    given, out = json.load(open(sys.argv[1])), []
    for name, scene in given["scenes"].items():
        if name != "no mime":
            play(name, scene, [c for c in given["cases"] if c["scene"] == name and c["number"] % 2 == 0], out)
    with open(sys.argv[2], "w", encoding="latin1") as f:
        f.write("".join(line + "\n" for line in out))


main()
