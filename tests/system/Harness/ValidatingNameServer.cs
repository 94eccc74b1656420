using System.Diagnostics;

namespace PostfixNet.SystemTests.Harness;

/// <summary>A zone that is signed here, served by nsd, and an unbound that validates it: Debian's packages nsd, ldnsutils and unbound.</summary>
internal sealed class ValidatingNameServer : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly NameServer authority;
    private readonly Process process;

    /// <summary>The programs are there; else what is missing.</summary>
    public static string? WhyNot { get; } = Array.Find(["/usr/sbin/unbound", "/usr/sbin/nsd", "/usr/bin/ldns-signzone", "/usr/bin/ldns-keygen"], static path => !File.Exists(path)) is { } missing
        ? $"there is no {missing}: install the Debian packages unbound, nsd and ldnsutils" : null;

    public ValidatingNameServer(string zone, string records)
    {
        string key = Path.Combine(directory.Path, Command.Run("sh", ["-c", "cd \"$1\" && ldns-keygen -a ECDSAP256SHA256 -k \"$2\"", "sh", directory.Path, zone]).Output.Trim());
        authority = new NameServer(file => Command.Run("ldns-signzone", ["-f", file, file, key]), (zone, records));
        Port = Ports.Take("127.0.0.1");
        File.WriteAllText(directory["unbound.conf"], $"""
            server:
              interface: 127.0.0.1@{Port}
              username: ""
              chroot: ""
              directory: "{directory.Path}"
              pidfile: ""
              use-syslog: no
              do-not-query-localhost: no
              local-zone: "test." nodefault
              module-config: "validator iterator"
              trust-anchor-file: "{key}.key"
            remote-control:
              control-enable: no
            stub-zone:
              name: "{zone}"
              stub-addr: 127.0.0.1@{authority.Port}

            """);
        process = Command.Start("unbound", ["-d", "-c", directory["unbound.conf"]], ("OWNER_DIRECTORY", directory.Path));
        _ = process.StandardError.ReadToEndAsync();
        Wait.For("unbound", () => process.HasExited || NameServer.Answers(Port, zone));
    }

    /// <summary>The port it answers on, at 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The value for dns_nameservers.</summary>
    public string Toml => $"[\"127.0.0.1:{Port}\"]";

    public void Dispose()
    {
        RunningPrograms.KillAll(directory.Path);
        process.Dispose();
        authority.Dispose();
        directory.Dispose();
    }
}
