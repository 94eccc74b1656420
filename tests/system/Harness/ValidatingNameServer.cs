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

    /// <param name="address">Where it answers, at port 53: for programs that know no other; null: 127.0.0.1, at a free port.</param>
    public ValidatingNameServer(string zone, string records, string? address = null)
    {
        string key = Path.Combine(directory.Path, Command.Run("sh", ["-c", "cd \"$1\" && ldns-keygen -a ECDSAP256SHA256 -k \"$2\"", "sh", directory.Path, zone]).Output.Trim());
        authority = new NameServer(file => Command.Run("ldns-signzone", ["-f", file, file, key]), (zone, records));
        (Address, Port) = address is null ? ("127.0.0.1", Ports.Take("127.0.0.1")) : (address, 53);
        File.WriteAllText(directory["unbound.conf"], $"""
            server:
              interface: {Address}@{Port}
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
        Wait.For("unbound", () => process.HasExited || NameServer.Answers(Port, zone, Address));
    }

    /// <summary>The address it answers on.</summary>
    public string Address { get; }

    /// <summary>The port there.</summary>
    public int Port { get; }

    /// <summary>The value for dns_nameservers.</summary>
    public string Toml => $"[\"{Address}:{Port}\"]";

    public void Dispose()
    {
        RunningPrograms.KillAll(directory.Path);
        process.Dispose();
        authority.Dispose();
        directory.Dispose();
    }
}

/// <summary>A test with zones that are signed; skipped, with the reason, where the programs are missing.</summary>
internal sealed class DnssecFactAttribute : FactAttribute
{
    public DnssecFactAttribute() => Skip = ValidatingNameServer.WhyNot;
}
