#!/usr/bin/env python3
"""What real Postfix does with the milters of tests/vectors/milter-cases.txt: replies, what the milter hears, log lines, queue files.

    milters-beside-postfix.py tests/vectors/milter-cases.txt tests/vectors/milters.txt [case...]

As root where Postfix 3.7 is installed: each case in turn, by an smtpd and cleanup of a Postfix of its own below /tmp, without queue manager, and a
milter that does what the script of the case says. What is written is what MilterVectorsTests makes of our programs. Nothing leaves the machine.
"""
import glob, os, re, socket, struct, subprocess, sys, threading, time

from real_postfix import free_port, instance, records

MAIN = """compatibility_level = 3.6
myhostname = mx.golden.test
mydomain = golden.test
myorigin = golden.test
mydestination =
queue_directory = {queue}
data_directory = {data}
enable_long_queue_ids = no
inet_interfaces = loopback-only
in_flow_delay = 0
max_use = 1
maillog_file = {log}
maillog_file_prefixes = /tmp
milter_macro_v = V
alias_maps =
local_recipient_maps =
alias_database =
smtpd_error_sleep_time = 0
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG POSTLOG_SERVICE POSTLOG_HOSTNAME TZ=UTC
"""
MASTER = """127.0.0.1:{port} inet n - n - 1 smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
EVENTS = {"O": "negotiate", "C": "connect", "H": "helo", "M": "mail", "R": "rcpt", "T": "data", "U": "unknown", "L": "header", "N": "eoh", "B": "body", "E": "eom"}


def strings(*texts):
    return b"".join(t.encode() + b"\0" for t in texts)


def header(text):
    name, value = text.split(":", 1)
    return strings(name, value[1:] if value.startswith(" ") else value)


def packet(word, rest):
    number = lambda: (struct.pack(">I", int(rest.split(" ", 1)[0])) + header(rest.split(" ", 1)[1]))
    def options():
        words = rest.split(" ")
        out = struct.pack(">III", int(words[0]), int(words[1], 16), int(words[2], 16))
        for item in words[3:]:
            stage, names = item.split("=")
            out += struct.pack(">I", int(stage)) + strings(names.replace("+", " "))
        return out
    letter, payload = {
        "options": ("O", options), "continue": ("c", bytes), "accept": ("a", bytes), "reject": ("r", bytes), "tempfail": ("t", bytes),
        "discard": ("d", bytes), "skip": ("s", bytes), "shutdown": ("4", bytes), "connfail": ("f", bytes), "progress": ("p", bytes),
        "reply": ("y", lambda: strings(rest)), "quarantine": ("q", lambda: strings(rest)), "addheader": ("h", lambda: header(rest)),
        "insheader": ("i", number), "chgheader": ("m", number), "chgfrom": ("e", lambda: strings(*rest.split(" ", 1))),
        "addrcpt": ("+", lambda: strings(rest)), "addrcptpar": ("2", lambda: strings(*rest.split(" ", 1))), "delrcpt": ("-", lambda: strings(rest)),
        "replbody": ("b", lambda: rest.encode()),
    }[word]
    body = letter.encode() + payload()
    return struct.pack(">I", len(body)) + body


class Milter:
    def __init__(self, script):
        self.script = {line.split(":", 1)[0]: [a.strip() for a in line.split(":", 1)[1].split("; ")] for line in script}
        self.heard = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        f = client.makefile("rb")
        try:
            while True:
                head = f.read(5)
                if len(head) < 5:
                    return
                payload = f.read(struct.unpack(">I", head[:4])[0] - 1)
                letter = chr(head[4])
                if letter == "C":
                    name, rest = payload.split(b"\0", 1)
                    words = f"{name.decode()} {chr(rest[0])} {rest[3:].decode()}".rstrip("\0")
                elif letter == "O":
                    words = payload.hex().upper()
                elif letter == "B":
                    words = payload.decode().replace("\r\n", "|")
                else:
                    words = payload.decode().rstrip("\0").replace("\0", " ").replace("\n", "|")
                self.heard.append(f"{letter} {words}".rstrip())
                if letter in "DA":
                    continue
                if letter == "Q":
                    return
                for action in self.script.get(EVENTS.get(letter, ""), ["options 6 1FF 0" if letter == "O" else "continue"]):
                    word, _, rest = action.partition(" ")
                    rest = rest.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")
                    if word == "hangup":
                        return
                    client.sendall(bytes.fromhex(rest) if word == "raw" else packet(word, rest))
        except OSError:
            pass
        finally:
            client.shutdown(socket.SHUT_RDWR) if client.fileno() >= 0 else None
            f.close()
            client.close()


def plain(text):
    text = re.sub(r"inet:127\.0\.0\.1:\d+", "inet:MILTER", text)
    text = re.sub(r"\b[0-9A-F]{8,12}\b", "ID", text)
    return re.sub(r"\[127\.0\.0\.1\]:\d+", "[127.0.0.1]:PORT", text)


def read_cases(path):
    cases = []
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("#") or not line:
            continue
        word, _, rest = line.partition(" ")
        if word == "case":
            cases.append({"name": rest, "script": [], "set": [], "talk": [], "sendmail": None})
        elif word == "sendmail":
            cases[-1]["sendmail"] = rest.split()
        else:
            cases[-1][word].append(rest)
    for case in cases:
        case["talk"] = case["talk"] or cases[0]["talk"]
    return cases


def converse(port, lines):
    s = socket.create_connection(("127.0.0.1", port), timeout=20)
    f, out = s.makefile("rb"), []
    def reply():
        got = []
        while True:
            line = f.readline().decode("latin1").rstrip("\r\n")
            if not line:
                break
            got.append(line)
            if line[3:4] != "-":
                break
        return got
    greeting = reply()
    out.append(greeting[0][:4] + ("..." if greeting[0].startswith("220") else greeting[0][4:]))
    for line in lines:
        if out[-1].startswith("421") or out[-1][:3] != "354" and "\\r" in line:
            break
        s.sendall((line.replace("\\r", "\r").replace("\\n", "\n") + "\r\n").encode())
        got = reply()
        if not got:
            break
        out += ["250 ..."] if line.startswith("EHLO") and got[0].startswith("250") else got
    s.close()
    return out


def play(case, top, port):
    conf, queue, log = f"{top}/conf", f"{top}/queue", f"{top}/log"
    milter = Milter(case["script"])
    name = f"inet:127.0.0.1:{milter.port}"
    with open(f"{conf}/main.cf", "w") as f:
        f.write(MAIN.format(queue=queue, data=f"{top}/data", log=log))
        f.write(f"{'non_smtpd_milters' if case['sendmail'] else 'smtpd_milters'} = {name}\n" + "".join(line + "\n" for line in case["set"]))
    start = os.path.getsize(log)
    if case["sendmail"]:
        with open(f"{top}/message", "w") as f:
            f.write("From: a@b.test\nSubject: s\n\nbody\n")
        subprocess.run(["sendmail", "-C", conf, "-f", "a@b.test"] + case["sendmail"], stdin=open(f"{top}/message"), check=True)
        replies = []
        # What is put off is tried again each second.
        still, since, latest = None, time.time(), time.time() + 6
        while time.time() - since < 2.5 and time.time() < latest:
            now = os.path.getsize(log)
            if now != still:
                still, since = now, time.time()
            time.sleep(0.1)
    else:
        replies = converse(port, case["talk"])
        time.sleep(0.4)
    milter.listener.close()
    lines = [f"case {case['name']}"] + ["> " + plain(r) for r in replies]
    heard = [h for h in milter.heard if h not in ("A", "Q")]
    if case["sendmail"] and os.listdir(f"{queue}/maildrop"):
        heard = []
    lines += ["m " + re.sub(r"(?<=D [LNBEMRT])i ID ?|(?<= )i ID ?", "", re.sub(r"^(L Message-Id|L Date) .*", r"\1", plain(h))).rstrip() for h in heard]
    text, told = open(log, encoding="latin1").read()[start:], set()
    for line in text.split("\n"):
        m = re.match(r"\S+ +\d+ \S+ \S+ postfix/[a-z/]+\[\d+\]: (.*)", line)
        line = "l " + re.sub(r"^ID:|^NOQUEUE:", "ID:", plain(m.group(1))) if m else ""
        if "milter" in line.lower() and line not in told:
            told.add(line)
            lines.append(line)
    for place in ("incoming", "hold", "maildrop"):
        for path in sorted(glob.glob(f"{queue}/{place}/*")):
            if place == "maildrop":
                lines.append("q maildrop")
            else:
                lines.append(f"q {place}")
                received = False
                for kind, payload in records(path, follow=True):
                    received = kind == "N" and (payload.startswith("Received:") or received and payload.startswith("\t"))
                    if received or kind in "TFw" or kind == "A" and payload.split("=")[0] not in ("dsn_orig_rcpt", "notify_flags", "envelope_id", "ret_flags", "encoding"):
                        continue
                    if payload.startswith(("Message-Id:", "Date:")):
                        payload = payload.split(":")[0]
                    if kind == "C":
                        words = payload.split()
                        payload = f"{words[2]} {words[3]} {words[5]}"
                    lines.append(f"{kind} {plain(payload)}".rstrip())
            os.unlink(path)
    return lines


def main():
    cases = read_cases(sys.argv[1])
    wanted = sys.argv[3:]
    port = free_port()
    with instance("milters", MAIN, MASTER, port=port) as postfix:
        time.sleep(1)
        lines = []
        for case in cases:
            if not wanted or case["name"] in wanted:
                lines += play(case, postfix.top, port)
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")


main()
