using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Listing;

/// <summary>Counts by domain and age, in bounded memory.</summary>
/// <param name="now">Seconds since 1970.</param>
/// <param name="bySender">Messages by the domain of their sender; else recipients by theirs.</param>
/// <param name="queues">Names of those that count.</param>
public sealed class QueueShape(long now, bool bySender, IReadOnlyCollection<string> queues) : IListingOutput
{
    // Minutes; each interval is twice as long as the one before, and the last has no end.
    private static readonly int[] s_limits = [5, 10, 20, 40, 80, 160, 320, 640, 1280];
    private const int DomainsLimit = 100_000, TotalWidth = 79, NumberWidth = 5;
    private const string Others = "(others)", NobodysDomain = "MAILER-DAEMON";

    private readonly Dictionary<string, int[]> _counts = [];
    private readonly int[] _total = new int[s_limits.Length + 1];
    private bool _isCounted;
    private int _interval;

    /// <inheritdoc/>
    public void Begin(ListedMessage message)
    {
        _isCounted = queues.Contains(message.Queue);
        long minutes = Math.Max(0, now - message.Time) / 60;
        _interval = Array.FindIndex(s_limits, limit => minutes < limit);
        if (_interval < 0)
            _interval = s_limits.Length;
        if (_isCounted && bySender)
            Count(message.Sender);
    }

    /// <inheritdoc/>
    public void Recipient(in ListedRecipient recipient)
    {
        if (_isCounted && !bySender)
            Count(recipient.Address);
    }

    /// <inheritdoc/>
    public void EndMessage()
    {
    }

    private void Count(string address)
    {
        string domain = Address.DomainOf(address) is { Length: > 0 } known ? known.ToLowerInvariant() : NobodysDomain;
        if (!_counts.TryGetValue(domain, out int[]? counts))
        {
            if (_counts.Count >= DomainsLimit)
                domain = Others;
            if (!_counts.TryGetValue(domain, out counts))
                _counts.Add(domain, counts = new int[s_limits.Length + 1]);
        }
        counts[_interval]++;
        _total[_interval]++;
    }

    /// <summary>How many domains there are.</summary>
    public int Domains => _counts.Count;

    private IEnumerable<(string Domain, int[] Counts)> Sorted => _counts.Select(static pair => (pair.Key, pair.Value))
        .OrderByDescending(static row => row.Value.Sum()).ThenBy(static row => row.Key, StringComparer.Ordinal);

    /// <summary>In the layout of Postfix's qshape.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        Line("", ["T", .. s_limits.Select(static limit => limit.ToString(CultureInfo.InvariantCulture)), $"{s_limits[^1]}+"]);
        Line("TOTAL", Numbers(_total));
        foreach ((string domain, int[] counts) in Sorted)
            Line(domain, Numbers(counts));
        return text.ToString();

        void Line(string name, IReadOnlyList<string> cells)
        {
            StringBuilder numbers = new();
            foreach (string cell in cells)
                numbers.Append(cell.PadLeft(Math.Max(NumberWidth, cell.Length + 1)));
            name = PrintableText.Of(name);
            text.Append(name.PadLeft(Math.Max(name.Length, TotalWidth - numbers.Length))).Append(numbers).Append('\n');
        }
    }

    /// <summary>One object of JSON a line, those with most first.</summary>
    /// <param name="most">Domains at most.</param>
    public string ToJson(int most = int.MaxValue)
    {
        StringBuilder text = new();
        foreach ((string domain, int[] counts) in Sorted.Take(most))
        {
            text.Append("{\"domain\": ").Append(JsonText.Quote(domain)).Append(CultureInfo.InvariantCulture, $", \"total\": {counts.Sum()}, \"minutes\": {{");
            for (int i = 0; i < counts.Length; i++)
                text.Append(i > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"\"{(i < s_limits.Length ? s_limits[i].ToString(CultureInfo.InvariantCulture) : "more")}\": {counts[i]}");
            text.Append("}}\n");
        }
        return text.ToString();
    }

    private static string[] Numbers(int[] counts) => [.. new[] { counts.Sum() }.Concat(counts).Select(static count => count.ToString(CultureInfo.InvariantCulture))];
}
