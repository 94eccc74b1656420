using System.Globalization;
using System.Net;

namespace PostfixNet.Configuration;

/// <summary>What main.toml says of one destination: a table [destination."NAME"].</summary>
/// <remarks>null: nothing is said there, and the parameters hold.</remarks>
public sealed class DestinationRule
{
    /// <summary>Words for what TLS must do at least.</summary>
    public static IReadOnlyList<string> TlsLevels { get; } = ["none", "may", "dane", "encrypt", "dane-only", "fingerprint", "verify", "secure"];

    /// <summary>The name of the table, in lower case: "example.com", ".example.com", "[host]:port", "mx:host", "*".</summary>
    public required string Name { get; init; }

    /// <summary>It is the table "*": each destination has the limits for itself.</summary>
    public bool IsForAny => Name == DestinationRules.AnyName;

    /// <summary>It is for the site of a mail exchanger.</summary>
    internal bool IsForSite => Name.StartsWith(DestinationRules.SitePrefix, StringComparison.Ordinal);

    /// <summary>Deliveries under way at once, 1 or more.</summary>
    public int? Concurrency { get; internal set; }

    /// <summary>Messages in one <see cref="RatePeriod"/>, 1 or more.</summary>
    public int? RateMessages { get; internal set; }

    /// <summary>The time in which <see cref="RateMessages"/> may be delivered; set when that is.</summary>
    public TimeSpan? RatePeriod { get; internal set; }

    /// <summary>Pause between the end of one delivery and the start of the next.</summary>
    public TimeSpan? Delay { get; internal set; }

    /// <summary>Recipients of one delivery, 1 or more.</summary>
    public int? Recipients { get; internal set; }

    /// <summary>When mail is tried again that was refused for the moment.</summary>
    public RetryRule? Retry { get; internal set; }

    /// <summary>The same, when the site could not be reached or did not want to talk at all.</summary>
    public RetryRule? RetryUnreachable { get; internal set; }

    /// <summary>How much later than its time an attempt may come, by chance: percent of the pause, 0 to 100.</summary>
    public int? Jitter { get; internal set; }

    /// <summary>Times in which it gets no mail.</summary>
    public QuietHours? Quiet { get; internal set; }

    /// <summary>One of the levels of smtp_tls_security_level.</summary>
    public string? Tls { get; internal set; }

    /// <summary>The certificate that servers get to see: in place of smtp_tls_cert_file and its kin.</summary>
    public DestinationCertificate? Certificate { get; internal set; }

    /// <summary>Local address of connections over IPv4.</summary>
    public IPAddress? SourceIPv4 { get; internal set; }

    /// <summary>Local address of connections over IPv6.</summary>
    public IPAddress? SourceIPv6 { get; internal set; }

    /// <summary>Key under which smtp_sasl_password_maps has user and password.</summary>
    public string? Login { get; internal set; }

    /// <summary>Where main.toml has <see cref="Login"/>; there if that is.</summary>
    public SettingPlace? LoginPlace { get; internal set; }

    /// <summary>What it says, in its own words: "concurrency = 5, rate = 100/60s"; no secret is among it.</summary>
    public string Describe() => string.Join(", ", Settings().Select(static setting => $"{setting.Key} = {setting.Value}"));

    /// <summary>The same, key by key; a key with two values comes twice.</summary>
    public IEnumerable<(string Key, string Value)> Settings()
    {
        (string Key, object? Value)[] all =
        [
            ("concurrency", Concurrency), ("rate", RatePeriod is { } period ? $"{RateMessages}/{period.TotalSeconds}s" : null), ("delay", Delay is { } delay ? $"{delay.TotalSeconds}s" : null),
            ("recipients", Recipients), ("retry", Retry?.Describe()), ("retry_unreachable", RetryUnreachable?.Describe()), ("jitter", Jitter), ("quiet_hours", Quiet?.Text), ("tls", Tls),
            ("tls_certificate", Certificate?.File), ("tls_key", Certificate is { } shown && shown.KeyFile != shown.File ? shown.KeyFile : null),
            ("source", SourceIPv4), ("source", SourceIPv6), ("login", Login),
        ];
        foreach ((string key, object? value) in all)
        {
            if (value is not null)
                yield return (key, string.Create(CultureInfo.InvariantCulture, $"{value}"));
        }
    }

    /// <summary>Takes over what only the other one says.</summary>
    internal void CompleteFrom(DestinationRule other)
    {
        Concurrency ??= other.Concurrency;
        RateMessages ??= other.RateMessages;
        RatePeriod ??= other.RatePeriod;
        Delay ??= other.Delay;
        Recipients ??= other.Recipients;
        // A schedule of one's own is meant for both kinds of trouble.
        RetryUnreachable ??= Retry is null ? other.RetryUnreachable : null;
        Retry ??= other.Retry;
        Jitter ??= other.Jitter;
        Quiet ??= other.Quiet;
        Tls ??= other.Tls;
        Certificate ??= other.Certificate;
        SourceIPv4 ??= other.SourceIPv4;
        SourceIPv6 ??= other.SourceIPv6;
        LoginPlace ??= other.LoginPlace;
        Login ??= other.Login;
    }
}

/// <summary>Which law the times of further attempts follow.</summary>
public enum RetryLaw
{
    /// <summary>The age of the mail, between minimal_backoff_time and maximal_backoff_time.</summary>
    Postfix,
    /// <summary>400 seconds times the square of the number of attempts, counted from the arrival.</summary>
    Quadratic,
    /// <summary>Pauses one after the other; the last one again and again.</summary>
    List,
    /// <summary>7.5 minutes, then twice as long each time up to 16 hours; then the mail is returned.</summary>
    Doubling,
}

/// <summary>When mail that could not be delivered is tried again.</summary>
/// <param name="Law">Which law.</param>
/// <param name="Pauses">After the first attempt, after the second, ...; empty for laws that need none.</param>
/// <param name="ThenFails">The mail is returned after the attempt that follows the last pause; else only at its lifetime.</param>
public sealed record RetryRule(RetryLaw Law, IReadOnlyList<TimeSpan> Pauses, bool ThenFails)
{
    internal string Describe()
    {
        if (Law != RetryLaw.List)
            return Law.ToString().ToLowerInvariant();
        List<string> words = [];
        foreach (TimeSpan pause in Pauses)
            words.Add($"{pause.TotalSeconds}s");
        if (ThenFails)
            words.Add("fail");
        return string.Join(' ', words);
    }
}
