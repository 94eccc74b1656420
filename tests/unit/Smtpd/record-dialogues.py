#!/usr/bin/env python3
"""Records what Postfix's smtpd answers to whole sessions, and the lines of its log that tell how they went.

   record-dialogues.py > dialogues.json     (as root, with Debian's postfix; leaves nothing running)

Each session: what is sent, each with the replies to it ("send", "replies": characters are octets; the greeting is left out), and the log.
"""
import json, os, re, shutil, socket, subprocess, sys, tempfile, time

PORT = int(os.environ.get("PORT", "27900"))

E1=['EHLO c.test']
M=E1+['MAIL FROM:<a@b.test>']
R=M+['RCPT TO:<x@y.test>']
D=R+['DATA']
S=[]
def t(*x): S.append(list(x))
for c in ['','NOOP','NOOP x','NOOP x y','noop','RSET','RSET x','HELP','HELP x','VRFY','VRFY a@b.test','VRFY <a@b.test>','VRFY "a b"@c','VRFY x y','EXPN x','EXPN','ETRN x','ETRN','TURN','SEND FROM:<a@b>','QUIT x','QUIT','FOO','FOO BAR','GET / HTTP/1.0','POST / HTTP/1.1','CONNECT x','  NOOP','\tNOOP','NOOP\t','XCLIENT NAME=x','XFORWARD NAME=x','STARTTLS','STARTTLS x','AUTH PLAIN','AUTH','BDAT','DATA','DATA x','MAIL','RCPT','HELO','EHLO','HELO x','EHLO x','HELO x y','EHLO x y','HELO [1.2.3.4]','EHLO [IPv6:::1]','HELO x_y','EHLO \xff','EHLO <script>','EHLO '+'a'*300,'HELO '+'a'*2000,'\x80\x80','A'*2100,'MAIL FROM:<a@b.test>','RCPT TO:<a@b.test>','HELO;x']:
    t(c); t(*(E1+[c])); 
for c in ['MAIL FROM:a@b.test','MAIL FROM: <a@b.test>','MAIL FROM:<a@b.test> ','MAIL FROM:<a@b.test>  SIZE=10','MAIL FROM:<a@b.test>SIZE=10','MAIL FROM <a@b.test>','MAIL FROM : <a@b.test>','mail from:<a@b.test>','MAIL  FROM:<a@b.test>','MAIL FROM:<>','MAIL FROM:< >','MAIL FROM:','MAIL FROM:<a>','MAIL FROM:<a@>','MAIL FROM:<@b.test>','MAIL FROM:<@x:a@b.test>','MAIL FROM:<@x,@y:a@b.test>','MAIL FROM:<a@b.test','MAIL FROM:a@b.test>','MAIL FROM:<<a@b.test>>','MAIL FROM:<a@b.test>>','MAIL FROM:<"a b"@c.test>','MAIL FROM:<a b@c.test>','MAIL FROM:<"a@b.test>','MAIL FROM:<a@b..test>','MAIL FROM:<a@.test>','MAIL FROM:<.a@b.test>','MAIL FROM:<a@b.test.>','MAIL FROM:<a@[1.2.3.4]>','MAIL FROM:<a@[IPv6:::1]>','MAIL FROM:<a@[x]>','MAIL FROM:<a@1.2.3.4>','MAIL FROM:Name <a@b.test>','MAIL FROM:<a@b.test> SIZE=','MAIL FROM:<a@b.test> SIZE=x','MAIL FROM:<a@b.test> SIZE=-1','MAIL FROM:<a@b.test> SIZE=10001','MAIL FROM:<a@b.test> SIZE=10000','MAIL FROM:<a@b.test> SIZE=99999999999999999999','MAIL FROM:<a@b.test> BODY=8BITMIME','MAIL FROM:<a@b.test> body=7bit','MAIL FROM:<a@b.test> BODY=BINARYMIME','MAIL FROM:<a@b.test> BODY=x','MAIL FROM:<a@b.test> BODY','MAIL FROM:<a@b.test> RET=FULL','MAIL FROM:<a@b.test> RET=x','MAIL FROM:<a@b.test> RET=HDRS RET=FULL','MAIL FROM:<a@b.test> ENVID=abc','MAIL FROM:<a@b.test> ENVID=','MAIL FROM:<a@b.test> ENVID=a+2Bb','MAIL FROM:<a@b.test> ENVID=a+zz','MAIL FROM:<a@b.test> ENVID='+'a'*101,'MAIL FROM:<a@b.test> AUTH=<>','MAIL FROM:<a@b.test> AUTH=x','MAIL FROM:<a@b.test> SMTPUTF8','MAIL FROM:<a@b.test> SMTPUTF8=x','MAIL FROM:<\xc3\xa9@b.test>','MAIL FROM:<\xc3\xa9@b.test> SMTPUTF8','MAIL FROM:<\xe9@b.test> SMTPUTF8','MAIL FROM:<a@b.test> FOO','MAIL FROM:<a@b.test> FOO=BAR','MAIL FROM:<a@b.test> REQUIRETLS','MAIL FROM:<a@b.test> XVERP','MAIL FROM:<a@b.test> XVERP=+=','MAIL FROM:<a@b.test> MT-PRIORITY=1','MAIL FROM:<'+'a'*70+'@b.test>','MAIL FROM:<a@'+'b'*250+'.test>','MAIL FROM:<'+'a'*900+'@b.test>','MAIL FROM:<a\x00b@c.test>','MAIL FROM:<a%b@c.test>','MAIL FROM:<a!b>','MAIL FROM:<"">','MAIL FROM:<""@b.test>','MAIL FROM:<a@b.test>\t','MAIL FROM:<a\\@x@b.test>','MAIL FROM:<a@b@c.test>','MAIL FROM:<a,b@c.test>','MAIL FROM:<a;b@c.test>','MAIL FROM:<a:b@c.test>','MAIL FROM:<(c)a@b.test>','MAIL FROM:<a@b.test(c)>','MAIL FROM:<postmaster>','MAIL FROM:<a@b.test> size=10 body=8bitmime ret=hdrs envid=q']:
    t(*(E1+[c])); t('HELO c.test',c)
    t(*(E1+[c,'RCPT TO:<x@y.test>','DATA','Subject: x\r\n\r\nbody\r\n.']))
for c in ['RCPT TO:x@y.test','RCPT TO: <x@y.test>','RCPT TO:<x@y.test> ','RCPT TO <x@y.test>','rcpt to:<x@y.test>','RCPT TO:<>','RCPT TO:','RCPT TO:<x>','RCPT TO:<postmaster>','RCPT TO:<Postmaster>','RCPT TO:<x@>','RCPT TO:<@y.test>','RCPT TO:<@a:x@y.test>','RCPT TO:<@a,@b:x@y.test>','RCPT TO:<x@y.test','RCPT TO:<x@y..test>','RCPT TO:<x@y.test.>','RCPT TO:<x@.y.test>','RCPT TO:<x@[127.0.0.1]>','RCPT TO:<x@[IPv6:::1]>','RCPT TO:<x@[a]>','RCPT TO:<x@127.0.0.1>','RCPT TO:<"x y"@z.test>','RCPT TO:<x%y@z.test>','RCPT TO:<y!x>','RCPT TO:<y!x@z.test>','RCPT TO:<"x%y"@z.test>','RCPT TO:<x@y@z.test>','RCPT TO:<"x@y"@z.test>','RCPT TO:<x@y.test> NOTIFY=NEVER','RCPT TO:<x@y.test> NOTIFY=SUCCESS,FAILURE,DELAY','RCPT TO:<x@y.test> NOTIFY=NEVER,SUCCESS','RCPT TO:<x@y.test> NOTIFY=','RCPT TO:<x@y.test> NOTIFY=x','RCPT TO:<x@y.test> NOTIFY','RCPT TO:<x@y.test> ORCPT=rfc822;a@b','RCPT TO:<x@y.test> ORCPT=x','RCPT TO:<x@y.test> ORCPT=rfc822;','RCPT TO:<x@y.test> ORCPT=;a','RCPT TO:<x@y.test> ORCPT=rfc822;a+20b','RCPT TO:<x@y.test> ORCPT=rfc822;a+zz','RCPT TO:<x@y.test> ORCPT=utf-8;a','RCPT TO:<x@y.test> ORCPT=rfc822;a ORCPT=rfc822;b','RCPT TO:<x@y.test> FOO','RCPT TO:<x@y.test> FOO=x','RCPT TO:<x@y.test> SIZE=1','RCPT TO:<\xc3\xa9@y.test>','RCPT TO:<x@\xc3\xa9.test>','RCPT TO:<x\x00@y.test>','RCPT TO:<'+'x'*900+'@y.test>','RCPT TO:<x@mta.try.test>','RCPT TO:<root>','RCPT TO:<x@y.test>>','RCPT TO:<<x@y.test>>','RCPT TO:A B <x@y.test>','RCPT TO:<x@y.test>,<z@y.test>','RCPT TO:<x,z@y.test>','RCPT TO:<\\x@y.test>','RCPT TO:<"x\\"y"@z.test>','RCPT TO:<"x>y"@z.test>','RCPT TO:<|cmd@y.test>','RCPT TO:</file@y.test>','RCPT TO:<:include:/x@y.test>','RCPT TO:<-x@y.test>','RCPT TO:<x@-y.test>','RCPT TO:<x@y_z.test>','RCPT TO:<x y@z.test>']:
    t(*(M+[c])); t(*(M+[c,'DATA','Subject: x\r\n\r\nbody\r\n.']))
    t(*(E1+['MAIL FROM:<>',c]))
    t(*(E1+['MAIL FROM:<\xc3\xa9@b.test> SMTPUTF8',c]))
t(*(M+['RCPT TO:<1@y.test>','RCPT TO:<2@y.test>','RCPT TO:<3@y.test>','RCPT TO:<4@y.test>','RCPT TO:<5@y.test>','RCPT TO:<6@y.test>','RCPT TO:<7@y.test>','DATA','x\r\n.']))
t(*(M+['RCPT TO:<1@y.test>','RCPT TO:<1@y.test>','DATA','x\r\n.','DATA','RCPT TO:<a@b.test>']))
t(*(M+['MAIL FROM:<b@b.test>'])); t(*(R+['MAIL FROM:<b@b.test>'])); t(*(R+['EHLO again','DATA'])); t(*(R+['HELO again','RCPT TO:<z@y.test>'])); t(*(R+['RSET','DATA','RCPT TO:<z@y.test>']))
t(*(R+['NOOP','VRFY a@b.test','HELP','DATA','x\r\n.']))
t(*(M+['DATA'])); t(*(M+['RCPT TO:<>','DATA'])); t(*(M+['BDAT 0 LAST']))
for body in ['.','\r\n.','Subject: x\r\n\r\n..\r\n.','Subject: x\r\n\r\nno end dot\r\n.\r\nNOOP','X'*999+'\r\n.','X'*5000+'\r\n.','Subject: x\n\nbare lf\n.\r\n.','a\r\n.\n.\r\n.','a\n.\n.\r\n.','a\r.\r.\r\n.','a\r\n.\r.\r\n.','a\x00b\r\n.','\x00\r\n.','From x\r\nSubject: a\r\n\r\nx\r\n.','>From x\r\n\r\n.',' leading\r\n.','Subject\r\n.','Received: a\r\n'*60+'\r\n.','Received: a\r\n'*49+'\r\nx\r\n.','Subject: \xff\xfe\r\n\r\n\xff\r\n.','To: undisclosed\r\n.',': x\r\n.','Subject : x\r\n\r\n.']:
    t(*(D+[body])); t(*(R+[(f'BDAT {len(body)-1} LAST\r\n{body[:-1]}\0raw',1)]))
t(*(R+[('BDAT 5\r\nhelloBDAT 5 LAST\r\nworld\0raw',2),'NOOP'])); t(*(R+['BDAT x'])); t(*(R+['BDAT 5 FOO'])); t(*(R+['BDAT -1'])); t(*(R+['BDAT 5 LAST x']));t(*(R+['BDAT 0 LAST','NOOP'])); t(*(R+['BDAT 0','BDAT 0 LAST'])); t(*(R+['BDAT 0','DATA'])); t(*(R+['BDAT 0','MAIL FROM:<x@y.test>'])); t(*(R+['BDAT 0','RCPT TO:<z@y.test>'])); t(*(R+['BDAT 0','NOOP','RSET','BDAT 0 LAST'])); t(*(E1+[('BDAT 4\r\nabcd\0raw',1),'NOOP'])); t(*(M+[('BDAT 4 LAST\r\nabcd\0raw',1),'NOOP'])); t(*(R+['bdat 0 last'])); t(*(R+['BDAT 99999999999999999999 LAST'])); t(*(R+[('BDAT 902\r\n'+'z'*900+'\r\n\0raw',1),('BDAT 9200\r\n'+'z'*9200+'\0raw',1),('BDAT 1 LAST\r\nz\0raw',1),'NOOP']))
t(*(R+['BDAT 0','HELO x','MAIL FROM:<>'])); t(*(R+['BDAT 0','QUIT']))
t(('EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\nDATA\r\n\0raw',4),'x\r\n.','QUIT')
t('EHLO c.test',('MAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n\0raw',5))
t('EHLO c.test',('MAIL FROM:<a@b.test>\r\nRCPT TO:<>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n\0raw',6))
t('EHLO c.test',('MAIL FROM:<a@b.test>\nRCPT TO:<x@y.test>\nDATA\n\0raw',3),'x\r\n.')
t(('NOOP\nNOOP\r\nNOOP\n\0raw',3))
t(('NO\0raw',0),('OP\r\n\0raw',1))
t(*(['FOO']*30)); t(*(['NOOP']*120)); t(*(E1+['RSET']*120)); t(*(['EHLO x']*105)); t(*(E1+['VRFY x@y.test']*105))

def talk(script):
    with socket.create_connection(("127.0.0.1", PORT), timeout=5) as s:
        f = s.makefile("rb")
        def answer():
            lines = []
            while True:
                line = f.readline().decode("latin1").rstrip("\r\n")
                if not line: return ["(closed)"]
                lines.append(line)
                if line[3:4] != "-": return lines
        answer()
        said = []
        for item in script:
            text, count = item if isinstance(item, tuple) else (item, 1)
            text = text[:-4] if text.endswith("\0raw") else text + "\r\n"
            s.sendall(text.encode("latin1"))
            replies = ["\n".join(answer()) for _ in range(count)]
            said.append({"send": text, "replies": [re.sub(r"queued as \S+", "queued as ID", r) for r in replies]})
            if "(closed)" in replies: break
        return said

def main():
    top = tempfile.mkdtemp(prefix="pfrec")
    os.chmod(top, 0o755)
    for name in ("conf", "queue", "data"): os.mkdir(f"{top}/{name}")
    shutil.chown(f"{top}/data", "postfix")
    conf, log = f"{top}/conf", f"{top}/log"
    open(f"{conf}/main.cf", "w").write(f"""compatibility_level = 3.6
queue_directory = {top}/queue
data_directory = {top}/data
maillog_file = {log}
maillog_file_prefixes = {top}
myhostname = mx.golden.test
myorigin = golden.test
mydestination =
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.0/8
alias_maps =
defer_transports = smtp local relay
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 500
smtpd_client_connection_count_limit = 0
message_size_limit = 10000
smtpd_recipient_limit = 5
""")
    services = ["postlog unix-dgram n - n - 1 postlogd", f"127.0.0.1:{PORT} inet n - n - - smtpd", "cleanup unix n - n - 0 cleanup",
                "rewrite unix - - n - - trivial-rewrite", "qmgr unix n - n 300 1 qmgr", "defer unix - - n - 0 bounce", "bounce unix - - n - 0 bounce",
                "trace unix - - n - 0 bounce", "retry unix - - n - - error", "error unix - - n - - error", "proxymap unix - - n - - proxymap",
                "flush unix n - n 1000? 0 flush", "verify unix - - n - 1 verify", "anvil unix - - n - 1 anvil"]
    open(f"{conf}/master.cf", "w").write("\n".join(services) + "\n")
    subprocess.run(["postfix", "-c", conf, "start"], check=False, stdout=sys.stderr, stderr=sys.stderr)
    time.sleep(2)
    found = []
    try:
        for script in S:
            mark = os.path.getsize(log) if os.path.exists(log) else 0
            try:
                said = talk(script)
            except TimeoutError:
                sys.exit(f"no answer: {script}")
            text, end = "", time.time() + 5
            while "disconnect from" not in text and time.time() < end:
                time.sleep(0.01)
                text = open(log, encoding="latin1").read()[mark:] if os.path.exists(log) else ""
            lines = [m.group(1) for m in (re.search(r"smtpd\[\d+\]: (.*)", line) for line in text.split("\n")) if m]
            found.append({"says": said, "log": [re.sub(r"^[0-9A-F]{8,}: ", "ID: ", l) for l in lines if not re.search(r"^(connect from|warning: dict_)|: client=", l)]})
    finally:
        subprocess.run(["postfix", "-c", conf, "stop"], stdout=sys.stderr, stderr=sys.stderr)
        shutil.rmtree(top)
    print("[" + ",\n".join(json.dumps(one) for one in found) + "]")

main()
