using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Tlsrpt;

/// <summary>What is known of TLS with the servers of one domain on one day, and where its report stands.</summary>
/// <param name="day">By UTC.</param>
/// <param name="domain">Whose report it is: ASCII, lower case.</param>
/// <param name="reportId">Stays what it is, however often a report is sent: RFC 8460 section 5.3 has receivers pass over duplicates by it.</param>
/// <param name="due">When the report is to be sent: seconds since 1970.</param>
internal sealed class DomainDay(DateOnly day, string domain, string reportId, long due)
{
    /// <summary>Characters of policies and failures that are told apart: a domain that shows us ever new ones gets no more of our memory.</summary>
    internal const int Room = 32 * 1024;

    private const int MostStrings = 50, LongestString = 2000, LongestText = 300;
    private int _room = Room;
    private readonly Dictionary<string, PolicyCount> _policies = new(StringComparer.Ordinal);

    internal DateOnly Day => day;

    internal string Domain => domain;

    internal string ReportId => reportId;

    internal long Due => due;

    /// <summary>The record that asks for reports, as last seen; null: not known yet.</summary>
    internal ReportingRecord? Record { get; set; }

    /// <summary>In the order in which they came.</summary>
    internal IReadOnlyCollection<PolicyCount> Policies => _policies.Values;

    /// <summary>Sessions, all policies together.</summary>
    internal (long Successful, long Failed) Totals => (Policies.Sum(static policy => policy.Successful), Policies.Sum(static policy => policy.Failed));

    /// <summary>How far its report has come.</summary>
    internal Sending Sending { get; } = new();

    /// <summary>Counts an attempt.</summary>
    internal void Take(TlsAttempt attempt)
    {
        // S3-29c: who delivers to a host that is the domain itself, and has TLSA records, has not "no policy" as well.
        HashSet<string> hosts = [.. attempt.Results.Where(static result => result.Policy.Origin == TlsPolicyOrigin.Tlsa).Select(static result => result.Policy.Domain)];
        foreach (TlsResult result in attempt.Results)
        {
            if (result.Policy.Origin == TlsPolicyOrigin.None && hosts.Contains(result.Policy.Domain))
                continue;
            if (CountOf(Bounded(result.Policy)) is not { } count)
                continue;
            count.Add(result.Failure is null ? 1 : 0, result.Failure is null ? 0 : 1);
            if (result.Failure is { } failure)
                count.Describe(Bounded(failure), 1);
        }
    }

    /// <summary>The count of a policy; null: there is no room for another one.</summary>
    internal PolicyCount? CountOf(AppliedTlsPolicy policy)
    {
        string key = $"{policy.Origin}\n{policy.Domain}\n\n{string.Join('\n', policy.Strings)}\n\n{string.Join('\n', policy.MxPatterns)}";
        if (!_policies.TryGetValue(key, out PolicyCount? count) && HasRoomFor(key.Length))
            _policies.Add(key, count = new PolicyCount(policy, HasRoomFor));
        return count;
    }

    private bool HasRoomFor(int size)
    {
        if (size > _room)
            return false;
        _room -= size;
        return true;
    }

    // What a server of another domain says stands in it.
    private static AppliedTlsPolicy Bounded(AppliedTlsPolicy policy) => policy with
    {
        Domain = Bounded(policy.Domain),
        Strings = [.. policy.Strings.Take(MostStrings).Select(static text => Bounded(text, LongestString))],
        MxPatterns = [.. policy.MxPatterns.Take(MostStrings).Select(static text => Bounded(text))],
    };

    private static TlsFailure Bounded(TlsFailure failure) => failure with
    {
        SendingIp = Bounded(failure.SendingIp),
        MxHost = Bounded(failure.MxHost),
        MxHelo = Bounded(failure.MxHelo),
        ReceivingIp = Bounded(failure.ReceivingIp),
        Reason = Bounded(failure.Reason),
    };

    private static string Bounded(string text, int longest = LongestText) => PrintableText.Of(text.Length > longest ? text[..longest] : text);
}
