using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Master.Import;

/// <summary>What a parameter of Postfix 3.7 is when main.cf does not give it.</summary>
internal static class PostfixDefaults
{
    // Where Postfix's default is not ours, as "postconf -d" prints it; all others are known to shared/Configuration.
    private static readonly Dictionary<string, string> s_different = new(StringComparer.Ordinal)
    {
        ["alias_maps"] = "hash:/etc/aliases",
        ["append_dot_mydomain"] = "${{$compatibility_level} <level {1} ? {yes} : {no}}",
        ["command_directory"] = "/usr/sbin",
        ["compatibility_level"] = "0",
        ["daemon_directory"] = "/usr/lib/postfix/sbin",
        ["data_directory"] = "/var/lib/postfix",
        ["enable_long_queue_ids"] = "no",
        ["local_recipient_maps"] = "proxy:unix:passwd.byname $alias_maps",
        ["mail_version"] = "3.7.11",
        ["maillog_file_prefixes"] = "/var, /dev/stdout",
        ["queue_directory"] = "/var/spool/postfix",
        ["relay_domains"] = "${{$compatibility_level} <level {2} ? {$mydestination} : {}}",
        ["mynetworks_style"] = "${{$compatibility_level} <level {2} ? {subnet} : {host}}",
        ["smtp_per_request_deadline"] = "${smtp_per_record_deadline?{$smtp_per_record_deadline}:{no}}",
        ["smtp_tls_fingerprint_digest"] = "${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}",
        ["smtp_tls_security_level"] = "",
        ["smtp_tls_servername"] = "",
        ["smtpd_client_event_limit_exceptions"] = "${smtpd_client_connection_limit_exceptions:$mynetworks}",
        ["smtpd_forbid_bare_newline"] = "no",
        ["smtpd_forbid_unauth_pipelining"] = "no",
        ["smtpd_forbidden_commands"] = "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}",
        ["smtpd_hard_error_limit"] = "${stress?{1}:{20}}",
        ["smtpd_junk_command_limit"] = "${stress?{1}:{100}}",
        ["smtpd_relay_before_recipient_restrictions"] = "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        ["smtpd_relay_restrictions"] = "${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}",
        ["smtpd_sasl_type"] = "cyrus",
        ["smtpd_starttls_timeout"] = "${stress?{10}:{300}}s",
        ["smtpd_timeout"] = "${stress?{10}:{300}}s",
        ["smtpd_tls_fingerprint_digest"] = "${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}",
        ["smtputf8_enable"] = "${{$compatibility_level} <level {1} ? {no} : {yes}}",
    };

    /// <summary>The names whose default in Postfix is not ours.</summary>
    internal static IReadOnlyCollection<string> Different => s_different.Keys;

    /// <summary>Not expanded; null: Postfix has no such parameter.</summary>
    internal static string? Of(string name)
    {
        if (s_different.TryGetValue(name, out string? text))
            return text;
        if (name is "myhostname" or "mydomain")
            return null; // of the system: see PostfixSettings
        return PostfixParameters.Defaults(name) is [var first, ..] ? first : PostfixParameters.Standing(name) == PostfixStanding.Unknown ? null : "";
    }

    /// <summary>mynetworks, where main.cf does not give it: from the addresses of this system.</summary>
    /// <param name="style">mynetworks_style.</param>
    /// <param name="interfaces">inet_interfaces, expanded.</param>
    internal static string MyNetworks(string style, IReadOnlyList<string> interfaces)
    {
        bool isLoopback = interfaces.All(static name => name is "loopback-only" or "localhost" or "127.0.0.1" or "[::1]" or "::1");
        List<string> networks = ["127.0.0.0/8", "[::1]/128"];
        if (isLoopback)
            return string.Join(", ", networks);
        foreach (UnicastIPAddressInformation own in NetworkInterface.GetAllNetworkInterfaces().SelectMany(static card => card.GetIPProperties().UnicastAddresses))
        {
            IPAddress address = new(own.Address.GetAddressBytes());
            if (IPAddress.IsLoopback(address) || (!interfaces.Contains("all") && !interfaces.Contains(address.ToString()) && !interfaces.Contains($"[{address}]")))
                continue;
            bool isFour = address.AddressFamily == AddressFamily.InterNetwork;
            int width = isFour ? 32 : 128;
            byte[] bytes = address.GetAddressBytes();
            int bits = style switch
            {
                "subnet" => own.PrefixLength is > 0 and var given && given <= width ? given : width,
                "class" when isFour => bytes[0] < 128 ? 8 : bytes[0] < 192 ? 16 : 24,
                _ => width,
            };
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] &= (byte)(0xff00 >> Math.Clamp(bits - 8 * i, 0, 8));
            networks.Add(isFour ? $"{new IPAddress(bytes)}/{bits}" : $"[{new IPAddress(bytes)}]/{bits}");
        }
        return string.Join(", ", networks.Distinct());
    }

    /// <summary>myhostname, where main.cf does not give it; may end in $mydomain.</summary>
    internal static string MyHostname(bool hasDomain)
    {
        string host = Users.HostName();
        return host.Contains('.', StringComparison.Ordinal) ? host : hasDomain ? $"{host}.$mydomain" : $"{host}.localdomain";
    }
}
