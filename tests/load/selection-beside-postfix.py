#!/usr/bin/env python3
"""Lists, and acts on, a large deferred queue with our programs and with real Postfix's, each on a queue of its own, and prints the times.

    selection-beside-postfix.py [--messages 100000] [--bin artifacts/postfix.net/bin] [--directory /var/tmp/selection-load]

Not a test: it says how long things take here. As root; needs Debian's postfix (its own configuration is not touched) and jq.
"""
import argparse, json, os, pwd, grp, random, shutil, subprocess, sys, time

ARRIVAL = int(time.time()) - 7200


def records(*items):
    out = b""
    for kind, text in items:
        data = text.encode()
        out += kind.encode() + length(len(data)) + data
    return out


def length(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def message(number):
    domain = f"d{number % 500}.example"
    sender = f"news{number % 50}@origin.example"
    head = [("T", f"{ARRIVAL - number % 3600} 123456"), ("A", f"create_time={ARRIVAL}"), ("A", "rewrite_context=local"), ("S", sender),
            ("A", "log_client_name=localhost"), ("O", f"user{number}@{domain}"), ("R", f"user{number}@{domain}")]
    body = [("N", f"Subject: message {number}"), ("N", f"From: {sender}"), ("N", f"Message-Id: <{number}@origin.example>"), ("N", "")] + [("N", "line of text " * 5)] * 10
    size_length = 97
    before = records(*head) + b"M\0"
    content = records(*body)
    data = size_length + len(before)
    recipient = size_length + len(records(*head[:-1]))
    size = f"{len(content):15d} {data:15d} {1:15d} {0:15d} {len(content):15d} {0:15d}"
    log = (f"\n<user{number}@{domain}>: connect to mx.{domain}[192.0.2.{number % 250}]:25: Connection timed out\nrecipient=user{number}@{domain}\noffset={recipient}\n"
           f"dsn_orig_rcpt=rfc822;user{number}@{domain}\nstatus=4.4.1\naction=delayed\nreason=connect to mx.{domain}[192.0.2.{number % 250}]:25: Connection timed out\n\n")
    return records(("C", size)) + before + content + b"X\0E\0", log.encode()


def make_queue(directory, count, uid, gid):
    for name in "maildrop incoming active deferred corrupt hold bounce defer trace flush saved pid private public digest rules".split():
        os.makedirs(f"{directory}/{name}", exist_ok=True)
        if name != "pid":
            os.chown(f"{directory}/{name}", uid, gid)
        os.chmod(f"{directory}/{name}", 0o700)
    for one in "0123456789ABCDEF":
        for name in ("deferred", "defer"):
            os.makedirs(f"{directory}/{name}/{one}", exist_ok=True)
            os.chown(f"{directory}/{name}/{one}", uid, gid)
            os.chmod(f"{directory}/{name}/{one}", 0o700)
    due = time.time() + 3600  # no later than maximal_backoff_time: our queue manager takes that for a clock that was set back
    for number in range(count):
        content, log = message(number)
        path = f"{directory}/new"
        with open(path, "wb") as file:
            file.write(content)
        queue_id = f"{random.randrange(1_000_000):05X}{os.stat(path).st_ino:X}"
        os.chown(path, uid, gid)
        os.chmod(path, 0o700)
        os.utime(path, (due, due))
        os.rename(path, f"{directory}/deferred/{queue_id[0]}/{queue_id}")
        path = f"{directory}/defer/{queue_id[0]}/{queue_id}"
        with open(path, "wb") as file:
            file.write(log)
        os.chown(path, uid, gid)
        os.chmod(path, 0o600)


def timed(what, command, shell=False):
    start = time.monotonic()
    done = subprocess.run(["/usr/bin/time", "-f", "%M"] + (["sh", "-c", command] if shell else command), capture_output=True)
    took = time.monotonic() - start
    lines = done.stderr.decode().strip().split("\n")
    print(f"{what:55s} {took:8.2f} s   {int(lines[-1]) / 1024:6.1f} MB   {lines[-2][:70] if len(lines) > 1 else ''}", flush=True)
    return took


def first_line(command):
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        took = time.monotonic() - start
        process.stdout.read()
    return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--bin", default="artifacts/postfix.net/bin")
    parser.add_argument("--directory", default="/var/tmp/selection-load")
    options = parser.parse_args()
    root = options.directory
    owner = pwd.getpwnam("postfix")
    drop = grp.getgrnam("postdrop")
    shutil.rmtree(root, ignore_errors=True)
    results = {}
    try:
        for name in ("ours", "theirs"):
            os.makedirs(f"{root}/{name}/conf")
            os.makedirs(f"{root}/{name}/data")
            os.chmod(root, 0o755)
            make_queue(f"{root}/{name}/queue", options.messages, owner.pw_uid, owner.pw_gid)
        with open(f"{root}/ours/conf/main.toml", "w") as file:
            file.write(f'queue_directory = "{root}/ours/queue"\nmail_owner = "postfix"\nsetgid_group = "postdrop"\nmaillog_file = "{root}/ours/log"\nhash_queue_depth = 1\n'
                       'inet_interfaces = "127.0.0.1"\nmyhostname = "load.example"\nqueue_run_delay = "1h"\n')
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../conf/master.toml"), f"{root}/ours/conf/master.toml")
        with open(f"{root}/theirs/conf/main.cf", "w") as file:
            file.write(f"compatibility_level = 3.6\nqueue_directory = {root}/theirs/queue\ndata_directory = {root}/theirs/data\nmail_owner = postfix\nsetgid_group = postdrop\nhash_queue_depth = 1\n"
                       f"maillog_file = {root}/theirs/log\nmaillog_file_prefixes = {root}\nmyhostname = load.example\nqueue_run_delay = 1h\ninet_interfaces = 127.0.0.1\n")
        with open("/etc/postfix/master.cf") as source, open(f"{root}/theirs/conf/master.cf", "w") as file:
            for line in source:
                if not line.startswith(("smtp      inet", "smtp inet")) and "inet" not in line.split("#")[0]:
                    file.write(line)
            file.write("postlog unix-dgram n - n - 1 postlogd\n")
        os.chown(f"{root}/theirs/data", owner.pw_uid, owner.pw_gid)
        os.chown(f"{root}/theirs/queue/maildrop", owner.pw_uid, drop.gr_gid)
        os.chmod(f"{root}/theirs/queue/maildrop", 0o730)
        os.chown(f"{root}/theirs/queue/public", owner.pw_uid, drop.gr_gid)
        os.chmod(f"{root}/theirs/queue/public", 0o710)
        ours, theirs = ["-c", f"{root}/ours/conf"], ["-c", f"{root}/theirs/conf"]
        bin = os.path.abspath(options.bin)
        subprocess.run(["chown", "-R", "root", f"{root}/theirs/conf", f"{root}/ours/conf"])
        subprocess.run([f"{bin}/master", *ours, "start"], check=True)
        subprocess.run(["postfix", *theirs, "start"], check=True, stderr=subprocess.DEVNULL)
        time.sleep(2)
        subprocess.run(["postqueue", *theirs, "-j"], stdout=subprocess.DEVNULL)  # the disk's cache
        subprocess.run([f"{bin}/postqueue", *ours, "-j"], stdout=subprocess.DEVNULL)
        for what in ("-p", "-j"):
            them = timed(f"Postfix: postqueue {what}", f"postqueue {' '.join(theirs)} {what} >/dev/null", shell=True)
            us = timed(f"ours: postqueue {what}", f"{bin}/postqueue {' '.join(ours)} {what} >/dev/null", shell=True)
            results[f"list {what}"] = us / them
            showq = [line for line in subprocess.run(["ps", "-eo", "rss,args"], capture_output=True, text=True).stdout.split("\n") if f"{bin}/postqueue" in line and "showq" in line]
            print("   the service showq:", [f"{int(line.split()[0]) / 1024:.1f} MB" for line in showq])
        print(f"   first line: {min(first_line([f'{bin}/postqueue', *ours, '-p']) for _ in range(3)) * 1000:.0f} ms")
        us = timed("ours: postqueue -p --by-next-attempt", f"{bin}/postqueue {' '.join(ours)} -p --by-next-attempt >/dev/null", shell=True)
        us = timed("ours: postqueue -p --match (few)", f"{bin}/postqueue {' '.join(ours)} -p --match 'domain=d7.example and reason~timed' >/dev/null", shell=True)
        jq = 'select(.recipients[].address | endswith("5.example")) | .queue_id'
        for option, queue, word in (("-h", "deferred", "filtered hold"), ("-H", "hold", "filtered release")):
            them = timed(f"Postfix: postqueue -j | jq | postsuper {option} -", f"postqueue {' '.join(theirs)} -j | jq -r '{jq}' | postsuper {' '.join(theirs)} {option} - 2>&1 | tail -1 >&2", shell=True)
            us = timed(f"ours: postsuper {option} ALL --match", f"{bin}/postsuper {' '.join(ours)} {option} ALL {queue} --match 'domain=*5.example' 2>&1 | tail -1 >&2", shell=True)
            results[word] = us / them
        them = timed("Postfix: postsuper -d ALL", ["postsuper", *theirs, "-d", "ALL"])
        us = timed("ours: postsuper -d ALL", [f"{bin}/postsuper", *ours, "-d", "ALL"])
        results["delete ALL"] = us / them
        for what, ratio in results.items():
            print(f"{what:30s} {ratio:.2f} of Postfix's time")
    finally:
        subprocess.run([f"{os.path.abspath(options.bin)}/master", "-c", f"{root}/ours/conf", "stop"], stderr=subprocess.DEVNULL)
        subprocess.run(["postfix", "-c", f"{root}/theirs/conf", "stop"], stderr=subprocess.DEVNULL)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
