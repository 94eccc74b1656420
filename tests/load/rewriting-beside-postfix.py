#!/usr/bin/env python3
"""What real Postfix makes of the messages of tests/unit/Rewriting, and how much of it is what ours makes.

    REWRITING_SEED=7 REWRITING_CASES=cases.json REWRITING_OUTPUT=ours.txt dotnet test tests/unit -c Release --filter Rewriting
    rewriting-beside-postfix.py cases.json postfix.txt ours.txt

For tables that change addresses (tests/vectors/rewriting-maps.txt) the variables are MAPS_CASES and MAPS_OUTPUT; the file of cases has the settings, too.
The first line makes the messages of a seed (without one: those of the test itself) and writes what we make of them; with a seed that is
not the test's own it fails, because tests/vectors has other messages. The second, as root where Postfix 3.7 is installed, sends the messages
through a Postfix of its own below /tmp, without queue manager, writes what became of them in the form of tests/vectors/rewriting.txt, and
compares. Nothing leaves the machine. With two files of results, in place of three, it only compares them.
"""
import collections, glob, json, os, re, shutil, subprocess, sys, time

from real_postfix import records

SCENES = {
    "plain": "",
    "limits": "header_address_token_limit = 12\nheader_size_limit = 300\n",
    "hops": "hopcount_limit = 4\n",
    "copies": "always_bcc = archive\n",
    "aliases": "recipient_delimiter = +\nvirtual_alias_recursion_limit = 4\nvirtual_alias_maps = texthash:{conf}/virtual\n",
}
ALIASES = """eve a@x.test
team@golden.test t1@x.test, t2@x.test, local
@cat.test c@x.test
bob@q.test bob+z@y.test
x@d.test @e.test
sub+tag@golden.test exact@x.test
l1 l2
l2 l3
l3 l4
l4 l5
l5 end@x.test
none ,
nobody ()
self self, other
all eve, team, last@z.test
loop1 loop2
loop2 loop1
"""
MAIN = """compatibility_level = 3.6
myhostname = mta.golden.test
mydomain = golden.test
myorigin = golden.test
mydestination =
queue_directory = {queue}
data_directory = {data}
enable_long_queue_ids = no
inet_interfaces = loopback-only
in_flow_delay = 0
maillog_file = {log}
maillog_file_prefixes = /tmp
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG POSTLOG_SERVICE POSTLOG_HOSTNAME TZ=UTC
"""
MASTER = """pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
trace unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
"""
MADE = ("received: by mta.golden.test", "message-id:", "date:", "resent-message-id:", "resent-date:")


def escaped(text):
    out = []
    for c in text:
        out.append({"\n": "\\n", "\t": "\\t", "\\": "\\\\"}.get(c) or (c if " " <= c <= "~" else "\\x%02x" % ord(c)))
    return "".join(out)


def summary(found):
    """As RewritingTests.Summary."""
    lines, headers, original, dsn, notify, encoding = [], [], "", "", "0", ""
    inside, starts = False, True
    for kind, payload in found:
        if kind == "S":
            lines.append("S " + escaped(payload))
        elif kind == "O":
            original = payload
        elif kind == "A" and payload.startswith("notify_flags="):
            notify = payload[13:]
        elif kind == "A" and payload.startswith("dsn_orig_rcpt="):
            dsn = payload[14:]
        elif kind == "A" and payload.startswith("encoding="):
            encoding = payload[9:]
        elif kind == "A" and payload.startswith("envelope_id="):
            lines.append("V " + escaped(payload[12:]))
        elif kind == "R":
            lines.append(f"R {escaped(payload)} | {escaped(original)} | {escaped(dsn)} | {notify}")
            original, dsn, notify = "", "", "0"
        elif kind == "M":
            inside = True
        elif kind in "LN" and inside:
            if starts and not payload:
                inside = False
            elif not starts:
                headers[-1] += payload
            elif payload[0] in " \t" and headers:
                headers[-1] += "\n" + payload
            else:
                headers.append(payload)
            starts = kind == "N"
    size = found[0][1].split()
    lines.append(f"Q {size[3]} {size[5] if len(size) > 5 else 0} {encoding}")
    return lines + ["H " + escaped(h) for h in headers if not h.lower().startswith(MADE)]


def returned(found):
    """The header of the message that a notice returns."""
    texts = "".join(p + ("\n" if k == "N" else "") for k, p in found if k in "NL")
    at = texts.rfind("Content-Type: message/rfc822")
    if at < 0:
        at = texts.rfind("Content-Type: text/rfc822-headers")
    head = texts[texts.index("\n\n", at) + 2:].split("\n\n")[0]
    headers = []
    for line in head.split("\n"):
        if line[:1] in " \t" and headers:
            headers[-1] += "\n" + line
        else:
            headers.append(line)
    made = MADE + ("return-path:",)
    return ["B"] + ["H " + escaped(h) for h in headers if not h.lower().startswith(made)]


def settings(scene, conf):
    lines = [f"{name} = {value}" for name, value in scene["values"].items()]
    for name, text in scene["tables"].items():
        with open(f"{conf}/{name}", "w") as f:
            f.write(text + "\n")
        lines.append(f"{name} = texthash:{conf}/{name}")
    return "\n".join(lines) + "\n"


def play(scene, cases, results):
    top = f"/tmp/rewriting.{os.getpid()}.{scene.replace(' ', '-')}"
    conf, queue, data, log = (f"{top}/{name}" for name in ("conf", "queue", "data", "log"))
    os.makedirs(conf)
    os.makedirs(queue)
    os.makedirs(data)
    shutil.chown(data, "postfix")
    os.chmod(top, 0o755)
    with open(f"{conf}/main.cf", "w") as f:
        f.write(MAIN.format(queue=queue, data=data, log=log) + (SCENES[scene].format(conf=conf) if isinstance(SCENES[scene], str) else settings(SCENES[scene], conf)))
    with open(f"{conf}/master.cf", "w") as f:
        f.write(MASTER)
    with open(f"{conf}/virtual", "w") as f:
        f.write(ALIASES)
    subprocess.run(["postfix", "-c", conf, "start"], check=True, stderr=subprocess.DEVNULL)
    try:
        for case in cases:
            before = set(os.listdir(f"{queue}/maildrop"))
            run = subprocess.run([b"sendmail", b"-C", conf.encode()] + [a.encode("latin1") for a in case["arguments"]],
                                 input=case["input"].encode("latin1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            results[case["number"]] = [f"X {run.returncode}"]
        still, since = None, time.time()
        while time.time() - since < 12 and os.listdir(f"{queue}/maildrop") or time.time() - since < 3:
            now = sorted(os.listdir(f"{queue}/maildrop")), sorted(glob.glob(f"{queue}/incoming/*"))
            if now != still:
                still, since = now, time.time()
            time.sleep(0.3)
        for path in glob.glob(f"{queue}/maildrop/*") + glob.glob(f"{queue}/incoming/*"):
            found = list(records(path, follow=True))
            text = "\n".join(p for k, p in found if k in "NL")
            number = re.findall(r"^case (\d+)$", text, re.M)
            if not number:
                print(f"{path}: no case", file=sys.stderr)
            elif "/maildrop/" in path:
                results[int(number[-1])].append("K")
            elif any(k == "S" and p == "" for k, p in found) and "multipart/report" in text:
                results[int(number[-1])] += returned(found)
            else:
                results[int(number[-1])] += summary(found)
    finally:
        subprocess.run(["postfix", "-c", conf, "stop"], stderr=subprocess.DEVNULL)
    shutil.rmtree(top)


def read(path):
    cases, current = {}, None
    for line in open(path, encoding="latin1"):
        line = line.rstrip("\n")
        if line.startswith("case "):
            current = cases[int(line[5:])] = []
        else:
            current.append(line)
    return cases


def addresses(lines):
    found = []
    for line in lines:
        if line[0] == "S":
            found.append(line)
        elif line[0] == "R":
            found += ["R " + part for part in line[2:].split(" | ")[:2]]
        elif re.match(r"H (From|To|Cc|Bcc|Reply-To):", line):
            body = re.sub(r"\\[nt]", " ", line.split(":", 1)[1])
            found += [line.split(":")[0] + " " + a for a in re.findall(r'(?:"(?:\\.|[^"])*"|[^\s<>,;:()"@]+)@[^\s<>,;:()"]*', body)]
    return found


def compare(postfix, ours, kinds):
    total, differ, by = collections.Counter(), collections.Counter(), collections.defaultdict(collections.Counter)
    for number, theirs in postfix.items():
        mine = ours[number]
        total["messages"] += 1
        if theirs != mine:
            differ["messages"] += 1
            by[kinds.get(number, "")]["messages"] += 1
        refused = {theirs[0], mine[0]} & {"X 75"}
        total["refused or kept alike"] += 1
        if (len(theirs) == 1) != (len(mine) == 1) or theirs[0] != mine[0]:
            differ["refused or kept alike"] += 1
            by[kinds.get(number, "")]["refused or kept alike"] += 1
        for what, of in (("headers", lambda lines: [l for l in lines if l[0] == "H"]), ("addresses", addresses),
                         ("senders and recipients", lambda lines: [l for l in lines if l[0] in "SR"])):
            a, b = collections.Counter(of(theirs)), collections.Counter(of(mine))
            lost = (a - b).total()
            total[what] += a.total()
            differ[what] += lost
            if lost:
                by[kinds.get(number, "")][what] += lost
            if refused:
                differ[what + " of what only one refuses"] += lost
    for what in total:
        print(f"{what}: {total[what]}, the same {100 - 100 * differ[what] / total[what]:.2f} %, {differ[what]} differ"
              f" (of what only one refuses: {differ[what + ' of what only one refuses']})")
    for kind in sorted(by, key=lambda k: -by[k]["headers"]):
        print(f"  {kind}: " + ", ".join(f"{what} {n}" for what, n in by[kind].items()))


def main():
    if len(sys.argv) == 3:
        compare(read(sys.argv[1]), read(sys.argv[2]), {})
        return
    cases = json.load(open(sys.argv[1]))
    if isinstance(cases, dict):
        SCENES.clear()
        SCENES.update(cases["scenes"])
        cases = cases["cases"]
    results = {}
    for scene in SCENES:
        play(scene, [c for c in cases if c["scene"] == scene], results)
    with open(sys.argv[2], "w", encoding="latin1") as f:
        for number in sorted(results):
            f.write(f"case {number}\n" + "".join(line + "\n" for line in results[number]))
    compare(results, read(sys.argv[3]), {c["number"]: c["kind"] for c in cases})


main()
