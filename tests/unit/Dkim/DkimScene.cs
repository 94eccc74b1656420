using System.Security.Cryptography;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Dkim;

/// <summary>Keys in files, tables that name them, and messages signed with them.</summary>
internal sealed class DkimScene : IDisposable
{
    /// <summary>The keys of RFC 8463 appendix A.2.</summary>
    internal const string RsaPem = """
        -----BEGIN RSA PRIVATE KEY-----
        MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
        Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
        KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
        AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
        6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
        zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
        6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
        uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
        WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
        WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
        licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
        o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
        uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
        -----END RSA PRIVATE KEY-----
        """;

    internal const string RsaPublic = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

    internal const string EdPublic = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    private const string EdSeed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

    private readonly TemporaryDirectory _directory = new();

    internal DkimScene()
    {
        _directory.File("rsa.pem", Encoding.ASCII.GetBytes(RsaPem));
        _directory.File("ed.pem", Encoding.ASCII.GetBytes(EdPem));
    }

    /// <summary>RFC 8410 section 7: the octets in front of the key are the same in all.</summary>
    internal static string EdPem { get; } = PemEncoding.WriteString("PRIVATE KEY", [.. Convert.FromHexString("302e020100300506032b657004220420"), .. Convert.FromBase64String(EdSeed)]);

    /// <summary>Of the files rsa.pem and ed.pem.</summary>
    internal string Directory => _directory.Path;

    internal string File(string name, string text) => _directory.File(name, Encoding.Latin1.GetBytes(text));

    /// <summary>main.toml with DIR for the directory.</summary>
    internal MainConfig Config(string toml) => MainConfig.FromText($"myhostname = 'mta.test'\n{toml}".Replace("DIR", Directory, StringComparison.Ordinal));

    internal Signing Signing(string toml) => PostfixNet.Smtp.Signing.Read(Config(toml), "smtp")!;

    /// <summary>Both keys.</summary>
    internal Signing Both(string more = "") => Signing($"[dkim.'football.example.com']\nkeys.test = 'DIR/rsa.pem'\nkeys.brisbane = 'DIR/ed.pem'\n{more}");

    /// <summary>The signatures of a message.</summary>
    /// <param name="message">Lines with LF; Latin-1.</param>
    /// <param name="cut">Where pieces of lines end; null: with the lines.</param>
    internal static IReadOnlyList<MessageSignature> Sign(Signing signing, string message, Random? cut = null)
    {
        using MessageSigner signer = new(signing);
        Feed(message, signer.Add, cut);
        return signer.Finish(1_528_637_909);
    }

    /// <summary>The message as it goes out, signatures in front.</summary>
    internal static string Signed(Signing signing, string message, Random? cut = null) =>
        string.Concat(Sign(signing, message, cut).Select(static signature => Encoding.Latin1.GetString(signature.Field) + "\r\n")) + Wire(message);

    internal static string Wire(string message) => message.Length == 0 ? "" : (message.EndsWith('\n') ? message : message + "\n").Replace("\n", "\r\n", StringComparison.Ordinal);

    internal static void Feed(string text, LineSink sink, Random? cut = null)
    {
        string[] lines = text.Split('\n');
        int count = text.EndsWith('\n') || text.Length == 0 ? lines.Length - 1 : lines.Length;
        foreach (string line in lines.Take(count))
        {
            ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(line);
            while (cut is not null && cut.Next(2) == 0 && !rest.IsEmpty)
            {
                int length = cut.Next(rest.Length + 1);
                sink(rest[..length], false);
                rest = rest[length..];
            }
            sink(rest, true);
        }
    }

    public void Dispose() => _directory.Dispose();
}
