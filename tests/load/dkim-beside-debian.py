#!/usr/bin/python3
"""Signatures of this program, looked at by Debian's python3-dkim and opendkim over the octets that a server got.

    dkim-beside-debian.py BIN           100 awkward messages, to servers with and without 8BITMIME, signed in all four forms by RSA and Ed25519
    dkim-beside-debian.py BIN --cost N  CPU of the SMTP client's processes for N messages of 4 KB: unsigned, signed by Ed25519, by RSA of 2048 bits, by both

BIN is the directory of the programs. A private instance and the servers live below /tmp and on ports of loopback; nothing leaves the machine. Runs as root
or not. Without opendkim (or python3-dkim) it says so, and what that one would find is not looked at. Exit 1: a signature is not good.
"""
import base64, json, os, pwd, resource, shutil, signal, socket, socketserver, struct, subprocess, sys, tempfile, threading, time

try:
    import dkim
except ImportError:
    dkim = None

FORMS = {"rr": "relaxed/relaxed", "ss": "simple/simple", "rs": "relaxed/simple", "sr": "simple/relaxed"}

BODIES = [
    b"", b"\n", b"\n\n\n", b"text", b"text\n", b"text\n\n\n", b" \n", b"\t \n \n", b"a  b\t\tc \nd\t\n", b"  leading\n\ttab\n",
    b".\n..\n.a\n", b"a\rb\nc\r\n\rd\r", b"\r\r\n\r\n", b"a \r\n b\t\r\n", b"caf\xc3\xa9 \n", b"latin \xe9\xff\xfe\n", b"\x01\x02\x7f\x0b\x0c \x0c\n",
    b"x" * 997 + b"\n" + b"x" * 998 + b"\n" + b"x" * 999 + b"\n", b"y" * 5000 + b"\n" + b" " * 3000 + b"\n", (b"word " * 600) + b"\n",
    "ü".encode() * 2000 + b"\n", b"\n \n\t\n" * 50 + b"end", b"line of a large message, the same again \n" * 60000, b"From here to there\n>From\n", b"-- \nsignature \n\n",
]

HEADERS = [
    [b"Subject: plain"],
    [b"Subject:", b"X-Empty:"],
    [b"Subject: folded\n  here\n\tand  here \n there", b"To: a@b.test,\n\tc@d.test"],
    [b"SUBJECT: upper", b"sUbJeCt: twice", b"To: one@a.test", b"TO:two@a.test", b"Cc: x@y.test", b"Cc: x@z.test"],
    [b"Subject : blank before the colon", b"X-Y\t: z"],
    [b"Subject:no blank", b"Comments:   many     blanks   \t "],
    [b"Subject: a: b: c; d=e; b=f", b"DKIM-Signature: v=1; a=rsa-sha256; d=elsewhere.test; s=x; h=from; bh=AAAA; b=AAAA"],
    [b"Subject: =?utf-8?q?caf=C3=A9?=", b"MIME-Version: 1.0", b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit"],
    [b"Subject: " + b"long " * 300, b"References: " + b" ".join(b"<%d@a.test>" % i for i in range(120))],
    [b"MIME-Version: 1.0", b"Content-Type: multipart/mixed;\n boundary=\"b b\"", b"Content-Transfer-Encoding: 8bit", b"Subject: parts"],
    [b"Subject: 8-bit \xc3\xa9\xc3\xa9", b"X-Raw: \xe9"],
    [b"List-Id: <l.a.test>", b"List-Unsubscribe: <mailto:u@a.test>,\n <https://a.test/u>", b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"Sender: s@a.test"],
]


def messages(count):
    for i in range(count):
        headers, body = HEADERS[i % len(HEADERS)], BODIES[(i * 7) % len(BODIES)]
        if b"multipart" in b"".join(headers):
            body = b"--b b\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n" + body + b"\n--b b\n\nplain\n--b b--\n"
        yield headers, body


class Server(socketserver.ThreadingTCPServer):
    """Keeps the octets of messages."""
    daemon_threads = allow_reuse_address = True

    def __init__(self, eight, keeps=True):
        self.eight, self.keeps, self.got, self.count, self.lock = eight, keeps, [], 0, threading.Lock()
        super().__init__(("127.0.0.1", 0), Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class Session(socketserver.StreamRequestHandler):
    def say(self, *lines):
        for i, line in enumerate(lines):
            self.wfile.write(b"250" + (b" " if i + 1 == len(lines) else b"-") + line + b"\r\n" if not line.startswith(b"!") else line[1:] + b"\r\n")

    def handle(self):
        self.say(b"!220 a.test ESMTP")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                self.say(*([b"a.test", b"PIPELINING"] + ([b"8BITMIME", b"SMTPUTF8"] if self.server.eight else [])))
            elif word == b"DATA":
                self.say(b"!354 go")
                octets = bytearray()
                # Lines end with CR LF alone; a bare CR or LF is text.
                line = b""
                while True:
                    line += self.rfile.readline()
                    if not line.endswith(b"\r\n"):
                        continue
                    if line == b".\r\n":
                        break
                    octets += line[1:] if line.startswith(b".") else line
                    line = b""
                with self.server.lock:
                    self.server.count += 1
                    if self.server.keeps:
                        self.server.got.append(bytes(octets))
                self.say(b"ok")
            elif word == b"QUIT":
                self.say(b"!221 bye")
                return
            else:
                self.say(b"ok")


class Instance:
    def __init__(self, programs, servers, tables, more=""):
        self.bin, self.dir = os.path.abspath(programs), tempfile.mkdtemp(prefix="dkim.", dir="/tmp")
        owner = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        os.chmod(self.dir, 0o755)
        for name in ("conf", "queue", "data", "keys"):
            os.mkdir(f"{self.dir}/{name}")
        here = os.path.dirname(os.path.abspath(__file__))
        shutil.copy(f"{here}/../../conf/master.toml", f"{self.dir}/conf/")
        open(f"{self.dir}/log", "w").close()
        if os.getuid() == 0:
            for name in ("log", "data", "keys"):
                shutil.chown(f"{self.dir}/{name}", owner)
        group = "nogroup" if os.getuid() == 0 else __import__("grp").getgrgid(os.getgid()).gr_name
        self.base = f"""myhostname = "mail.demo.test"
myorigin = "demo.test"
queue_directory = "{self.dir}/queue"
data_directory = "{self.dir}/data"
maillog_file = "{self.dir}/log"
mail_owner = "{owner}"
setgid_group = "{group}"
inet_protocols = "ipv4"
in_flow_delay = "0s"
message_size_limit = 0
{more}
[transport_maps]
""" + "".join(f'"{name}" = "smtp:[127.0.0.1]:{port}"\n' for name, port in servers.items())
        open(f"{self.dir}/conf/main.toml", "w").write(self.base)
        self.records = {}
        text = self.base
        for domain, (form, kinds) in tables.items():
            text += f'\n[dkim."{domain}"]\ncanonicalization = "{form}"\n'
            for kind in kinds:
                key = json.loads(self.run("master", "-c", f"{self.dir}/conf", "dkim", "genkey", domain, kind, "--type", kind, "--json"))
                self.records[key["name"]] = key["record"]
                text += f'keys.{kind} = "{key["file"]}"\n'
        open(f"{self.dir}/conf/main.toml", "w").write(text)

    def run(self, program, *words, data=None):
        done = subprocess.run([f"{self.bin}/{program}", *words], input=data, capture_output=True)
        if done.returncode:
            sys.exit(f"{program} {' '.join(words)}: {done.returncode}: {done.stderr.decode()}{open(self.dir + '/log').read()[-3000:]}")
        return done.stdout

    def submit(self, sender, recipient, message):
        self.run("sendmail", "-C", f"{self.dir}/conf", "-i", "-f", sender, recipient, data=message)

    def remove(self):
        shutil.rmtree(self.dir)


class Opendkim:
    """opendkim as a verifier, asked as a mail server does."""

    def __init__(self, directory, records):
        with open(f"{directory}/testdns", "w") as file:
            for name, record in records.items():
                file.write(f"{name} {record}\n")
        open(f"{directory}/opendkim.conf", "w").write(f"Mode v\nSyslog no\nTestDNSData {directory}/testdns\nAlwaysAddARHeader yes\nAuthservID check\nMinimumKeyBits 1024\nRequireSafeKeys no\n")
        self.path = f"{directory}/opendkim.sock"
        self.process = subprocess.Popen(["opendkim", "-f", "-x", f"{directory}/opendkim.conf", "-p", f"local:{self.path}"])
        for _ in range(100):
            if os.path.exists(self.path):
                break
            time.sleep(0.05)

    def verdict(self, message):
        """What it writes of the signatures."""
        link = socket.socket(socket.AF_UNIX)
        link.connect(self.path)
        link.settimeout(20)

        def send(kind, data=b""):
            link.sendall(struct.pack(">I", len(data) + 1) + kind + data)

        def receive():
            size = struct.unpack(">I", self.exactly(link, 4))[0]
            packet = self.exactly(link, size)
            return packet[:1], packet[1:]

        send(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
        _, options = receive()
        protocol = struct.unpack(">III", options[:12])[2]
        quiet = {b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"T": 0x10000, b"L": 0x80, b"N": 0x40000, b"B": 0x80000}
        skipped = {b"C": 0x1, b"H": 0x2, b"M": 0x4, b"R": 0x8, b"B": 0x10, b"L": 0x20, b"N": 0x40, b"T": 0x200}

        def step(kind, data=b"", macros=b""):
            if protocol & skipped[kind]:
                return
            send(b"D", kind + macros)
            send(kind, data)
            if not protocol & quiet[kind]:
                receive()

        step(b"C", b"client.test\0" + b"4" + struct.pack(">H", 2525) + b"192.0.2.1\0", b"j\0a.test\0")
        step(b"H", b"client.test\0")
        step(b"M", b"<s@a.test>\0", b"i\0ABC\0")
        step(b"R", b"<r@a.test>\0")
        step(b"T")
        header, _, body = message.partition(b"\r\n\r\n") if not message.startswith(b"\r\n") else (b"", b"", message[2:])
        fields = []
        for line in header.split(b"\r\n"):
            if line[:1] in b" \t" and fields and line:
                fields[-1] += b"\n" + line
            else:
                fields.append(line)
        for field in fields:
            name, _, value = field.partition(b":")
            # With their leading blanks, where it asks for them.
            if not protocol & 0x100000 and value[:1] == b" ":
                value = value[1:]
            step(b"L", name.rstrip(b" \t") + b"\0" + value + b"\0")
        step(b"N")
        for at in range(0, len(body), 65535):
            step(b"B", body[at:at + 65535])
        send(b"E")
        said = []
        while True:
            kind, data = receive()
            if kind in b"hi":
                said.append(data.replace(b"\0", b" ").decode("latin1"))
            elif kind in b"actrdy":
                break
        send(b"Q")
        link.close()
        return " ".join(said)

    @staticmethod
    def exactly(link, count):
        octets = b""
        while len(octets) < count:
            more = link.recv(count - len(octets))
            if not more:
                raise EOFError("opendkim has closed the connection")
            octets += more
        return octets

    def end(self):
        self.process.terminate()
        self.process.wait()


def check(programs, count=100):
    eight, seven = Server(True), Server(False)
    tables = {f"{name}.test": (form, ("rsa", "ed25519")) for name, form in FORMS.items()}
    instance = Instance(programs, {"eight.test": eight.port, "seven.test": seven.port}, tables)
    instance.run("master", "-c", f"{instance.dir}/conf", "start")
    opendkim, bad, sent = None, [], 0
    try:
        for i, (headers, body) in enumerate(messages(count)):
            domain = list(tables)[i % len(tables)]
            fields = [b"From: Author <a@%s>" % domain.encode(), b"X-Number: %d" % i, *headers]
            message = b"\n".join(fields[1:2] + fields[2:] + fields[:1] if i % 3 else fields) + b"\n\n" + body
            for name in ("eight", "seven"):
                instance.submit(f"a@{domain}", f"r@{name}.test", message)
                sent += 1
        for _ in range(600):
            if eight.count + seven.count >= sent:
                break
            time.sleep(0.1)
        got = [("8BITMIME", one) for one in eight.got] + [("7 bit", one) for one in seven.got]
        if len(got) != sent:
            bad.append(f"{len(got)} of {sent} messages arrived")
        if dkim is None:
            print("python3-dkim is missing: it is not asked")
        if shutil.which("opendkim"):
            opendkim = Opendkim(f"{instance.dir}", instance.records)
        else:
            print("opendkim is missing: it is not asked")
        answers = {"python3-dkim": 0, "opendkim": 0, "7-bit by conversion": 0}
        for server, message in got:
            number = message.split(b"X-Number: ")[1].split(b"\r\n")[0].decode()
            answers["7-bit by conversion"] += server == "7 bit" and b"quoted-printable" in message
            what = f"message {number} ({server})"
            if any(len(line) > 998 for line in message.split(b"\r\n")):
                bad.append(f"{what}: a line of more than 998 octets")
            if dkim is not None:
                for index in (0, 1):
                    def txt(name, timeout=5):
                        return instance.records[name.decode().rstrip(".")].encode()
                    try:
                        verdict = dkim.DKIM(message, logger=None).verify(idx=index, dnsfunc=txt)
                    except dkim.DKIMException as e:
                        verdict = str(e)
                    answers["python3-dkim"] += verdict is True
                    try:
                        if dkim.DKIM(message + b"x\r\n").verify(idx=index, dnsfunc=txt):
                            bad.append(f"{what}: python3-dkim, signature {index}: good also for other content")
                    except dkim.ValidationError:
                        pass
                    if verdict is not True:
                        bad.append(f"{what}: python3-dkim, signature {index}: {verdict}")
            if opendkim:
                said = opendkim.verdict(message)
                passed = said.count("dkim=pass")
                answers["opendkim"] += passed
                if passed != 2:
                    bad.append(f"{what}: opendkim: {said}")
        print(f"{len(got)} messages; signatures found good: {answers}")
        signed = open(f"{instance.dir}/log").read().count("DKIM-Signature field added (s=rsa, d=")
        print(f"the log tells of {signed} signed deliveries")
        if signed != sent:
            bad.append(f"{signed} deliveries are logged as signed, not {sent}")
        if os.environ.get("DKIM_KEEP"):
            os.makedirs(os.environ["DKIM_KEEP"], exist_ok=True)
            for i, (server, message) in enumerate(got):
                open(f"{os.environ['DKIM_KEEP']}/{i}.eml", "wb").write(message)
            json.dump(instance.records, open(f"{os.environ['DKIM_KEEP']}/records.json", "w"))
    finally:
        if opendkim:
            opendkim.end()
        instance.run("master", "-c", f"{instance.dir}/conf", "stop")
        instance.remove()
    print("\n".join(bad[:40]))
    return 1 if bad else 0


def cost(programs, count):
    for mode, kinds in (("unsigned", ()), ("ed25519", ("ed25519",)), ("rsa", ("rsa",)), ("both", ("rsa", "ed25519"))) * 2:
        server = Server(True, keeps=False)
        instance = Instance(programs, {"eight.test": server.port}, {"a.test": ("relaxed/relaxed", kinds)} if kinds else {},
                            'smtp_destination_concurrency_limit = 4\nmax_idle = "1h"\nmax_use = 1000000\n')
        conf = f"{instance.dir}/conf"
        message = b"From: Author <a@a.test>\nTo: r@eight.test\nSubject: measure\n\n" + b"A line of some text, as mail has it, of usual length.\n" * 70
        instance.run("master", "-c", conf, "start")
        try:
            instance.run("master", "-c", conf, "pause")
            for _ in range(count):
                instance.submit("a@a.test", "r@eight.test", message)
            instance.run("master", "-c", conf, "resume")
            while server.count < count:
                time.sleep(0.05)
            used, processes = 0, 0
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if os.readlink(f"/proc/{pid}/exe") == f"{instance.bin}/smtp":
                        used += sum(int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0]) for task in os.listdir(f"/proc/{pid}/task"))
                        processes += 1
                except OSError:
                    pass
            print(f"{mode:10} {used / count / 1e6:6.3f} ms CPU a message, of {processes} processes of smtp together", flush=True)
        finally:
            instance.run("master", "-c", conf, "stop")
            server.shutdown()
            instance.remove()
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 2:
        sys.exit(check(sys.argv[1]))
    if len(sys.argv) == 4 and sys.argv[2] == "--cost":
        sys.exit(cost(sys.argv[1], int(sys.argv[3])))
    sys.exit(__doc__)
