namespace PostfixNet.SystemTests.Harness;

/// <summary>Configurations of other people's mail servers: each listens on one port of 127.0.0.1, wants TLS and the login
/// user:right unless said otherwise, and passes everything on to another port.</summary>
internal static class Servers
{
    private const string Python = """
        import ssl, sys
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult, LoginPassword
        class Handler:
            count = 0
            async def handle_DATA(self, server, session, envelope):
                Handler.count += 1
                with open('%s/%d' % (sys.argv[4], Handler.count), 'wb') as file:
                    file.write(envelope.content)
                return '250 2.0.0 stored'
        def authenticate(server, session, envelope, mechanism, data):
            right = isinstance(data, LoginPassword) and data.login == b'user' and data.password == b'right'
            return AuthResult(success=right, handled=False)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        controller = Controller(Handler(), hostname='127.0.0.1', port=int(sys.argv[1]), tls_context=context,
            require_starttls=True, authenticator=authenticate, auth_required=True)
        controller.start()
        sys.stdin.read()
        controller.stop()
        """;

    /// <summary>Starts postfix or exim.</summary>
    public static Peer Start(string name, int port, int next) => name == "exim" ? StartExim(port, next) : StartPostfix(port, next);

    /// <summary>aiosmtpd, which keeps each message in a file.</summary>
    public static Peer StartPython(int port, string store)
    {
        TemporaryDirectory directory = Prepare();
        Directory.CreateDirectory(store);
        return Peer.Start(directory, port, asRoot: false, "python3", "-c", Python, $"{port}", directory["cert.pem"], directory["key.pem"], store);
    }

    /// <summary>Dovecot's LMTP server, without TLS and login, also on the socket "lmtp" of the directory. Mail goes into
    /// files below store/.../new.</summary>
    public static Peer StartDovecot(TemporaryDirectory directory, int port)
    {
        string store = Directory.CreateDirectory(directory["store"]).FullName;
        File.SetUnixFileMode(store, (UnixFileMode)0b111_111_111);
        File.WriteAllText(directory["peer.conf"], $$"""
            base_dir = /run/dovecot
            log_path = /dev/stderr
            default_internal_user = nobody
            default_internal_group = nogroup
            default_login_user = nobody
            protocols = lmtp
            listen = 127.0.0.1
            ssl = no
            first_valid_uid = 1
            mail_location = maildir:{{store}}/%n
            passdb {
              driver = static
              args = nopassword=y
            }
            userdb {
              driver = static
              args = uid=nobody gid=nogroup home={{store}}/%n allow_all_users=yes
            }
            service lmtp {
              unix_listener {{directory.Path}}/lmtp {
                mode = 0666
              }
              inet_listener lmtp {
                address = 127.0.0.1
                port = {{port}}
              }
            }
            """ + "\n");
        return Peer.Start(directory, port, asRoot: true, "dovecot", "-F", "-c", directory["peer.conf"]);
    }

    /// <summary>Starts a Dovecot that only decides on logins: user shop, password sesame.</summary>
    public static Peer StartDovecotForLogins(TemporaryDirectory directory, int port)
    {
        File.WriteAllText(directory["users"], "shop:{PLAIN}sesame::::::\n");
        File.WriteAllText(directory["peer.conf"], $$"""
            base_dir = /run/dovecot
            log_path = /dev/stderr
            default_internal_user = nobody
            default_internal_group = nogroup
            default_login_user = nobody
            protocols =
            listen = 127.0.0.1
            ssl = no
            auth_mechanisms = plain login scram-sha-256
            auth_failure_delay = 0 secs
            passdb {
              driver = passwd-file
              args = {{directory.Path}}/users
            }
            userdb {
              driver = static
              args = uid=nobody gid=nogroup home=/nowhere allow_all_users=yes
            }
            service auth {
              user = root
              inet_listener login {
                address = 127.0.0.1
                port = {{port}}
              }
            }
            # Who guesses waits up to 15 seconds; not here.
            service anvil {
              unix_listener anvil-auth-penalty {
                mode = 0
              }
            }
            """ + "\n");
        return Peer.Start(directory, port, asRoot: true, "dovecot", "-F", "-c", directory["peer.conf"]);
    }

    private static Peer StartExim(int port, int next)
    {
        TemporaryDirectory directory = Prepare();
        // Read by an account of its own.
        File.SetUnixFileMode(directory["key.pem"], File.GetUnixFileMode(directory["key.pem"]) | UnixFileMode.OtherRead);
        File.WriteAllText(directory["peer.conf"], $$"""
            spool_directory = /var/spool/exim
            log_file_path = /var/spool/%slog
            primary_hostname = peer.test
            daemon_smtp_ports = {{port}}
            local_interfaces = 127.0.0.1
            disable_ipv6 = true
            host_lookup =
            rfc1413_hosts =
            keep_environment =
            tls_advertise_hosts = *
            tls_certificate = {{directory.Path}}/cert.pem
            tls_privatekey = {{directory.Path}}/key.pem
            auth_advertise_hosts = ${if def:tls_in_cipher {*} }
            acl_smtp_rcpt = rcpt
            begin acl
            rcpt:
              accept authenticated = *
              deny
            begin routers
            next:
              driver = manualroute
              domains = *
              transport = next
              route_list = * 127.0.0.1::{{next}}
              self = send
            begin transports
            next:
              driver = smtp
              allow_localhost
              hosts_try_chunking =
            begin authenticators
            cram:
              driver = cram_md5
              public_name = CRAM-MD5
              server_secret = ${if eq{$auth1}{user}{right}fail}
              server_set_id = $auth1
            """ + "\n");
        return Peer.Start(directory, port, asRoot: true, "/usr/sbin/exim4", "-C", directory["peer.conf"], "-bdf");
    }

    /// <summary>OpenSMTPD, without TLS: Debian's cannot use its key with the OpenSSL of the same Debian; so no login either.</summary>
    public static Peer StartOpenSmtpd(int port, int next)
    {
        TemporaryDirectory directory = new();
        File.WriteAllText(directory["peer.conf"], $$"""
            listen on 127.0.0.1 port {{port}} hostname peer.test
            action next relay host smtp://127.0.0.1:{{next}}
            match from any for any action next
            """ + "\n");
        return Peer.Start(directory, port, asRoot: true, "/usr/sbin/smtpd", "-d", "-f", directory["peer.conf"]);
    }

    private static Peer StartPostfix(int port, int next)
    {
        TemporaryDirectory directory = Prepare();
        string path = directory.Path;
        foreach (string name in (string[])["conf", "queue", "data", "dovecot"])
            Directory.CreateDirectory(directory[name]);
        File.WriteAllText(directory["conf/main.cf"], $"""
            compatibility_level = 3.6
            queue_directory = {path}/queue
            data_directory = {path}/data
            maillog_file = /dev/stdout
            myhostname = peer.test
            mydestination =
            inet_interfaces = 127.0.0.1
            relayhost = [127.0.0.1]:{next}
            mynetworks =
            smtpd_relay_restrictions = permit_sasl_authenticated, reject
            smtpd_tls_security_level = encrypt
            smtpd_tls_cert_file = {path}/cert.pem
            smtpd_tls_key_file = {path}/key.pem
            smtpd_tls_received_header = yes
            smtpd_sasl_auth_enable = yes
            smtpd_sasl_type = dovecot
            smtpd_sasl_path = {path}/auth
            """ + "\n");
        File.WriteAllText(directory["conf/master.cf"], $"""
            {port} inet n - n - - smtpd
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            proxymap unix - - n - - proxymap
            tlsmgr unix - - n 1000? 1 tlsmgr
            smtp unix - - n - - smtp
            anvil unix - - n - 1 anvil
            postlog unix-dgram n - n - 1 postlogd
            """ + "\n");
        File.WriteAllText(directory["dovecot.conf"], $$"""
            base_dir = /run/dovecot
            log_path = /dev/stderr
            default_internal_user = nobody
            default_internal_group = nogroup
            default_login_user = nobody
            protocols =
            ssl = no
            disable_plaintext_auth = no
            auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
            passdb {
              driver = static
              args = password=right
            }
            userdb {
              driver = static
              args = uid=nobody gid=nogroup home=/nonexistent
            }
            service auth {
              unix_listener {{path}}/auth {
                mode = 0666
              }
            }
            """ + "\n");
        return Peer.Start(directory, port, asRoot: true, "sh", "-c",
            $"chown postfix {path}/data; dovecot -F -c {path}/dovecot.conf & exec postfix -c {path}/conf start-fg");
    }

    private static TemporaryDirectory Prepare()
    {
        TemporaryDirectory directory = new();
        Peer.MakeCertificate(directory);
        return directory;
    }
}
