using System.Globalization;
using System.Text;

namespace PostfixNet.MtaSts;

/// <summary>A policy that was fetched, and when.</summary>
/// <param name="Domain">Whose it is: see <see cref="StsDomain"/>.</param>
/// <param name="Id">What the TXT record announced when it was fetched.</param>
/// <param name="Fetched">Seconds since 1970: its age counts from then.</param>
public sealed record KnownPolicy(string Domain, string Id, StsPolicy Policy, long Fetched)
{
    private const string Heading = "MTA-STS policy, as it was fetched; written by the service mtasts\n", Ending = "end\n";

    /// <summary>Seconds since 1970: since when the domain has had a policy here.</summary>
    public long Since { get; init; } = Fetched;

    /// <summary>Seconds since 1970: when it was asked for last, to within a day or so.</summary>
    public long Used { get; init; } = Fetched;

    /// <summary>Seconds since 1970: the last at which it holds.</summary>
    public long Expires => Fetched + (long)Policy.MaxAge.TotalSeconds;

    /// <summary>It holds no longer.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public bool IsExpired(long now) => now > Expires;

    /// <summary>As it is kept in a file.</summary>
    internal string ToText()
    {
        StringBuilder text = new(Heading);
        text.Append(CultureInfo.InvariantCulture, $"domain: {Domain}\nid: {Id}\nsince: {Since}\nused: {Used}\nfetched: {Fetched}\nmax_age: {(long)Policy.MaxAge.TotalSeconds}\nmode: {StsPolicy.WordFor(Policy.Mode)}\n");
        foreach (string mx in Policy.Mx)
            text.Append(CultureInfo.InvariantCulture, $"mx: {mx}\n");
        return text.Append(Ending).ToString();
    }

    /// <summary>Reads what <see cref="ToText"/> gives.</summary>
    /// <returns>null: it is not that, or not whole.</returns>
    internal static KnownPolicy? TryParse(string text)
    {
        if (!text.StartsWith(Heading, StringComparison.Ordinal) || !text.EndsWith($"\n{Ending}", StringComparison.Ordinal))
            return null;
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        List<string> mx = [];
        try
        {
            foreach (string line in text[Heading.Length..^Ending.Length].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = line.Split(": ", 2);
                if (parts.Length != 2)
                    return null;
                if (parts[0] == "mx")
                    mx.Add(StsPolicy.ReadPattern(parts[1]));
                else if (!fields.TryAdd(parts[0], parts[1]))
                    return null;
            }
            string Of(string name) => fields.GetValueOrDefault(name, "");
            long Time(string name) => long.TryParse(Of(name), NumberStyles.None, CultureInfo.InvariantCulture, out long time) ? time : throw new FormatException(name);
            return StsDomain.IsUsable(Of("domain")) && StsRecord.IsId(Of("id")) && StsPolicy.ModeOf(Of("mode")) is { } mode && (mx.Count > 0 || mode == StsMode.None) && mx.Count <= StsPolicy.MostPatterns
                ? new KnownPolicy(Of("domain"), Of("id"), new StsPolicy(mode, StsPolicy.ReadAge(Of("max_age")), mx), Time("fetched")) { Since = Time("since"), Used = Time("used") } : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
