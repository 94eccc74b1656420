#!/usr/bin/env python3
"""What real Postfix makes of the messages of tests/unit/Checks, and how much of it is what ours makes.

    CHECKS_SEED=7 CHECKS_CASES=cases.json CHECKS_OUTPUT=ours.txt dotnet test tests/unit -c Release --filter ChecksTests
    checks-beside-postfix.py cases.json postfix.txt ours.txt

The first line makes the messages of a seed (without one: those of the test itself) with their settings, and writes what ours does; with a
seed that is not the test's own it fails, because tests/vectors/checks.txt has other messages. The second, as root where Postfix 3.7 is
installed, sends the messages to a Postfix of its own below /tmp, on a port of loopback and without queue manager, and writes its replies,
its log and its queue files in the form of tests/vectors/checks.txt. Nothing leaves the machine.
"""
import glob, json, os, re, sys, time

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
smtpd_soft_error_limit = 100000
smtpd_hard_error_limit = 100000
local_recipient_maps =
proxy_read_maps =
in_flow_delay = 0
maillog_file = {log}
maillog_file_prefixes = /tmp
"""
MASTER = """127.0.0.1:{port} inet n - n - 1 smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
"""


def summary(path):
    lines, content, extracted, received = [], False, False, False
    for kind, payload in records(path):
        content = kind == "M" or content and kind != "X"
        extracted |= kind == "X"
        if kind in "R>":
            lines.append(("R " if kind == "R" else "T ") + payload)
        elif extracted and kind == "L":
            lines.append("F " + payload)
        elif content and kind in "NL":
            received = payload.startswith("Received: from client.test") or received and payload[:1] in (" ", "\t")
            if not received:
                lines.append(f"{kind} {escaped(payload)}")
    return lines


def send(client, case):
    client.ask(f"MAIL FROM:<{case['sender']}>")
    for recipient in case["recipients"]:
        client.ask(f"RCPT TO:<{recipient}>")
    client.ask("DATA")
    return client.content(case["lines"])


def play(name, scene, cases, results):
    port = free_port()
    settings = "".join(f"{k} = {v}\n" for k, v in scene["values"].items()).replace("{", "{{").replace("}", "}}")
    with instance(f"checks {name}", MAIN + settings, MASTER, scene["tables"].items(), port=port) as postfix:
        client = Client(port)
        for case in cases:
            reply = send(client, case)
            lines = results[case["number"]] = ["P " + re.sub(r"(250 2.0.0 Ok): queued as .*", r"\1", reply)]
            lines.append("G")
            for path in glob.glob(f"{postfix.queue}/incoming/*") + glob.glob(f"{postfix.queue}/hold/*"):
                lines += ["Z " + path.split("/")[-2]] + summary(path)
                os.unlink(path)
        client.ask("QUIT")
        time.sleep(1)
        logs = []
        for line in open(postfix.log, encoding="latin1"):
            text = re.sub(r"^.{15} \S+ ", "", line.rstrip("\n"))
            program, text = text.split(": ", 1) if ": " in text else (text, "")
            if "smtpd[" in program and re.match(r"\w+: client=", text):
                logs.append([])
            elif "cleanup[" in program and not re.search("message-id=|public/qmgr|header Received: from client", text) and logs:
                logs[-1].append("G " + escaped(re.sub(r"(^|warning: )[0-9A-Za-z]{12,20}: ", r"\1", text)))
        assert len(logs) == len(cases), (len(logs), len(cases))
        for case, found in zip(cases, logs):
            lines = results[case["number"]]
            lines[1:2] = found


def read(path):
    cases, current = {}, None
    for line in open(path, encoding="latin1"):
        line = line.rstrip("\n")
        if line.startswith("case "):
            current = cases[int(line[5:])] = []
        else:
            current.append(line)
    return cases


def main():
    given, results = json.load(open(sys.argv[1])), {}
    for name, scene in given["scenes"].items():
        play(name, scene, [c for c in given["cases"] if c["scene"] == name], results)
    with open(sys.argv[2], "w", encoding="latin1") as f:
        for number in sorted(results):
            f.write(f"case {number}\n" + "".join(line + "\n" for line in results[number]))
    ours = read(sys.argv[3])
    differ = [n for n in results if results[n] != ours[n]]
    print(f"{len(results)} messages, {len(results) - len(differ)} the same; different: {differ}")


main()
