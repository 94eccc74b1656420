using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Suppression;

namespace PostfixNet.Web;

/// <summary>The suppression list, a page at a time.</summary>
internal sealed class SuppressionView(SuppressionSettings settings)
{
    private const int MostEntries = 500;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // The index of a long list takes memory.
    private readonly Lock _reading = new();

    internal Reply List(Query query)
    {
        lock (_reading)
            return Read(query);
    }

    private Reply Read(Query query)
    {
        int limit = query.Number("limit", 100, 1, MostEntries), skip = query.Number("skip", 0, 0, SuppressionList.MostEntries);
        string? contains = query.Text("contains");
        long end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        using SuppressionList list = SuppressionList.Open(".", settings.Form);
        List<string> told = [];
        int at = 0;
        bool isAll = true;
        foreach (SuppressionEntry entry in list.Entries())
        {
            if (at++ < skip)
                continue;
            if (told.Count == limit || Environment.TickCount64 > end)
            {
                isAll = false;
                at--;
                break;
            }
            if (contains is null || Address.ToExternal(entry.Address).Contains(contains, StringComparison.OrdinalIgnoreCase) || entry.Reason.Contains(contains, StringComparison.OrdinalIgnoreCase))
                told.Add(entry.ToJson());
        }
        return Reply.Json(string.Create(CultureInfo.InvariantCulture,
            $"{{\"on\": {(settings.IsOn ? "true" : "false")}, \"total\": {list.Count}, \"entries\": [{string.Join(",\n", told)}], \"next\": {(isAll ? "null" : at.ToString(CultureInfo.InvariantCulture))}}}"));
    }
}
