using PostfixNet.Configuration;

namespace PostfixNet.Log;

/// <summary>Where log lines go and how they look: what main.toml says.</summary>
/// <remarks>
/// CONFIGURATION
/// maillog_file, maillog_file_permissions, maillog_file_prefixes, maillog_format, multi_instance_name, myhostname, syslog_facility, syslog_name.
/// </remarks>
/// <param name="Name">syslog_name: first part of the tag.</param>
/// <param name="Host">myhostname up to its first dot; syslog writes its own.</param>
/// <param name="Facility">syslog_facility, as syslog(3) wants it.</param>
/// <param name="Path">maillog_file. Empty: syslog. "/dev/stdout": standard output as inherited from master. Else a file.</param>
/// <param name="FileMode">maillog_file_permissions: mode of a file that is made.</param>
/// <param name="IsJson">maillog_format: one JSON object a line instead of Postfix's format.</param>
public sealed record LogOptions(string Name, string Host, int Facility, string Path, uint FileMode, bool IsJson)
{
    /// <summary>What programs for people write to: their standard output is not the log's.</summary>
    public bool IsStandardOutput => Path == "/dev/stdout";

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static LogOptions Read(MainConfig config)
    {
        string path = config.Get(Parameters.MaillogFile);
        IReadOnlyList<string> places = config.Get(Parameters.MaillogFilePrefixes);
        if (path.Length > 0 && !places.Any(place => path.StartsWith(place, StringComparison.Ordinal)))
            throw config.Refuse(Parameters.MaillogFile, $"\"{path}\" begins with none of maillog_file_prefixes: {string.Join(", ", places)}");
        return new LogOptions(config.Get(Parameters.SyslogName), config.Get(Parameters.MyHostname).Split('.', 2)[0], FacilityOf(config.Get(Parameters.SyslogFacility)) << 3, path,
            Convert.ToUInt32(config.Get(Parameters.MaillogFilePermissions), 8), config.Get(Parameters.MaillogFormat) == "json");
    }

    // RFC 5424 section 6.2.1.
    private static int FacilityOf(string word) => word switch
    {
        "kern" => 0,
        "user" => 1,
        "mail" => 2,
        "daemon" => 3,
        "auth" => 4,
        "syslog" => 5,
        "lpr" => 6,
        "news" => 7,
        "uucp" => 8,
        "cron" => 9,
        "authpriv" => 10,
        "ftp" => 11,
        _ => 16 + word[^1] - '0',
    };
}
