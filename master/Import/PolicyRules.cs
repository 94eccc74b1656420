using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>Policy services that Postfix's master starts by spawn(8): nobody starts them here, so nobody is to wait for them.</summary>
internal static class PolicyRules
{
    internal static void Run(Plan plan, IReadOnlyList<MasterCfEntry> services)
    {
        foreach (MasterCfEntry service in services.Where(static service => service.Command == "spawn"))
        {
            foreach (PlannedParameter parameter in plan.Parameters.Concat(plan.Services.SelectMany(static other => other.Options)))
            {
                List<string> words = [.. MainConfig.Words(parameter.Expanded)];
                int at = words.FindIndex(word => Names(word, service.Name));
                if (at < 1 || !words[at - 1].Equals("check_policy_service", StringComparison.OrdinalIgnoreCase))
                    continue;
                words.RemoveRange(at - 1, 2);
                parameter.Change(string.Join(", ", words));
                parameter.Finding.Lose($"check_policy_service unix:private/{service.Name}: nobody starts this service; whom it refuses would be let in by what else stands in the list", decides: true);
            }
        }
    }

    private static bool Names(string word, string service) => word.Trim('{', ' ').Split(',', ' ')[0] == $"unix:private/{service}";
}
