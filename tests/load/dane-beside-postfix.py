#!/usr/bin/env python3
"""What real Postfix makes of servers with TLSA records, and what this system makes of the same: tests/vectors/dane.txt.

    dane-beside-postfix.py [--ours DIRECTORY] dane.txt

As root, where Postfix 3.7, nsd, unbound and ldnsutils are installed (and Python's cryptography). In a network and a file system namespace of its own: a
zone, signed here, served by nsd, asked through an unbound that validates it; a server for each case of dane_cases.py, on port 25 of an address of loopback,
with certificates made here; and a Postfix that delivers to all of them. Its log lines become the outcomes in dane.txt, whose head stays. With --ours (the
directory that ./build.sh makes), this system delivers to the same servers, too, and where it and Postfix say different things, both are printed.
"""
import base64, datetime, hashlib, os, re, shutil, socket, ssl, subprocess, sys, threading, time

from dane_cases import CASES

if not os.environ.get("DANE_NAMESPACE"):
    os.environ["DANE_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "-mn", sys.executable, *sys.argv])

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from real_postfix import Client, instance

TOP = f"/tmp/dane-servers.{os.getpid()}"
NOW = datetime.datetime.now(datetime.timezone.utc)


# -------- names: in the table mx.test, dest.test and canonical.test; here each case has its own


class Names:
    def __init__(self, number, case):
        _, _, mx, host, _, _ = case
        self.address = f"127.0.2.{number}"
        self.domain = f"c{number}.{'plain' if mx == 'insecure' else 'dane'}.test"
        self.mx = self.domain if mx == "none" else f"mx.c{number}.{'plain' if host == 'insecure' else 'dane'}.test"
        self.canonical = f"canonical.c{number}.{'plain' if host == 'alias-insecure' else 'dane'}.test"

    def in_table(self, text):
        for here, there in (self.canonical, "canonical.test"), (self.mx, "mx.test"), (self.domain, "dest.test"), (self.address, "127.0.0.31"):
            text = text.replace(here, there)
        return text


# -------- certificates


class Certificate:
    def __init__(self, subject, issuer=None, names=(), authority=False, start=-9, end=9, purpose=None, forged=False):
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
        public = self.key.public_key()
        b = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(issuer.it.subject if issuer else name(subject)).public_key(public)
             .serial_number(x509.random_serial_number()).not_valid_before(NOW + datetime.timedelta(start)).not_valid_after(NOW + datetime.timedelta(end))
             .add_extension(x509.BasicConstraints(authority, None), True).add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False))
        if issuer:
            b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
        if names:
            b = b.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        if purpose:
            b = b.add_extension(x509.ExtendedKeyUsage([purpose]), False)
        signer = ec.generate_private_key(ec.SECP256R1()) if forged else issuer.key if issuer else self.key
        self.it = b.sign(signer, hashes.SHA256())

    def pem(self):
        return self.it.public_bytes(serialization.Encoding.PEM)

    def data(self, selector, matching):
        der = self.it.public_bytes(serialization.Encoding.DER) if selector == 0 else \
            self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).digest() if matching == 1 else hashlib.sha512(der).digest() if matching == 2 else der


class Certificates(dict):
    """Those of one case, made when they are asked for."""

    def __init__(self, names):
        super().__init__()
        self.names = names

    def __missing__(self, name):
        n = self.names
        self[name] = {
            "root": lambda: Certificate("root", authority=True),
            "other-root": lambda: Certificate("root", authority=True),
            "inter": lambda: Certificate("inter", self["root"], authority=True),
            "old-root": lambda: Certificate("old-root", authority=True, end=-1),
            "old-inter": lambda: Certificate("old-inter", self["root"], authority=True, end=-1),
            "no-authority": lambda: Certificate("no-authority", self["root"]),
            "leaf": lambda: Certificate("x", self["inter"], [n.mx]),
            "leaf-domain": lambda: Certificate("x", self["inter"], [n.domain]),
            "leaf-canonical": lambda: Certificate("x", self["inter"], [n.canonical]),
            "leaf-other": lambda: Certificate(n.mx, self["inter"], ["other.test"]),
            "leaf-cn": lambda: Certificate(n.mx, self["inter"]),
            "leaf-old": lambda: Certificate("x", self["inter"], [n.mx], end=-1),
            "leaf-early": lambda: Certificate("x", self["inter"], [n.mx], start=3),
            "leaf-client": lambda: Certificate("x", self["inter"], [n.mx], purpose=ExtendedKeyUsageOID.CLIENT_AUTH),
            "leaf-old-inter": lambda: Certificate("x", self["old-inter"], [n.mx]),
            "leaf-old-root": lambda: Certificate("x", self["old-root"], [n.mx]),
            "leaf-no-authority": lambda: Certificate("x", self["no-authority"], [n.mx]),
            "self": lambda: Certificate(n.mx, names=[n.mx]),
            "self-other-old": lambda: Certificate("other.test", names=["other.test"], end=-1),
            "forged": lambda: Certificate("x", self["inter"], [n.mx], forged=True),
            "forged-inter": lambda: Certificate("forged-inter", self["root"], authority=True, forged=True),
            "leaf-forged-inter": lambda: Certificate("x", self["forged-inter"], [n.mx]),
        }[name]()
        return self[name]


# -------- servers


class Server(threading.Thread):
    def __init__(self, address, chain, certificates):
        super().__init__(daemon=True)
        self.tls = None
        if chain != "plain":
            path = f"{TOP}/{address}.pem"
            with open(path, "wb") as f:
                first = certificates[chain.split()[0]]
                f.write(first.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
                for name in chain.split():
                    f.write(certificates[name].pem())
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(path)
        self.listener = socket.create_server((address, 25))
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                self.talk(connection)
        except OSError:
            pass

    def talk(self, connection):
        stream = connection.makefile("rwb")

        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 sink.test ESMTP")
        while line := stream.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"EHLO":
                say("250-sink.test\r\n250 STARTTLS" if self.tls and not isinstance(connection, ssl.SSLSocket) else "250 sink.test")
            elif word == b"STARTTLS" and self.tls:
                say("220 go")
                connection = self.tls.wrap_socket(connection, server_side=True)
                stream = connection.makefile("rwb")
            elif word == b"DATA":
                say("354 go")
                while stream.readline() not in (b".\r\n", b""):
                    pass
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


# -------- the DNS


def zone(name, lines):
    return "\n".join([f"$ORIGIN {name}.", "$TTL 300", f"@ SOA ns.{name}. admin.{name}. 1 3600 600 86400 60", f"@ NS ns.{name}.", "ns A 127.0.0.1", *lines, ""])


def records(names, case, certificates, zones, stubs):
    _, _, mx, host, tlsa, _ = case
    def put(owner, text):
        zones["plain.test" if owner.endswith("plain.test") else "dane.test"].append(f"{owner}. {text}")

    def associate(owner, text):
        for record in text.split(", "):
            usage, selector, matching, which = record.split()
            data = certificates[which].data(min(int(selector), 1), int(matching))
            yield f"_25._tcp.{owner}. TLSA {usage} {selector} {matching} {data.hex()}"

    if mx != "none":
        put(names.domain, f"MX 10 {names.mx}.")
    if host.startswith("alias"):
        put(names.mx, f"CNAME {names.canonical}.")
        put(names.canonical, f"A {names.address}")
    else:
        put(names.mx, f"A {names.address}")
    if tlsa in ("fails", "insecure"):
        below = f"_tcp.{names.mx}"
        put(below, "NS ns.dane.test.")
        stubs.append((below, 5300 if tlsa == "insecure" else 5399))
        if tlsa == "insecure":
            zones[below] = list(associate(names.mx, "3 1 1 leaf"))
    elif tlsa != "none":
        for part in tlsa.split("; "):
            owner, text = part.split(": ")
            for line in associate({"mx": names.mx, "canonical": names.canonical}[owner], text):
                zones["plain.test" if line.split()[0].endswith("plain.test.") else "dane.test"].append(line)


def serve_dns(zones, stubs):
    """Starts nsd and unbound; gives their processes."""
    key = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "dane.test"], cwd=TOP, check=True, capture_output=True, text=True).stdout.strip()
    for name, lines in zones.items():
        with open(f"{TOP}/{name}.zone", "w") as f:
            f.write(zone(name, lines))
    subprocess.run(["ldns-signzone", "-f", f"{TOP}/dane.test.signed", f"{TOP}/dane.test.zone", f"{TOP}/{key}"], check=True)
    os.replace(f"{TOP}/dane.test.signed", f"{TOP}/dane.test.zone")
    with open(f"{TOP}/nsd.conf", "w") as f:
        f.write(f'server:\n server-count: 1\n ip-address: 127.0.0.1@5300\n username: ""\n chroot: ""\n zonesdir: "{TOP}"\n pidfile: ""\n zonelistfile: "{TOP}/zone.list"\n'
                f' xfrdfile: "{TOP}/xfrd"\n xfrdir: "{TOP}"\n database: ""\n logfile: "{TOP}/nsd.log"\nremote-control:\n control-enable: no\n')
        f.writelines(f'zone:\n name: "{name}"\n zonefile: "{name}.zone"\n' for name in zones)
    with open(f"{TOP}/unbound.conf", "w") as f:
        f.write(f'server:\n interface: 127.0.0.1\n username: ""\n chroot: ""\n directory: "{TOP}"\n pidfile: ""\n use-syslog: no\n logfile: "{TOP}/unbound.log"\n'
                f' do-not-query-localhost: no\n local-zone: "test." nodefault\n module-config: "validator iterator"\n trust-anchor-file: "{TOP}/{key}.key"\n'
                'remote-control:\n control-enable: no\n')
        f.writelines(f'stub-zone:\n name: "{name}"\n stub-addr: 127.0.0.1@{port}\n' for name, port in [("dane.test", 5300), ("plain.test", 5300), *stubs])
    return [subprocess.Popen(["nsd", "-d", "-c", f"{TOP}/nsd.conf"]), subprocess.Popen(["unbound", "-d", "-c", f"{TOP}/unbound.conf"])]


# -------- systems


MAIN = """compatibility_level = 3.6
myhostname = mta.golden.test
mydestination =
queue_directory = {queue}
data_directory = {data}
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
local_recipient_maps =
in_flow_delay = 0
maillog_file = {log}
maillog_file_prefixes = /tmp
smtp_dns_support_level = dnssec
smtp_tls_security_level = dane
smtp_tls_loglevel = 1
smtp_tls_policy_maps = inline:{{ {only} }}
transport_maps = inline:{{ {transports} }}
"""
MASTER = """127.0.0.1:2525 inet n - n - 1 smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
qmgr unix n - n 300 1 qmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
smtp-dane unix - - n - - smtp -o smtp_tls_dane_insecure_mx_policy=dane
smtp-encrypt unix - - n - - smtp -o smtp_tls_dane_insecure_mx_policy=encrypt
smtp-may unix - - n - - smtp -o smtp_tls_dane_insecure_mx_policy=may
postlog unix-dgram n - n - 1 postlogd
error unix - - n - - error
retry unix - - n - - error
"""


def outcomes(log, names):
    """What a log says of each server, once all have a result."""
    end, text = time.monotonic() + 90, ""
    while time.monotonic() < end and not all(f"to=<u@{n.domain}>" in text for n in names):
        time.sleep(0.5)
        text = open(log, errors="replace").read() if os.path.exists(log) else ""
    results = []
    for n in names:
        established = re.search(rf"(\w+) TLS connection established to \S*\[{re.escape(n.address)}\]:25", text)
        result = re.search(rf"to=<u@{re.escape(n.domain)}>.* dsn=(\S+), status=(\w+) \((.*)\)$", text, re.M)
        reason = n.in_table(result[3]) if result else "no result"
        results.append(f"{established[1] if established else '-'}, {result[2] if result else '-'}" + (f" {result[1]}, {reason}" if result and result[2] != "sent" else ""))
    return results


def by_postfix(names):
    only = ", ".join(f"{{ {n.domain} = dane-only }}" for n, c in zip(names, CASES) if c[1].startswith("dane-only"))
    transports = ", ".join(f"{{ {n.domain} = smtp-{c[1].split()[1]}: }}" for n, c in zip(names, CASES))
    with instance("dane", MAIN, MASTER, only=only, transports=transports) as it:
        client = Client(2525)
        for n in names:
            client.ask("MAIL FROM:<sf@golden.test>")
            client.ask(f"RCPT TO:<u@{n.domain}>")
            client.ask("DATA")
            assert client.content(["Subject: s", "", "text"]).startswith("250"), n.domain
        return outcomes(it.log, names)


def by_ours(directory, names):
    conf, log = f"{TOP}/conf", f"{TOP}/ours.log"
    shutil.copytree(f"{directory}/conf", conf)
    shutil.copytree(f"{directory}/bin", f"{TOP}/bin")
    only = ", ".join(f'"{n.domain}" = "dane-only"' for n, c in zip(names, CASES) if c[1].startswith("dane-only"))
    transports = ", ".join(f'"{n.domain}" = "smtp-{c[1].split()[1]}:"' for n, c in zip(names, CASES))
    with open(f"{conf}/main.toml", "w") as f:
        f.write(f'myhostname = "mta.golden.test"\nmyorigin = "golden.test"\ninet_protocols = ["ipv4"]\nmail_owner = "postfix"\nqueue_directory = "{TOP}/queue"\ndata_directory = "{TOP}/data"\n'
                f'command_directory = "{TOP}/bin"\ndaemon_directory = "{TOP}/bin"\nmaillog_file = "{log}"\nsmtp_tls_security_level = "dane"\nsmtp_tls_loglevel = 1\n'
                f"smtp_tls_policy_maps = {{ {only} }}\ntransport_maps = {{ {transports} }}\n")
    with open(f"{conf}/master.toml", "a") as f:
        f.writelines(f'\n[service.smtp-{p}]\ntype = "unix"\ncommand = "smtp"\nargs = ["-o", "smtp_tls_dane_insecure_mx_policy={p}"]\n' for p in ("dane", "encrypt", "may"))
    os.chmod(TOP, 0o755)
    subprocess.run([f"{TOP}/bin/master", "-c", conf, "start"], check=True)
    try:
        for n in names:
            subprocess.run([f"{TOP}/bin/sendmail", "-C", conf, "-f", "sf@golden.test", f"u@{n.domain}"], input=b"Subject: s\n\ntext\n", check=True)
        return outcomes(log, names)
    finally:
        subprocess.run([f"{TOP}/bin/master", "-c", conf, "stop"])


def main():
    ours, path = (sys.argv[2], sys.argv[3]) if sys.argv[1] == "--ours" else (None, sys.argv[1])
    os.makedirs(TOP)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open(f"{TOP}/resolv.conf", "w") as f:
        f.write("nameserver 127.0.0.1\noptions edns0 trust-ad\n")
    subprocess.run(["mount", "--bind", f"{TOP}/resolv.conf", "/etc/resolv.conf"], check=True)
    names = [Names(i + 1, case) for i, case in enumerate(CASES)]
    zones, stubs = {"dane.test": [], "plain.test": []}, []
    for n, case in zip(names, CASES):
        certificates = Certificates(n)
        records(n, case, certificates, zones, stubs)
        Server(n.address, case[5], certificates)
    processes = serve_dns(zones, stubs)
    try:
        time.sleep(2)
        found = by_postfix(names)
        if ours:
            mine = by_ours(ours, names)
            for case, theirs, our in zip(CASES, found, mine):
                if theirs != our:
                    print(f"{case[0]}: Postfix: {theirs}; ours: {our}")
            print(f"{sum(a == b for a, b in zip(found, mine))} of {len(CASES)} alike")
    finally:
        for process in processes:
            process.terminate()
            process.wait()
    head = [line for line in open(path) if line.startswith("#")]
    with open(path, "w") as f:
        f.writelines(head)
        f.writelines(" | ".join([*case, outcome]) + "\n" for case, outcome in zip(CASES, found))
    if not os.environ.get("KEEP"):
        shutil.rmtree(TOP)


main()
