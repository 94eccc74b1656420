namespace PostfixNet.Mail;

/// <summary>What a delivery wanted of TLS, and what it got: for log lines, and for who asks why mail waits.</summary>
/// <param name="Level">What smtp_tls_security_level and its kin came to with the server: "may", "dane" ...</param>
/// <param name="Asked">The level that was asked for, where it came to another one; else null.</param>
/// <param name="Protocol">"TLSv1.3"; null: it went in plain text, or not at all.</param>
/// <param name="Cipher">Its name in OpenSSL's words; null likewise.</param>
/// <param name="Verified">By what the server proved who it is: "dane", "mta-sts", "ca", "fingerprint", or "nobody"; null: there was no TLS.</param>
/// <param name="IsResumed">The handshake resumed an earlier session.</param>
/// <param name="Why">Why there was no TLS, in one line; null: there was, or no server was reached.</param>
public sealed record TlsUse(string Level, string? Asked = null, string? Protocol = null, string? Cipher = null, string? Verified = null, bool IsResumed = false, string? Why = null)
{
    /// <summary>What it is called where things have names.</summary>
    public const string Name = "tls";

    private const char Separator = '\t';

    /// <summary>In one line, for <see cref="FromText"/>.</summary>
    public string ToText() => string.Join(Separator, ((string?[])[Level, Asked, Protocol, Cipher, Verified, IsResumed ? "resumed" : "", Why]).Select(static word => word?.Replace(Separator, ' ')));

    /// <summary>Understands such a line; null: it is none.</summary>
    public static TlsUse? FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string?[] words = [.. text.Split(Separator).Select(static word => word.Length == 0 ? null : word)];
        return words is [{ } level, var asked, var protocol, var cipher, var verified, var resumed, var why] ? new TlsUse(level, asked, protocol, cipher, verified, resumed is not null, why) : null;
    }

    /// <summary>For the result line, after its <c>tls=LEVEL</c>: empty without TLS.</summary>
    public string Fields => Protocol is null ? "" : $", protocol={Protocol}, cipher={Cipher}, verified={Verified}{(IsResumed ? ", resumed=yes" : "")}";

    /// <summary>For people.</summary>
    public string Sentence
    {
        get
        {
            string level = Asked is null ? Level : $"{Asked}, came to {Level}";
            string given = Protocol is not null ? $"{Protocol} with {Cipher}, server verified by {Verified}" : $"no TLS{(Why is null ? "" : $": {Why}")}";
            return $"{given} (level {level})";
        }
    }

    /// <summary>A JSON object.</summary>
    public string ToJson()
    {
        List<string> members = [Member("level", Level)];
        foreach ((string name, string? value) in ((string, string?)[])[("asked", Asked), ("protocol", Protocol), ("cipher", Cipher), ("verified", Verified), ("why", Why)])
        {
            if (value is not null)
                members.Add(Member(name, value));
        }
        if (Protocol is not null)
            members.Add($"\"resumed\": {(IsResumed ? "true" : "false")}");
        return $"{{{string.Join(", ", members)}}}";

        static string Member(string name, string value) => $"\"{name}\": {JsonText.Quote(value)}";
    }
}
