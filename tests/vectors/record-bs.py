#!/usr/bin/env python3
"""Makes the vectors of "sendmail -bs": what a real Postfix says to a client on standard input, and the files that it leaves in maildrop.

Needs root and an installed Postfix 3.7, whose configuration and queue are not touched. Writes bs.json beside this file: for each case what
the client sends (latin-1), all that it is told, and the files, a list of records [letter, payload] each."""
import json, os, pathlib, subprocess, tempfile

here = pathlib.Path(__file__).resolve().parent
MAIL = "MAIL FROM:<alice@origin.test>\r\nRCPT TO:<bob@sink.test>\r\n"
TEXT = "Subject: golden\r\n\r\nHello.\r\n"
long_line = "x" * 5000

CASES = {
    "one": f"EHLO client.test\r\n{MAIL}DATA\r\n{TEXT}.\r\nQUIT\r\n",
    "helo": f"HELO client.test\r\n{MAIL}DATA\r\n{TEXT}.\r\nQUIT\r\n",
    "no-helo": f"{MAIL}DATA\r\n{TEXT}.\r\nQUIT\r\n",
    "two-messages": f"EHLO client.test\r\n{MAIL}DATA\r\n{TEXT}.\r\n{MAIL}DATA\r\nSubject: two\r\n\r\n.\r\nQUIT\r\n",
    "two-recipients": f"EHLO client.test\r\n{MAIL}RCPT TO:<carol@sink.test>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "null-sender": f"EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<bob@sink.test>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "local-names": f"EHLO client.test\r\nMAIL FROM:<alice>\r\nRCPT TO:<bob>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "quoted": f"EHLO client.test\r\nMAIL FROM:<\"a b\"@origin.test>\r\nRCPT TO:<\"c d\"@sink.test>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "route": f"EHLO client.test\r\nMAIL FROM:<@x.test:alice@origin.test>\r\nRCPT TO:<@x.test,@y.test:bob@sink.test>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "8bit": f"EHLO client.test\r\nMAIL FROM:<alice@origin.test> BODY=8BITMIME SIZE=100\r\nRCPT TO:<bob@sink.test>\r\nDATA\r\nSubject: \xc3\xa9\r\n\r\n\xc3\xa9\xff\r\n.\r\nQUIT\r\n",
    "7bit": f"EHLO client.test\r\nMAIL FROM:<alice@origin.test> BODY=7BIT\r\nRCPT TO:<bob@sink.test>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "smtputf8": f"EHLO client.test\r\nMAIL FROM:<j\xc3\xb6rg@origin.test> SMTPUTF8\r\nRCPT TO:<b\xc3\xb6b@sink.test>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "dsn": f"EHLO client.test\r\nMAIL FROM:<alice@origin.test>\r\nRCPT TO:<bob@sink.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+2By@sink.test\r\nRCPT TO:<carol@sink.test> NOTIFY=NEVER\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "dots": f"EHLO client.test\r\n{MAIL}DATA\r\nSubject: dots\r\n\r\n..\r\n..x\r\n.x\r\nx.\r\n.\r\nQUIT\r\n",
    "bare-lf": f"EHLO client.test\n{MAIL}DATA\nSubject: lf\n\n..dot\nline\n.\nQUIT\n",
    "bare-cr": f"EHLO client.test\r\n{MAIL}DATA\r\nSubject: cr\r\n\r\na\rb\r\n.\r\nQUIT\r\n",
    "long-line": f"EHLO client.test\r\n{MAIL}DATA\r\nSubject: long\r\n\r\n{long_line}\r\n.\r\nQUIT\r\n",
    "mbox": f"EHLO client.test\r\n{MAIL}DATA\r\nFrom someone Mon Jan  1 00:00:00 2024\r\n{TEXT}.\r\nQUIT\r\n",
    "folded-first": f"EHLO client.test\r\n{MAIL}DATA\r\n folded\r\n{TEXT}.\r\nQUIT\r\n",
    "empty": f"EHLO client.test\r\n{MAIL}DATA\r\n.\r\nQUIT\r\n",
    "bdat": f"EHLO client.test\r\n{MAIL}BDAT {len(TEXT)}\r\n{TEXT}BDAT 7 LAST\r\n.\r\n.x\r\nQUIT\r\n",
    "bdat-no-line-end": f"EHLO client.test\r\n{MAIL}BDAT {len(TEXT) + 3} LAST\r\n{TEXT}endQUIT\r\n",
    "reset": f"EHLO client.test\r\n{MAIL}RSET\r\n{MAIL}DATA\r\n{TEXT}.\r\nQUIT\r\n",
    "wrong-recipient": f"EHLO client.test\r\nMAIL FROM:<alice@origin.test>\r\nRCPT TO:<>\r\nRCPT TO:<bob@sink.test>\r\nDATA\r\n{TEXT}.\r\nQUIT\r\n",
    "eof-in-data": f"EHLO client.test\r\n{MAIL}DATA\r\n{TEXT}",
    "eof-in-bdat": f"EHLO client.test\r\n{MAIL}BDAT 100 LAST\r\n{TEXT}",
    "eof-after-rcpt": f"EHLO client.test\r\n{MAIL}",
    "no-quit": f"EHLO client.test\r\n{MAIL}DATA\r\n{TEXT}.\r\n",
    "refused-words": "EHLO client.test\r\nXCLIENT NAME=x\r\nXFORWARD NAME=x\r\nSTARTTLS\r\nAUTH PLAIN x\r\nVRFY bob@sink.test\r\nNONSENSE\r\nDATA\r\nQUIT\r\n",
}


def records(path):
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        letter, at, length, shift = chr(data[at]), at + 1, 0, 0
        while True:
            byte, at = data[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        found.append([letter, data[at:at + length].decode("latin-1")])
        at += length
    return found


with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
    root = pathlib.Path(name)
    root.chmod(0o755)
    (root / "conf").mkdir()
    (root / "data").mkdir()
    for directory in "maildrop public private pid active incoming deferred".split():
        (root / "q" / directory).mkdir(parents=True)
    subprocess.run(f"chown postfix {root}/q/* {root}/data; chown root {root}/q/pid; chgrp postdrop {root}/q/maildrop {root}/q/public; chmod 1730 {root}/q/maildrop", shell=True, check=True)
    (root / "conf/master.cf").write_text("")
    (root / "conf/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {root}/q
data_directory = {root}/data
myhostname = mta.golden.test
myorigin = golden.test
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
inet_interfaces = loopback-only
local_recipient_maps =
alias_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
""")
    result = {}
    for case, said in CASES.items():
        run = subprocess.run(["/usr/sbin/sendmail", "-bs"], input=said.encode("latin-1"), capture_output=True, timeout=60, env={"PATH": "/usr/sbin:/usr/bin:/bin", "MAIL_CONFIG": f"{root}/conf", "TZ": "UTC"})
        # In the order of submission.
        files = sorted((root / "q/maildrop").iterdir(), key=lambda file: file.stat().st_mtime_ns)
        result[case] = {"said": said, "told": run.stdout.decode("latin-1"), "status": run.returncode, "files": [records(file) for file in files], "ids": [file.name for file in files]}
        for file in files:
            file.unlink()
    (here / "bs.json").write_text(json.dumps(result, indent=1) + "\n")
