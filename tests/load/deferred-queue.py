#!/usr/bin/env python3
"""Measures a mail system with many deferred messages: restart, listing, memory, flush.

  deferred-queue.py BIN [MESSAGES]            Postfix.Net; BIN is artifacts/postfix.net/bin
  deferred-queue.py --postfix [MESSAGES]      the Postfix of this host, with a private configuration (as root)

One message is deferred by a port where nobody listens, and its queue file and defer log are copied under new queue ids
(100000 times unless told otherwise). Everything is on loopback and below one temporary directory, removed at the end.
Prints one "name = value" line for each figure. CPU time is that of all processes of the system, and says more than wall
time on a busy machine.
"""
import os, shutil, socket, subprocess, sys, tempfile, threading, time

DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
DIRECTORIES = "active bounce corrupt defer deferred flush hold incoming private saved trace".split()


def encode(number, base, width):
    text = ""
    while number or len(text) < width:
        number, digit = divmod(number, base)
        text = DIGITS[digit] + text
    return text


class Sink(threading.Thread):
    """An SMTP server that takes everything and counts messages."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.messages = 0
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, client.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 sink ESMTP\r\n")
            for line in stream:
                verb = line[:4].upper()
                if verb == b"DATA":
                    stream.write(b"354 go\r\n")
                    for content in stream:
                        if content == b".\r\n":
                            break
                    self.messages += 1
                stream.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    return


class System:
    """What the two systems have in common; their differences are in the two classes below."""

    def __init__(self, directory, sink, dead):
        self.directory, self.queue, self.conf = directory, f"{directory}/queue", f"{directory}/conf"
        os.mkdir(self.conf)
        os.mkdir(self.queue)
        for path in (directory, self.conf, self.queue):
            os.chmod(path, 0o755)
        self.write(sink, dead)

    def pids(self):
        with open(f"{self.queue}/pid/master.pid") as file:
            found = [int(file.read())]
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    if int(file.read().rsplit(")", 1)[1].split()[1]) == found[0]:
                        found.append(int(pid))
            except OSError:
                pass
        return found

    def memory(self):
        """Proportional set size in KiB: of the queue manager, and of all daemons."""
        manager = total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    size = sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
                with open(f"/proc/{pid}/comm") as file:
                    manager += size if file.read().strip() == "qmgr" else 0
                total += size
            except OSError:
                pass
        return manager, total

    def cpu(self):
        """Seconds, of the daemons that live; those that ended count through master."""
        ticks = 0
        for i, pid in enumerate(self.pids()):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12]) + (int(fields[13]) + int(fields[14]) if i == 0 else 0)
            except OSError:
                pass
        return ticks / os.sysconf("SC_CLK_TCK")

    def count(self, queue):
        return sum(len(files) for _, _, files in os.walk(f"{self.queue}/{queue}"))

    def send(self, recipient):
        subprocess.run(self.sendmail + ["-f", "load@test.invalid", "-i", recipient], check=True, input=b"Subject: load\n\ntext\n")

    def multiply(self, number):
        """Copies the one deferred message, and its log, under other queue ids."""
        originals = {}
        for queue in ("deferred", "defer"):
            for folder, _, files in os.walk(f"{self.queue}/{queue}"):
                if files:
                    path = f"{folder}/{files[0]}"
                    with open(path, "rb") as file:
                        originals[queue] = (file.read(), os.stat(path))
        due = time.time() + 3000
        start = int(time.time()) - 100_000
        for queue, (content, status) in originals.items():
            for digit in "0123456789ABCDEF":
                folder = f"{self.queue}/{queue}/{digit}"
                if not os.path.isdir(folder):
                    os.mkdir(folder, 0o700)
                    os.chown(folder, status.st_uid, status.st_gid)
            for i in range(number - 1):
                microseconds = i * 9973 % 1_000_000
                name = f"{encode(start + i, 52, 6)}{encode(microseconds, 52, 4)}z{encode(1000 + i, 51, 1)}"
                path = f"{self.queue}/{queue}/{microseconds:05X}"[:-4] + "/" + name
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                os.write(descriptor, content)
                os.fchown(descriptor, status.st_uid, status.st_gid)
                os.fchmod(descriptor, status.st_mode & 0o7777)
                os.close(descriptor)
                if queue == "deferred":
                    os.utime(path, (due, due))


class PostfixNet(System):
    def __init__(self, bin, *rest):
        self.bin = bin
        super().__init__(*rest)
        self.master = [f"{bin}/master", "-c", self.conf]
        self.start_command, self.stop_command = self.master + ["start"], self.master + ["stop"]
        self.sendmail = [f"{bin}/sendmail", "-C", self.conf]
        self.list_command = [f"{bin}/postqueue", "-c", self.conf, "-p"]
        self.flush_command = [f"{bin}/postqueue", "-c", self.conf, "-f"]

    def write(self, sink, dead):
        with open(f"{self.conf}/main.toml", "w") as file:
            file.write(f"""queue_directory = "{self.queue}"
data_directory = "{self.directory}/data"
maillog_file = "{self.directory}/maillog"
myhostname = "load.test.invalid"
relayhost = "[127.0.0.1]:{sink}"
transport_maps = "inline:{{dead.invalid=smtp:[127.0.0.1]:{dead}}}"
inet_interfaces = "127.0.0.1"
disable_dns_lookups = true
minimal_backoff_time = "3600s"
""")


class Postfix(System):
    def __init__(self, *rest):
        super().__init__(*rest)
        environment = ["env", f"MAIL_CONFIG={self.conf}"]
        self.start_command = environment + ["/usr/lib/postfix/sbin/master", "-w"]
        self.stop_command = ["sh", "-c", f"kill $(cat {self.queue}/pid/master.pid)"]
        self.sendmail = environment + ["/usr/sbin/sendmail"]
        self.list_command = environment + ["/usr/sbin/postqueue", "-p"]
        self.flush_command = environment + ["/usr/sbin/postqueue", "-f"]

    def write(self, sink, dead):
        shutil.copy("/etc/postfix/dynamicmaps.cf", self.conf)
        for name, owner, group, mode in [(d, "postfix", "root", 0o700) for d in DIRECTORIES] + [
                ("maildrop", "postfix", "postdrop", 0o1730), ("public", "postfix", "postdrop", 0o2710), ("pid", "root", "root", 0o755)]:
            os.mkdir(f"{self.queue}/{name}")
            shutil.chown(f"{self.queue}/{name}", owner, group)
            os.chmod(f"{self.queue}/{name}", mode)
        os.mkdir(f"{self.directory}/data")
        shutil.chown(f"{self.directory}/data", "postfix")
        with open(f"{self.conf}/main.cf", "w") as file:
            file.write(f"""compatibility_level = 3.6
queue_directory = {self.queue}
data_directory = {self.directory}/data
maillog_file_prefixes = {self.directory}
maillog_file = {self.directory}/maillog
myhostname = load.test.invalid
mydestination =
alias_maps =
relayhost = [127.0.0.1]:{sink}
transport_maps = inline:{{dead.invalid=smtp:[127.0.0.1]:{dead}}}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
enable_long_queue_ids = yes
minimal_backoff_time = 3600s
""")
        services = "pickup:60:1 cleanup:-:0 qmgr:300:1 rewrite:-:- bounce:-:0 defer:-:0 trace:-:0 smtp:-:- relay:-:- showq:-:- error:-:- retry:-:-"
        commands = {"rewrite": "trivial-rewrite", "defer": "bounce", "trace": "bounce", "relay": "smtp", "retry": "error"}
        with open(f"{self.conf}/master.cf", "w") as file:
            for service in services.split():
                name, wakeup, limit = service.split(":")
                private = "n" if name in ("pickup", "cleanup", "qmgr", "showq") else "-"
                file.write(f"{name} unix {private} - n {wakeup} {limit} {commands.get(name, name)}\n")
            file.write("postlog unix-dgram n - n - 1 postlogd\n")
        for name in ("main.cf", "master.cf"):  # Postfix waits for files that were changed a moment ago
            os.utime(f"{self.conf}/{name}", (time.time() - 3600,) * 2)


def wait(condition, limit=120):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            sys.exit("deferred-queue.py: waited too long")
        time.sleep(0.005)


def report(name, value):
    print(f"{name} = {value:.3f}" if isinstance(value, float) else f"{name} = {value}", flush=True)


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)
    number = int(arguments[1]) if len(arguments) > 1 else 100_000
    directory = tempfile.mkdtemp(prefix="deferred-queue-")
    sink = Sink()
    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))  # bound, but nobody listens
    rest = (directory, sink.port, refusing.getsockname()[1])
    system = Postfix(*rest) if arguments[0] == "--postfix" else PostfixNet(os.path.abspath(arguments[0]), *rest)
    running = False
    try:
        subprocess.run(system.start_command, check=True)
        running = True
        system.send("first@dead.invalid")
        wait(lambda: system.count("deferred") == 1 and system.count("defer") == 1)
        time.sleep(1)
        subprocess.run(system.stop_command, check=True)
        running = False
        system.multiply(number)
        os.sync()
        time.sleep(2)

        begin = time.monotonic()
        subprocess.run(system.start_command, check=True)
        running = True
        report("start_s", time.monotonic() - begin)
        system.send("probe@ok.invalid")
        wait(lambda: sink.messages == 1)
        report("start_to_delivery_s", time.monotonic() - begin)
        time.sleep(8)  # the scan of the deferred queue that begins with the start
        report("start_cpu_s", system.cpu())
        manager, total = system.memory()
        report("memory_qmgr_kib", manager)
        report("memory_all_kib", total)

        before, begin = system.cpu(), time.monotonic()
        usage = os.times()
        listing = subprocess.run(system.list_command, check=True, capture_output=True).stdout
        now = os.times()
        report("listing_s", time.monotonic() - begin)
        report("listing_cpu_s", system.cpu() - before + now.children_user + now.children_system - usage.children_user - usage.children_system)
        report("listing_messages", listing.count(b"@dead.invalid"))
        report("listing_memory_all_kib", system.memory()[1])

        before = system.cpu()
        subprocess.run(system.flush_command, check=True)
        time.sleep(1)
        begin = time.monotonic()
        system.send("second@ok.invalid")
        wait(lambda: sink.messages == 2)
        report("delivery_while_flushing_s", time.monotonic() - begin)
        peak = (0, 0)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            peak = tuple(map(max, peak, system.memory()))
            time.sleep(0.25)
        report("flush_20s_cpu_s", system.cpu() - before)
        report("flush_20s_tried", sum(line.count(b"status=deferred") for line in open(f"{directory}/maillog", "rb")) - 1)
        report("flush_memory_qmgr_kib", peak[0])
        report("flush_memory_all_kib", peak[1])
    finally:
        if running:
            subprocess.run(system.stop_command)
            time.sleep(1)
        shutil.rmtree(directory, ignore_errors=True)


main()
