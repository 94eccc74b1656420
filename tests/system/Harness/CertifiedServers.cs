using System.Globalization;
using System.Text;

namespace PostfixNet.SystemTests.Harness;

/// <summary>Other people's servers that show one certificate at each of several ports of 127.0.0.1, and pass all mail on to another port.</summary>
internal static class CertifiedServers
{
    /// <param name="name">postfix, exim or opensmtpd.</param>
    /// <param name="certificates">By port: private key and certificates, in PEM.</param>
    /// <param name="next">Where mail goes from there.</param>
    public static Peer Start(string name, IReadOnlyDictionary<int, string> certificates, int next)
    {
        TemporaryDirectory directory = new();
        foreach ((int port, string pem) in certificates)
        {
            File.WriteAllText(directory[$"{port}.pem"], pem);
            // Exim reads it as an account of its own; OpenSMTPD takes no key that others can read.
            File.SetUnixFileMode(directory[$"{port}.pem"], UnixFileMode.UserRead | UnixFileMode.UserWrite | (name == "exim" ? UnixFileMode.OtherRead : 0));
        }
        return name switch
        {
            "postfix" => StartPostfix(directory, [.. certificates.Keys], next),
            "exim" => StartExim(directory, [.. certificates.Keys], next),
            "opensmtpd" => StartOpenSmtpd(directory, [.. certificates.Keys], next),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };
    }

    private static Peer StartPostfix(TemporaryDirectory directory, int[] ports, int next)
    {
        string path = directory.Path;
        foreach (string name in (string[])["conf", "queue", "data"])
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
            mynetworks = 127.0.0.0/8
            smtpd_relay_restrictions = permit_mynetworks, reject
            smtpd_tls_security_level = may
            """ + "\n");
        StringBuilder services = new();
        foreach (int port in ports)
            services.Append(CultureInfo.InvariantCulture, $"{port} inet n - n - - smtpd -o smtpd_tls_chain_files={path}/{port}.pem\n");
        File.WriteAllText(directory["conf/master.cf"], services + """
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
        return Peer.Start(directory, ports[0], asRoot: true, "sh", "-c", $"chown postfix {path}/data; exec postfix -c {path}/conf start-fg");
    }

    private static Peer StartExim(TemporaryDirectory directory, int[] ports, int next)
    {
        File.WriteAllText(directory["peer.conf"], $$"""
            spool_directory = /var/spool/exim
            log_file_path = /var/spool/%slog
            primary_hostname = peer.test
            daemon_smtp_ports = {{string.Join(" : ", ports)}}
            local_interfaces = 127.0.0.1
            disable_ipv6 = true
            host_lookup =
            rfc1413_hosts =
            keep_environment =
            tls_advertise_hosts = *
            tls_certificate = {{directory.Path}}/$received_port.pem
            acl_smtp_rcpt = accept
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
            """ + "\n");
        return Peer.Start(directory, ports[0], asRoot: true, "/usr/sbin/exim4", "-C", directory["peer.conf"], "-bdf");
    }

    private static Peer StartOpenSmtpd(TemporaryDirectory directory, int[] ports, int next)
    {
        StringBuilder keys = new(), listeners = new();
        foreach (int port in ports)
        {
            keys.Append(CultureInfo.InvariantCulture, $"pki p{port} cert \"{directory.Path}/{port}.pem\"\npki p{port} key \"{directory.Path}/{port}.pem\"\n");
            listeners.Append(CultureInfo.InvariantCulture, $"listen on 127.0.0.1 port {port} hostname peer.test tls pki p{port}\n");
        }
        File.WriteAllText(directory["peer.conf"], $"{keys}{listeners}action next relay host smtp://127.0.0.1:{next}\nmatch from any for any action next\n");
        return Peer.Start(directory, ports[0], asRoot: true, "/usr/sbin/smtpd", "-d", "-f", directory["peer.conf"]);
    }
}
