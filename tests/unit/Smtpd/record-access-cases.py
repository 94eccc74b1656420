#!/usr/bin/env python3
"""Records what Postfix's smtpd answers: reads cases (case, set, from, C lines), writes them with its answers (S) and what it logs (L).

   record.py CASES > access-cases.txt     (as root, with Debian's postfix; leaves nothing running)
"""
import os, re, shutil, socket, subprocess, sys, tempfile, threading, time

# What the policy service says to a recipient, by the local part.
POLICY = {"refuse": "REJECT go away", "later": "DEFER_IF_PERMIT greylisted", "ok": "OK", "none": "DUNNO", "code": "550 5.1.1 no such user", "text": "450 wait",
          "class": "reject_non_fqdn_sender, permit", "hold": "HOLD", "head": "PREPEND X-Policy: yes", "bad": "BOGUS"}

def policy(port):
    def serve(connection):
        f, request = connection.makefile("rb"), {}
        for line in f:
            line = line.decode().rstrip("\n")
            if line:
                name, _, value = line.partition("=")
                request[name] = value
                continue
            local = request.get("recipient", "").split("@")[0]
            if local == "dead":
                connection.close()
                return
            connection.sendall(f"action={POLICY.get(local, 'DUNNO')}\n\n".encode())
            request = {}
    listener = socket.create_server(("127.0.0.1", port))
    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()

def cases(path):
    found, now = [], None
    for line in open(path):
        line = line.rstrip("\n")
        if line.startswith("case "):
            now = {"name": line[5:], "set": [], "from": "127.0.0.1", "say": []}
            found.append(now)
        elif line.startswith("set "): now["set"].append(line[4:])
        elif line.startswith("from "): now["from"] = line[5:]
        elif line.startswith("C: "): now["say"].append(line[3:])
    return found

def reply(stream):
    lines = []
    while True:
        line = stream.readline()
        if not line: break
        lines.append(line.decode("latin1").rstrip("\r\n"))
        if len(line) < 4 or line[3:4] != b"-": break
    return lines

def main():
    all_cases = cases(sys.argv[1])
    base = int(os.environ.get("BASE", "27000"))
    policy(base - 1)
    top = tempfile.mkdtemp(prefix="pfrec")
    os.chmod(top, 0o755)
    conf, queue, log = f"{top}/conf", f"{top}/queue", f"{top}/log"
    os.mkdir(conf); os.mkdir(queue); os.mkdir(f"{top}/data")
    shutil.chown(f"{top}/data", "postfix")
    open(f"{conf}/main.cf", "w").write(f"""compatibility_level = 3.6
queue_directory = {queue}
data_directory = {top}/data
myhostname = mx.golden.test
myorigin = golden.test
inet_interfaces = 127.0.0.1
maillog_file = {log}
maillog_file_prefixes = {top}
mynetworks = 127.0.0.1/32 [::1]/128
mydestination = mx.golden.test localhost.golden.test localhost
local_recipient_maps =
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_peername_lookup = no
defer_transports = smtp local relay
alias_maps =
smtputf8_enable = no
""")
    master = ["postlog unix-dgram n - n - 1 postlogd", "cleanup unix n - n - 0 cleanup", "rewrite unix - - n - - trivial-rewrite",
              "qmgr unix n - n 300 1 qmgr", "defer unix - - n - 0 bounce", "bounce unix - - n - 0 bounce", "trace unix - - n - 0 bounce",
              "error unix - - n - - error", "retry unix - - n - - error", "proxymap unix - - n - - proxymap", "smtp unix - - n - - smtp", "showq unix n - n - - showq", "pickup unix n - n 60 1 pickup"]
    for i, case in enumerate(all_cases):
        master.append(f"127.0.0.1:{base + i} inet n - n - - smtpd")
        master += [f"  -o {{ {s} }}".replace("POLICY", str(base - 1)) for s in case["set"]] + [f"  -o rewrite_service_name=rewrite{i}"]
        # Whose a domain is, is for trivial-rewrite to know.
        master.append(f"rewrite{i} unix - - n - - trivial-rewrite")
        master += [f"  -o {{ {s} }}".replace("POLICY", str(base - 1)) for s in case["set"]]
    open(f"{conf}/master.cf", "w").write("\n".join(master) + "\n")
    subprocess.run(["postfix", "-c", conf, "start"], check=False, stdout=sys.stderr, stderr=sys.stderr)
    time.sleep(2)
    try:
        for i, case in enumerate(all_cases):
            mark = os.path.getsize(log) if os.path.exists(log) else 0
            print(f"case {case['name']}")
            for s in case["set"]: print(f"set {s}")
            if case["from"] != "127.0.0.1": print(f"from {case['from']}")
            with socket.create_connection(("127.0.0.1", base + i), timeout=20, source_address=(case["from"], 0)) as s:
                f = s.makefile("rb")
                said = reply(f)
                if not said or not said[0].startswith("220"): print("\n".join(f"S: {l}" for l in said))
                for line in case["say"]:
                    print(f"C: {line}")
                    s.sendall(line.replace("\\r\\n", "\r\n").encode("latin1") + b"\r\n")
                    r = reply(f)
                    print("\n".join(f"S: {l}" for l in r) if r else "S: (closed)")
            time.sleep(0.3)
            text = open(log, errors="replace").read()[mark:]
            for line in text.split("\n"):
                m = re.search(r"smtpd\[\d+\]: (.*)", line)
                if m and re.search(r": (reject|reject_warning|warn|info|hold|discard|redirect|bcc|prepend|filter|permit): |^warning: (?!dict_inline|Illegal)", m.group(1)):
                    print("L: " + re.sub(r"^[0-9A-Za-z]{8,}: ", "ID: ", m.group(1)))
            print()
    finally:
        subprocess.run(["postfix", "-c", conf, "stop"], stdout=sys.stderr, stderr=sys.stderr)
        if not os.environ.get("KEEP"): shutil.rmtree(top)
        else: print(top, file=sys.stderr)

main()
