using PostfixNet.Ipc;
using PostfixNet.Notices;

namespace PostfixNet.Delivery;

/// <summary>What a delivery attempt met of TLS, server by server, for the reports of RFC 8460: smtp tells it to the service tlsrpt.</summary>
/// <param name="Domain">Whose mail it was, which gets the report: a domain in ASCII.</param>
/// <param name="Results">One for each session that was begun, or could not be.</param>
public sealed record TlsAttempt(string Domain, IReadOnlyList<TlsResult> Results)
{
    /// <summary>The socket of the service, below queue_directory.</summary>
    public const string Path = "private/tlsrpt";

    /// <summary>The word of this request.</summary>
    public const string Word = "results";

    internal const string DomainName = "domain";
    private const string ResultsName = "results";

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(FieldName.Request, Word).Add(DomainName, Domain)
        .Add(ResultsName, [.. Results.Select(static result => result.ToAttributes())]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static TlsAttempt From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return list.Text(FieldName.Request) == Word ? new(list.Text(DomainName), [.. list.Lists(ResultsName).Select(TlsResult.From)])
            : throw new IpcException($"unknown request: {NoticeText.OneLine(list.Text(FieldName.Request))}");
    }
}

/// <summary>The result of one session.</summary>
/// <param name="Policy">What was applied.</param>
/// <param name="Failure">What was wrong; null: it was as the policy wants it.</param>
public sealed record TlsResult(AppliedTlsPolicy Policy, TlsFailure? Failure)
{
    private const string FailureName = "failure";

    internal AttributeList ToAttributes() => Policy.AddTo(new AttributeList()).AddOptional(FailureName, Failure?.ToAttributes());

    internal static TlsResult From(AttributeList list) => new(AppliedTlsPolicy.From(list), list.OptionalList(FailureName) is { } failure ? TlsFailure.From(failure) : null);
}

/// <summary>Where a policy comes from; the words are those of RFC 8460 section 4.4, policy-type.</summary>
public enum TlsPolicyOrigin
{
    /// <summary>Neither DANE nor MTA-STS say anything.</summary>
    None,
    /// <summary>DANE: RFC 7672.</summary>
    Tlsa,
    /// <summary>MTA-STS: RFC 8461.</summary>
    Sts,
}

/// <summary>A policy as it was applied, RFC 8460 section 4.4.</summary>
/// <param name="Domain">The policy domain, section 1.1: for <see cref="TlsPolicyOrigin.Tlsa"/> the TLSA base domain, the name of the server; else the domain of the mail.</param>
/// <param name="Strings">policy-string: the TLSA records in their presentation form, or the lines of the MTA-STS policy; without policy none.</param>
/// <param name="MxPatterns">mx-host: the patterns of an MTA-STS policy; else none.</param>
public sealed record AppliedTlsPolicy(TlsPolicyOrigin Origin, string Domain, IReadOnlyList<string> Strings, IReadOnlyList<string> MxPatterns)
{
    private const string OriginName = "policy_type", DomainName = "policy_domain", StringsName = "policy_string", PatternsName = "mx_host";
    private static readonly string[] s_words = ["no-policy-found", "tlsa", "sts"];

    /// <summary>No policy.</summary>
    public static AppliedTlsPolicy NotFound(string domain) => new(TlsPolicyOrigin.None, domain, [], []);

    /// <summary>The word of an origin.</summary>
    public static string WordOf(TlsPolicyOrigin origin) => s_words[(int)origin];

    /// <summary>The origin of a word; null: none has it.</summary>
    public static TlsPolicyOrigin? OriginOf(string word) => Array.IndexOf(s_words, word) is >= 0 and var origin ? (TlsPolicyOrigin)origin : null;

    /// <summary>For the line.</summary>
    public AttributeList AddTo(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return list.Add(OriginName, WordOf(Origin)).Add(DomainName, Domain).AddOptional(StringsName, string.Join('\n', Strings)).AddOptional(PatternsName, string.Join('\n', MxPatterns));
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static AppliedTlsPolicy From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        string word = list.Text(OriginName);
        return new(OriginOf(word) ?? throw new IpcException($"unknown policy type: {NoticeText.OneLine(word)}"), list.Text(DomainName), Lines(StringsName), Lines(PatternsName));

        string[] Lines(string name) => list.OptionalText(name)?.Split('\n') ?? [];
    }
}

/// <summary>What was wrong with a session: the result types of RFC 8460 section 4.3.</summary>
public enum TlsResultType
{
    /// <summary>The server does not offer STARTTLS, or refuses it.</summary>
    StartTlsNotSupported,
    /// <summary>The certificate is for another name.</summary>
    CertificateHostMismatch,
    /// <summary>It has expired.</summary>
    CertificateExpired,
    /// <summary>Nobody who is trusted vouches for it.</summary>
    CertificateNotTrusted,
    /// <summary>Something else.</summary>
    ValidationFailure,
    /// <summary>No TLSA record can be used.</summary>
    TlsaInvalid,
    /// <summary>The resolver had no valid answer.</summary>
    DnssecInvalid,
    /// <summary>DANE is demanded here, and the server has no TLSA records.</summary>
    DaneRequired,
    /// <summary>The MTA-STS policy could not be fetched.</summary>
    StsPolicyFetchError,
    /// <summary>The MTA-STS policy is malformed, or not for this server.</summary>
    StsPolicyInvalid,
    /// <summary>The certificate of the host with the MTA-STS policy is no good.</summary>
    StsWebPkiInvalid,
}

/// <summary>A failure, RFC 8460 section 4.4, failure-details. Texts may be empty where nothing is known.</summary>
/// <param name="SendingIp">sending-mta-ip.</param>
/// <param name="MxHost">receiving-mx-hostname.</param>
/// <param name="MxHelo">receiving-mx-helo: what the server called itself.</param>
/// <param name="ReceivingIp">receiving-ip.</param>
/// <param name="Reason">failure-reason-code: one line.</param>
public sealed record TlsFailure(TlsResultType Type, string SendingIp, string MxHost, string MxHelo, string ReceivingIp, string Reason)
{
    private const string TypeName = "result_type", SendingName = "sending_ip", HostName = "mx_hostname", HeloName = "mx_helo", ReceivingName = "receiving_ip";

    private static readonly string[] s_words =
    [
        "starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted", "validation-failure",
        "tlsa-invalid", "dnssec-invalid", "dane-required", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid",
    ];

    /// <summary>The word of a type.</summary>
    public static string WordOf(TlsResultType type) => s_words[(int)type];

    /// <summary>The type of a word; null: none has it.</summary>
    public static TlsResultType? TypeOf(string word) => Array.IndexOf(s_words, word) is >= 0 and var type ? (TlsResultType)type : null;

    /// <summary>For the line.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(TypeName, WordOf(Type)).AddOptional(SendingName, SendingIp).AddOptional(HostName, MxHost)
        .AddOptional(HeloName, MxHelo).AddOptional(ReceivingName, ReceivingIp).AddOptional(FieldName.Reason, Reason);

    /// <exception cref="IpcException">Malformed.</exception>
    public static TlsFailure From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        string word = list.Text(TypeName);
        return new(TypeOf(word) ?? throw new IpcException($"unknown result type: {NoticeText.OneLine(word)}"),
            Optional(SendingName), Optional(HostName), Optional(HeloName), Optional(ReceivingName), Optional(FieldName.Reason));

        string Optional(string name) => list.OptionalText(name) ?? "";
    }
}
