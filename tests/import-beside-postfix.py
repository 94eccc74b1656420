#!/usr/bin/env python3
"""What becomes of a table of messages in the configurations of tests/vectors/import: in real Postfix, and in what "master import" makes of them.

    import-beside-postfix.py postfix NAME...        prints what Postfix decides (as root; Postfix is installed)
    import-beside-postfix.py ours BIN NAME...       imports, checks and runs each with the programs in BIN, and prints what they decide
    import-beside-postfix.py record [NAME...]      writes NAME/decisions from Postfix
    import-beside-postfix.py queue BIN             mail that waits in Postfix is delivered by the programs in BIN, and the other way round

A configuration has main.cf, master.cf (or that of Debian), tables, and
  messages   lines "cmd SENDER RECIPIENT" (the sendmail command) or "ADDRESS SENDER RECIPIENT [PORT]" (a client with that address at smtpd)
  losses     what import says it cannot take and decides about mail: "FILE NAME"; there: import refuses without --accept-losses
  decisions  what Postfix said: "cmd SENDER RECIPIENT: SENDER -> RECIPIENT by TRANSPORT:NEXTHOP ..." or the code of the reply to RCPT
Everything runs below a directory of its own, on ports of the loopback interface."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors", "import")
OWNER, GROUP = "postfix", "postdrop"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read(name, file, default=""):
    path = os.path.join(VECTORS, name, file)
    return open(path, encoding="utf-8").read() if os.path.exists(path) else default


class Prepared:
    """The configuration, moved to a directory and ports of its own; otherwise as it stands."""

    def __init__(self, name, root):
        self.name, self.root = name, root
        self.etc, self.queue, self.ports = os.path.join(root, "etc"), os.path.join(root, "spool"), {}
        shutil.copytree(os.path.join(VECTORS, name), self.etc)
        if not os.path.exists(os.path.join(self.etc, "master.cf")):
            shutil.copy(os.path.join(VECTORS, "master.cf.debian"), os.path.join(self.etc, "master.cf"))
        for directory, _, files in os.walk(self.etc):
            for file in files:
                path = os.path.join(directory, file)
                text = open(path, encoding="utf-8").read().replace("/etc/postfix", self.etc)
                for moved in ("aliases", "mailname"):
                    if os.path.exists(os.path.join(self.etc, moved)):
                        text = text.replace(f"/etc/{moved}", os.path.join(self.etc, moved))
                if file == "main.cf":
                    text = self.main(text)
                elif file == "master.cf":
                    text = "\n".join(map(self.service, text.split("\n")))
                open(path, "w", encoding="utf-8").write(text)
        for directory in (self.queue, os.path.join(root, "data")):
            os.mkdir(directory)
        shutil.chown(os.path.join(root, "data"), OWNER)
        os.chmod(root, 0o755)

    def main(self, text):
        # Where it is, and what a client may say that it is.
        names = ("queue_directory", "data_directory", "command_directory", "daemon_directory", "shlib_directory", "meta_directory", "maillog_file", "inet_interfaces", "mail_owner", "setgid_group", "sendmail_path", "newaliases_path", "mailq_path", "html_directory", "manpage_directory", "sample_directory", "readme_directory")
        lines, skips = [], False
        for line in text.split("\n"):
            skips = line.split("=")[0].strip() in names if line[:1].strip() and line[0] != "#" else skips
            if not skips:
                lines.append(line)
        return "\n".join(lines).rstrip("\n") + f"""
queue_directory = {self.queue}
data_directory = {self.root}/data
maillog_file = {self.root}/log
maillog_file_prefixes = {self.root}
inet_interfaces = 127.0.0.1
smtpd_authorized_xclient_hosts = 127.0.0.1
"""

    def service(self, line):
        fields = line.split()
        if line[:1] in ("", "#", " ", "\t") or len(fields) < 8:
            return line
        if fields[4] == "y":
            fields[4] = "n"
        if fields[1] == "inet":
            port = fields[0].rpartition(":")[2]
            self.ports[{"smtp": "25"}.get(port, port)] = self.ports.get(port) or free_port()
            fields[0] = f"127.0.0.1:{self.ports[{'smtp': '25'}.get(port, port)]}"
        return " ".join(fields)

    def messages(self):
        return [line.split() for line in read(self.name, "messages").splitlines() if line.strip() and line[0] != "#"]

    def reply(self, address, sender, recipient, port="25"):
        """The code that a client at this address hears for its recipient."""
        with socket.create_connection(("127.0.0.1", self.ports[port]), 20) as client:
            file = client.makefile("rwb")

            def say(line):
                if line:
                    file.write(line.encode() + b"\r\n")
                    file.flush()
                while True:
                    answer = file.readline().decode("utf-8", "replace")
                    if answer[3:4] != "-":
                        return answer.strip()
            if not say(""):
                return "gone"
            say("EHLO client.outside.example")
            if address != "127.0.0.1":
                say(f"XCLIENT NAME=client.outside.example ADDR={address}")
                say("EHLO client.outside.example")
            answer = say(f"MAIL FROM:<{sender}>")
            if answer.startswith("2"):
                answer = say(f"RCPT TO:<{recipient}>")
            return answer[:3]


def run(*words, check=True, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}")
    return done


class Logins:
    """What of Dovecot a server of mail wants to see before it offers logins."""

    def __init__(self, queue):
        os.makedirs(os.path.join(queue, "private"), exist_ok=True)
        path = os.path.join(queue, "private", "auth")
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        os.chmod(path, 0o666)
        self.server.listen(50)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        self.clients = []
        while True:
            client, _ = self.server.accept()
            client.sendall(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n")
            self.clients.append(client)


def wait(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def envelope(text):
    """Of postcat -e: sender, recipients, filter."""
    fields = re.findall(r"^(sender|recipient|content_filter): ?(.*)$", text, re.M)
    return [v for k, v in fields if k == "sender"][0], [v for k, v in fields if k == "recipient"], [v for k, v in fields if k == "content_filter"]


def routes(sender, filters, found):
    shown = [f"{recipient} by {way}" for recipient, way in sorted(found)]
    return f"{sender or '<>'} -> " + ", ".join(shown) + "".join(f" through {f}" for f in filters if f)


def postfix(prepared):
    etc, queue = prepared.etc, prepared.queue
    config = open(os.path.join(etc, "main.cf")).read()
    for kind, path in set(re.findall(r"\b(hash|btree|lmdb|cdb):(/[^\s,{}]+|\$\{?config_directory\}?/[^\s,{}]+)", config)):
        path = re.sub(r"\$\{?config_directory\}?", etc, path)
        if os.path.exists(path):
            run("postalias" if path.endswith("/aliases") else "postmap", "-c", etc, f"{kind if kind != 'lmdb' else 'hash'}:{path}")
    for path in re.findall(r"\$[{(]indexed[})]([a-z_.]+)", config):
        run("postmap", "-c", etc, f"hash:{etc}/{path}")
    # lmdb is a package of its own; the text is the same.
    text = re.sub(r"\blmdb\b", "hash", config)
    open(os.path.join(etc, "main.cf"), "w").write(text)
    # qmgr leaves mail where it is: what cleanup wrote is what is looked at.
    master = os.path.join(etc, "master.cf")
    lines = [line for line in open(master).read().split("\n")]
    lines = [re.sub(r"^(qmgr\s.*\s)qmgr(\s.*)?$", r"\1discard", line) for line in lines]
    if not any(line.startswith("postlog") for line in lines):
        lines.append("postlog unix-dgram n - n - 1 postlogd")
    open(master, "w").write("\n".join(lines) + "\n")
    run("postfix", "-c", etc, "start")
    Logins(queue)
    try:
        result = []
        for words in prepared.messages():
            if words[0] != "cmd":
                result.append(f"{' '.join(words)}: {prepared.reply(*words)}")
                continue
            before = set(os.listdir(os.path.join(queue, "incoming")))
            run("sendmail", "-C", etc, "-f", words[1], words[2], input="Subject: x\n\nx\n")
            files = wait("a queue file", lambda: [f for f in set(os.listdir(os.path.join(queue, "incoming"))) - before
                                                  if os.stat(os.path.join(queue, "incoming", f)).st_mode & 0o100])
            sender, recipients, filters = envelope(run("postcat", "-c", etc, "-e", os.path.join(queue, "incoming", files[0])).stdout)
            ways = [(recipient, filters[0]) for recipient in recipients] if any(filters) else [way for recipient in recipients for way in delivered(prepared, sender, recipient)]
            result.append(f"{' '.join(words)}: {routes(sender, filters, ways)}")
        return result
    finally:
        run("postfix", "-c", etc, "stop", check=False)


def resolve(queue, sender, recipient):
    """trivial-rewrite is asked, as qmgr asks it."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(os.path.join(queue, "private", "rewrite"))
        file = client.makefile("rwb")

        def take():
            found = {}
            while True:
                name = b""
                while (c := file.read(1)) != b"\0":
                    name += c
                if not name:
                    return found
                value = b""
                while (c := file.read(1)) != b"\0":
                    value += c
                found[name.decode()] = value.decode()
        take()
        file.write(b"request\0resolve\0sender\0" + sender.encode() + b"\0address\0" + recipient.encode() + b"\0\0")
        file.flush()
        answer = take()
    transport, next_hop = answer.get("transport", "?"), answer.get("nexthop", "?")
    return transport if transport in ("error", "retry", "discard") else f"{transport}:{next_hop}"


def delivered(prepared, sender, recipient, depth=0):
    """Ways of a recipient. What local(8) would do with aliases is done here."""
    way = resolve(prepared.queue, sender, recipient)
    if not way.startswith("local:"):
        return [(recipient, way)]
    name = recipient.rpartition("@")[0]
    maps = run("postconf", "-c", prepared.etc, "-x", "-h", "alias_maps").stdout.split()
    for table in maps:
        found = run("postmap", "-c", prepared.etc, "-q", name, table.strip(","), check=False).stdout.strip()
        if found:
            origin = open(os.path.join(prepared.etc, "mailname")).read().strip() if os.path.exists(os.path.join(prepared.etc, "mailname")) else run("postconf", "-c", prepared.etc, "-x", "-h", "myorigin").stdout.strip()
            members = [member.strip() if "@" in member else f"{member.strip()}@{origin}" for member in found.split(",")]
            return [way for member in members for way in delivered(prepared, sender, member, depth + 1)]
    agent = run("postconf", "-c", prepared.etc, "-x", "-h", "mailbox_transport").stdout.strip()
    return [(recipient, agent or "mailbox")]


def ours(prepared, programs):
    """Imports, checks, runs; what import says is lost comes first."""
    target = os.path.join(prepared.root, "new")
    master = os.path.join(programs, "master")
    expected = read(prepared.name, "losses", None)
    report = run(master, "import", prepared.etc, "--output", target, "--json", check=False)
    try:
        told = json.loads(report.stdout)
    except ValueError:
        raise SystemExit(f"import {prepared.name}: exit {report.returncode}\n{report.stdout}")
    losses = sorted({f"{line['file'].replace(prepared.etc, '/etc/postfix').replace('/etc/postfix/aliases', '/etc/aliases')} {line['name']}" for line in told["lines"] if line["decides"]})
    losses = [re.sub(r"127\.0\.0\.1:\d+ inet", "smtp inet", loss) for loss in losses]
    result = [f"loss: {loss}" for loss in losses]
    if report.returncode != (1 if losses else 0) or os.path.exists(os.path.join(target, "main.toml")) == bool(losses):
        result.append(f"exit {report.returncode}, and {'main.toml' if os.path.exists(target) else 'nothing'} is written")
    if losses:
        run(master, "import", prepared.etc, "--output", target, "--accept-losses")
    # Its error 1 is about the host: names of examples are not in the DNS. 78 is a configuration that is not taken.
    checked = run(master, "-c", target, "check", check=False)
    if checked.returncode not in (0, 1):
        raise SystemExit(f"check: exit {checked.returncode}\n{checked.stdout}")
    run(master, "-c", target, "start")
    Logins(prepared.queue)
    try:
        # Nothing leaves: mail gets its way, and waits.
        for transport in re.findall(r"\[service\.\"?([^\]\"]+)\"?\]\n(?:[a-z].*\n)*?command = \"smtp\"", open(os.path.join(target, "master.toml")).read()):
            run(master, "-c", target, "pause", "transport", transport)
        for words in prepared.messages():
            if words[0] != "cmd":
                result.append(f"{' '.join(words)}: {prepared.reply(*words)}")
                continue
            before = open(os.path.join(prepared.root, "log")).read()
            run(os.path.join(programs, "sendmail"), "-C", target, "-f", words[1], words[2], input="Subject: x\n\nx\n")

            def settled():
                log = open(os.path.join(prepared.root, "log")).read()[len(before):]
                taken = re.search(r"cleanup\[\d+\]: (\w+): message-id", log)
                if taken and f"{taken[1]}: removed" in log:
                    return taken[1], log, None
                found = [json.loads(line) for line in run(os.path.join(programs, "postqueue"), "-c", target, "-j").stdout.splitlines()] if taken else []
                found = [m for m in found if m["queue_id"] == taken[1] and m["queue_name"] in ("active", "deferred") and m["recipients"] and all("transport" in r for r in m["recipients"])]
                if not found:
                    return None
                # It may be on its way from one queue to the other.
                path = run("find", prepared.queue, "-name", taken[1], "-not", "-path", "*/defer/*").stdout.split()
                shown = run("postcat", "-c", "/etc/postfix", "-e", path[0], check=False).stdout if path else ""
                return (taken[1], log, (found[0], shown)) if re.search(r"^recipient: ", shown, re.M) else None
            queue_id, log, message = wait("mail in the queue", settled, 10)
            ways = {}
            for recipient, text in re.findall(queue_id + r": to=<([^>]*)>.*?relay=none.*? status=(bounced|sent \(.*?\))", log):
                ways[recipient] = "discard" if "discard" in text else "error"
            if message:
                sender, recipients, filters = envelope(message[1])
                ways |= {r["address"]: f"{r['transport']}:{r['next_hop']}" for r in message[0]["recipients"]}
                if any(filters):
                    ways = dict.fromkeys(ways, filters[0])
            else:
                sender, recipients, filters = re.search(queue_id + r": from=<([^>]*)>, size", log)[1], list(ways), []
            result.append(f"{' '.join(words)}: {routes(sender, filters, [(r, ways.get(r, '?')) for r in recipients])}")
            run(os.path.join(programs, "postsuper"), "-c", target, "-d", "ALL")
        return result
    finally:
        run(master, "-c", target, "abort", check=False)


class Sink:
    """An SMTP server that keeps subjects; it can be away."""

    def __init__(self):
        self.port, self.subjects, self.server = free_port(), [], None

    def open(self):
        self.server = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self.accept, args=(self.server,), daemon=True).start()

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def accept(self, server):
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        file = client.makefile("rwb")

        def say(text):
            file.write(text.encode() + b"\r\n")
            file.flush()
        say("220 sink ESMTP")
        while line := file.readline():
            word = line.strip().upper()[:4]
            if word == b"DATA":
                say("354 go on")
                while (text := file.readline()) and text != b".\r\n":
                    if text.lower().startswith(b"subject:"):
                        self.subjects.append(text[8:].strip().decode())
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def queue(programs):
    root = tempfile.mkdtemp(prefix="import-", dir="/var/tmp")
    prepared = Prepared("null-client", root)
    etc, spool, new, sink = prepared.etc, prepared.queue, os.path.join(root, "new"), Sink()
    with open(os.path.join(etc, "main.cf"), "a") as file:
        file.write(f"relayhost = [127.0.0.1]:{sink.port}\ndisable_dns_lookups = yes\ninitial_destination_concurrency = 1\nminimal_backoff_time = 5m\n")
    master = os.path.join(programs, "master")

    def told(text, holds):
        print(f"{text}: {'yes' if holds else 'NO'}", flush=True)

    def submit(command, option, name):
        run(command, option, etc if command == "sendmail" else new, "-f", "a@example.com", "b@example.org", input=f"Subject: {name}\n\n{name}\n")

    def listed(command, option, directory):
        found = {}
        for line in run(command, option, directory, "-j", check=False).stdout.splitlines():
            if line.startswith("{"):
                one = json.loads(line)
                found.setdefault(one["queue_name"], []).append(one)
        return found

    def delivered(names):
        wait(f"delivery of {names}; there are {sink.subjects}", lambda: set(names) <= set(sink.subjects), 60)
        time.sleep(1)
        return sorted(sink.subjects) == sorted(names)

    try:
        run("postfix", "-c", etc, "start")
        submit("sendmail", "-C", "deferred-1")
        submit("sendmail", "-C", "held-1")
        both = wait("two deferred messages", lambda: (d := listed("postqueue", "-c", etc).get("deferred", [])) and len(d) == 2 and d)
        held = [one["queue_id"] for one in both if "held-1" in run("postcat", "-c", etc, "-q", one["queue_id"]).stdout]
        run("postsuper", "-c", etc, "-h", held[0])
        run(master, "import", etc, "--output", new)
        refused = run(master, "-c", new, "start", check=False)
        told("start refuses while Postfix runs", refused.returncode != 0 and "Postfix" in refused.stdout or "runs" in refused.stdout or "running" in refused.stdout)
        run("postfix", "-c", etc, "stop")
        submit("sendmail", "-C", "dropped-1")
        told("check takes the queue as Postfix left it", run(master, "-c", new, "check", check=False).returncode == 0)
        run(master, "-c", new, "start")
        told("Postfix refuses while we run", run("postfix", "-c", etc, "start", check=False).returncode != 0)
        mail = wait("what was dropped", lambda: (m := listed(os.path.join(programs, "postqueue"), "-c", new)) and len(m.get("deferred", [])) == 2 and m)
        told("deferred mail keeps its reason", all("refused" in one["recipients"][0].get("delay_reason", "") for one in mail["deferred"]))
        told("held mail is held", [one["queue_id"] for one in mail.get("hold", [])] == held)
        sink.open()
        run(os.path.join(programs, "postqueue"), "-c", new, "-f")
        told("what Postfix left is delivered by us, once", delivered(["deferred-1", "dropped-1"]))
        run(os.path.join(programs, "postsuper"), "-c", new, "-H", "ALL")
        run(os.path.join(programs, "postqueue"), "-c", new, "-f")
        told("so is held mail, released", delivered(["deferred-1", "dropped-1", "held-1"]))
        sink.close()
        sink.subjects.clear()

        # And back.
        send = os.path.join(programs, "sendmail")
        submit(send, "-C", "deferred-2")
        submit(send, "-C", "held-2")
        both = wait("two deferred messages of ours", lambda: (d := listed(os.path.join(programs, "postqueue"), "-c", new).get("deferred", [])) and len(d) == 2 and d)
        held = [one["queue_id"] for one in both if "held-2" in run("postcat", "-c", etc, run("find", spool, "-name", one["queue_id"], "-path", "*/deferred/*").stdout.strip()).stdout]
        run(os.path.join(programs, "postsuper"), "-c", new, "-h", held[0])
        run(master, "-c", new, "stop")
        submit(send, "-C", "dropped-2")
        # As docs/migration.md has it.
        run("sh", "-c", f"cd {spool} && rm -rf digest rules paused && chmod 01730 maildrop && find maildrop -type f -perm 0740 -exec chmod 0744 {{}} +")
        run("postfix", "-c", etc, "start")
        mail = wait("what was dropped", lambda: (m := listed("postqueue", "-c", etc)) and len(m.get("deferred", [])) == 2 and m)
        told("deferred mail of ours keeps its reason", all("refused" in one["recipients"][0].get("delay_reason", "") for one in mail["deferred"]))
        told("held mail of ours is held", ["held-2" in run("postcat", "-c", etc, "-q", one["queue_id"]).stdout for one in mail.get("hold", [])] == [True])
        sink.open()
        run("postqueue", "-c", etc, "-f")
        told("what we left is delivered by Postfix, once", delivered(["deferred-2", "dropped-2"]))
        run("postsuper", "-c", etc, "-H", "ALL")
        run("postqueue", "-c", etc, "-f")
        told("so is held mail of ours, released", delivered(["deferred-2", "dropped-2", "held-2"]))
        told("nothing is left", not listed("postqueue", "-c", etc))
    finally:
        run(master, "-c", new, "abort", check=False)
        run("postfix", "-c", etc, "stop", check=False)
        if not os.environ.get("KEEP"):
            shutil.rmtree(root)


def main():
    what, words = sys.argv[1], sys.argv[2:]
    if what == "queue":
        return queue(words[0])
    programs = words.pop(0) if what == "ours" else ""
    names = words or sorted(n for n in os.listdir(VECTORS) if os.path.isdir(os.path.join(VECTORS, n)))
    for name in names:
        root = tempfile.mkdtemp(prefix="import-", dir="/var/tmp")
        try:
            prepared = Prepared(name, root)
            result = ours(prepared, programs) if what == "ours" else postfix(prepared) if prepared.messages() else []
        finally:
            if not os.environ.get("KEEP"):
                shutil.rmtree(root)
        if what == "record":
            open(os.path.join(VECTORS, name, "decisions"), "w").write("".join(line + "\n" for line in result))
        else:
            print(f"[{name}]", *result, sep="\n", flush=True)


main()
