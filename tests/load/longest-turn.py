#!/usr/bin/env python3
"""Measures how long the queue manager lets others wait while it scans a large deferred queue: not a test, and no part of
./test.sh. What it costs in memory and processor time is measured by deferred-queue.py.

  ./build.sh && tests/load/longest-turn.py [MESSAGES]        default: 100000

Fills the deferred queue of a private instance with copies of a queue file that are not due, starts the system, and tells:
  start        until master says that mail is accepted
  delivery     from the start until a message submitted then has been delivered, in the middle of the first scan
  listing      postqueue -p of everything, and its first line
  longest turn the longest time that the queue manager let a question wait while it scanned
  memory       resident memory of qmgr and showq after that
"""
import os, shutil, socket, struct, subprocess, sys, tempfile, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(ROOT, "artifacts/postfix.net/bin")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    home = tempfile.mkdtemp(prefix="pfn-load.")
    os.chmod(home, 0o755)
    receiver = Receiver()
    try:
        run(home, count, receiver)
    finally:
        subprocess.run([f"{BIN}/master", "-c", f"{home}/conf", "abort"], capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def run(home, count, receiver):
    owner = "nobody" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    os.mkdir(f"{home}/conf")
    queue = f"{home}/queue"
    with open(f"{home}/conf/main.toml", "w") as f:
        f.write(f'queue_directory = "{queue}"\nmaillog_file = "{home}/log"\nmail_owner = "{owner}"\nsetgid_group = "nogroup"\n'
                f'myhostname = "load.test"\nmyorigin = "load.test"\nmydestination = ""\nrelayhost = "[127.0.0.1]:{receiver.port}"\n'
                'disable_dns_lookups = true\nsmtp_tls_security_level = "none"\n')
    open(f"{home}/log", "w").close()
    master = [f"{BIN}/master", "-c", f"{home}/conf"]
    subprocess.run([*master, "start"], check=True)
    subprocess.run([*master, "stop"], check=True)
    fill(queue, count)

    begin = time.monotonic()
    subprocess.run([*master, "start"], check=True)
    tell("start", begin)
    asker = Asker(f"{queue}/private/qmgr.ask")
    subprocess.run([f"{BIN}/sendmail", "-C", f"{home}/conf", "-f", "a@load.test", "b@sink.test"], input=b"Subject: x\n\nx\n", check=True)
    receiver.got.wait(600)
    tell("delivery", begin)

    begin = time.monotonic()
    listing = subprocess.Popen([f"{BIN}/postqueue", "-c", f"{home}/conf", "-p"], stdout=subprocess.PIPE)
    listing.stdout.readline()
    tell("first line of the listing", begin)
    lines = sum(1 for _ in listing.stdout)
    listing.wait()
    tell(f"listing, {lines} lines", begin)
    print(f"longest turn: {asker.end() * 1000:.0f} ms")
    for name in ("qmgr", "postqueue"):
        for pid in subprocess.run(["pgrep", "-f", f"{BIN}/{name} -c {home}/conf"], capture_output=True, text=True).stdout.split():
            with open(f"/proc/{pid}/status") as f:
                print(f"memory of {name}: " + next(line.split()[1] for line in f if line.startswith("VmRSS")) + " KiB")


def tell(what, begin):
    print(f"{what}: {time.monotonic() - begin:.2f} s", flush=True)


def fill(queue, count):
    with open(f"{ROOT}/tests/vectors/one-rcpt.incoming", "rb") as f:
        content = f.read()
    status = os.stat(f"{queue}/deferred")
    due = time.time() + 30 * 60
    for i in range(count):
        # The name holds the inode number, as that of every queue file; its first digit is the subdirectory.
        micro = f"{i * 7919 % 1000000:05X}"
        directory = f"{queue}/deferred/{micro[0]}"
        if not os.path.isdir(directory):
            os.mkdir(directory, 0o700)
            os.chown(directory, status.st_uid, status.st_gid)
        temporary = f"{directory}/{i}.new"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700)
        os.write(fd, content)
        os.fchown(fd, status.st_uid, status.st_gid)
        os.utime(fd, (due, due))
        name = f"{directory}/{micro}{os.fstat(fd).st_ino:X}"
        os.close(fd)
        os.rename(temporary, name)
    os.sync()


class Receiver(threading.Thread):
    """Takes every message."""

    def __init__(self):
        super().__init__(daemon=True)
        self.got = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            client, _ = self.socket.accept()
            with client, client.makefile("rwb") as stream:
                self.say(stream, "220 load")
                data = False
                for line in stream:
                    if data:
                        if line == b".\r\n":
                            data = False
                            self.say(stream, "250 ok")
                            self.got.set()
                    elif line.upper().startswith(b"DATA"):
                        data = True
                        self.say(stream, "354 go on")
                    else:
                        self.say(stream, "250 ok")

    @staticmethod
    def say(stream, text):
        stream.write(text.encode() + b"\r\n")
        stream.flush()


class Asker(threading.Thread):
    """Asks the queue manager all the time, and notes the longest wait for an answer."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.longest, self.ended = path, 0.0, False
        self.start()

    def run(self):
        block = lambda data: struct.pack("<i", len(data)) + data
        text = lambda name, value: b"\x01" + block(name) + block(value)
        address = text(b"address", b"x@sink.test")
        question = text(b"queue_id", b"none") + text(b"sender", b"") + b"\x04" + block(b"recipients") + struct.pack("<i", 1) + block(address)
        while not self.ended:
            try:
                with socket.socket(socket.AF_UNIX) as channel:
                    channel.connect(self.path)
                    for _ in range(1000):
                        if self.ended:
                            return
                        begin = time.monotonic()
                        channel.sendall(struct.pack("<I", len(question)) + question)
                        if not channel.recv(65536):
                            break
                        self.longest = max(self.longest, time.monotonic() - begin)
                        time.sleep(0.005)
            except OSError:
                time.sleep(0.05)

    def end(self):
        self.ended = True
        self.join()
        return self.longest


main()
