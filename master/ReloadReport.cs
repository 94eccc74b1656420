using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Master;

/// <summary>What a reload came to.</summary>
/// <param name="Changed">Parameters with another value, and "service NAME".</param>
/// <param name="NeedRestart">Those of them that hold from the next start on only.</param>
/// <param name="Refused">Why the configuration cannot be used; the running one stays. Empty: it is in force.</param>
internal sealed record ReloadReport(IReadOnlyList<string> Changed, IReadOnlyList<string> NeedRestart, IReadOnlyList<string> Refused)
{
    // Directories and sockets were made with these, or the whole system stands on them.
    private static readonly string[] s_atStart = [Parameters.MailOwner.Name, Parameters.SetgidGroup.Name];

    internal static ReloadReport Of(Instance before, Instance now)
    {
        List<string> changed = [.. now.Config.AllSettings().ChangesSince(before.Config.AllSettings())];
        List<string> needRestart = changed.FindAll(s_atStart.Contains);
        Dictionary<string, string> earlier = before.Services.ToDictionary(static service => service.Name, Text), later = now.Services.ToDictionary(static service => service.Name, Text);
        changed.AddRange(earlier.Keys.Union(later.Keys).Where(name => earlier.GetValueOrDefault(name) != later.GetValueOrDefault(name)).Order(StringComparer.Ordinal).Select(static name => $"service {name}"));
        return new ReloadReport(changed, needRestart, []);
    }

    // Without its place in the file.
    private static string Text(ServiceEntry service) => $"{service with { Arguments = [], Listen = [], Position = "" }} {string.Join('\n', service.Arguments)} {string.Join(' ', service.Listen)}";

    internal string ToJson() => $"{{\"changed\": {Json(Changed)}, \"need_restart\": {Json(NeedRestart)}, \"refused\": {Json(Refused)}}}";

    private static string Json(IReadOnlyList<string> words) => $"[{string.Join(", ", words.Select(JsonText.Quote))}]";
}
