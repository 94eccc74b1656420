"""A real Postfix below /tmp, for the programs here that compare it with ours: its files, its records, a client of its SMTP port."""
import contextlib, os, shutil, socket, subprocess, time


def escaped(text):
    return "".join(c if " " <= c <= "~" and c != "\\" else "\\x%02x" % ord(c) for c in text)


def records(path, follow=False):
    """The records of a queue file, in the order of the file; or, where records were changed, as Postfix reads it: behind its pointers, up to its end."""
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        kind, at, length, shift = chr(data[at]), at + 1, 0, 0
        while True:
            length |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 128:
                break
        payload = data[at:at + length].decode("latin1")
        at += length
        if follow and kind == "p":
            at = int(payload) or at
            continue
        yield kind, payload
        if follow and kind == "E":
            return


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Client:
    """Says EHLO to a port of loopback, as client.test."""

    def __init__(self, port):
        for _ in range(50):
            try:
                self.stream = socket.create_connection(("127.0.0.1", port), timeout=15).makefile("rwb")
                break
            except OSError:
                time.sleep(0.1)
        self.reply()
        self.ask("EHLO client.test")

    def reply(self):
        """The last line of an answer."""
        while True:
            line = self.stream.readline().decode("latin1").rstrip()
            if line[3:4] != "-":
                return line

    def ask(self, line):
        self.stream.write(line.encode("latin1") + b"\r\n")
        self.stream.flush()
        return self.reply()

    def content(self, lines):
        """What follows a 354, dots doubled."""
        return self.ask("\r\n".join([("." if line.startswith(".") else "") + line for line in lines] + ["."]))


class Instance:
    def __init__(self, top):
        self.top = top
        self.conf, self.queue, self.data, self.log = (f"{top}/{part}" for part in ("conf", "queue", "data", "log"))

    def call(self, command, check=True):
        subprocess.run(["postfix", "-c", self.conf, command], check=check, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def instance(name, main, master, tables=(), **values):
    """Runs while the block does, and is gone then. main, master: texts for str.format; tables: (parameter, text) of regexp tables."""
    it = Instance(f"/tmp/{name.replace(' ', '-')}.{os.getpid()}")
    for path in it.conf, it.queue, it.data:
        os.makedirs(path)
    shutil.chown(it.data, "postfix")
    os.chmod(it.top, 0o755)
    with open(f"{it.conf}/main.cf", "w") as f:
        f.write(main.format(queue=it.queue, data=it.data, log=it.log, **values))
        for parameter, text in tables:
            with open(f"{it.conf}/{parameter}", "w") as t:
                t.write(text)
            f.write(f"{parameter} = regexp:{it.conf}/{parameter}\n")
    with open(f"{it.conf}/master.cf", "w") as f:
        f.write(master.format(**values))
    it.call("start")
    try:
        yield it
    finally:
        it.call("stop", check=False)
    shutil.rmtree(it.top)
