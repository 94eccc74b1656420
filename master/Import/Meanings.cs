using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>$names stay where they mean here what they meant in Postfix; elsewhere what they stand for is written in their place.</summary>
internal static class Meanings
{
    /// <summary>Decides for each parameter, and leaves names of the operator's own out that nothing refers to any more.</summary>
    internal static void Settle(Plan plan, string directory)
    {
        List<PlannedParameter> open = [.. plan.Parameters.Where(static parameter => !parameter.IsLiteral)];
        foreach (PlannedParameter parameter in open.Where(static parameter => parameter.IsSecret))
            parameter.WriteExpanded();
        // What a name stands for may become literal, and so change others: until nothing changes.
        for (bool isSettled = false; !isSettled;)
        {
            isSettled = true;
            MainConfig config = MainConfig.FromText(TomlWriter.MainToml(plan, directory, ""), $"{directory}/main.toml");
            foreach (PlannedParameter parameter in open.Where(static parameter => !parameter.IsLiteral))
            {
                if (Means(config, parameter.Name) is { } text && Plain(text) == Plain(parameter.Expanded))
                    continue;
                parameter.WriteExpanded();
                isSettled = false;
            }
            foreach (PlannedService service in plan.Services)
            {
                foreach (PlannedParameter option in service.Options.Where(static option => !option.IsLiteral))
                {
                    MainConfig own = config.With(service.Name, [.. service.Options.Select(all => new KeyValuePair<string, string>(all.Name, TomlWriter.OptionText(all, directory)))]);
                    if (!RefersToOwn(option.Written) && Means(own, option.Name) is { } text && Plain(text) == Plain(option.Expanded))
                        continue;
                    option.WriteExpanded();
                    isSettled = false;
                }
            }
            string[] unused = [.. plan.Parameters.Where(parameter => IsOwn(parameter.Name) && !IsUsed(plan, parameter.Name)).Select(static parameter => parameter.Name)];
            isSettled &= unused.Length == 0;
            plan.Parameters.RemoveAll(parameter => unused.Contains(parameter.Name));
        }
    }

    private static bool IsOwn(string name) => PostfixParameters.Standing(name) == PostfixStanding.Unknown;

    private static bool IsUsed(Plan plan, string name) => (plan.Find("smtpd_restriction_classes") is { } classes && MainConfig.Words(classes.Expanded).Contains(name))
        || plan.Parameters.Exists(parameter => !parameter.IsLiteral && (parameter.Written.Contains("$" + name, StringComparison.Ordinal)
            || parameter.Written.Contains("${" + name, StringComparison.Ordinal) || parameter.Written.Contains("$(" + name, StringComparison.Ordinal)));

    // A name that only an option refers to would be an unknown parameter of main.toml.
    private static bool RefersToOwn(string text) => text.Split('$').Skip(1).Select(static rest => new string([.. rest.TrimStart('{', '(').TakeWhile(static c => char.IsAsciiLetterOrDigit(c) || c == '_')]))
        .Any(static name => name.Length > 0 && IsOwn(name));

    private static string? Means(MainConfig config, string name)
    {
        try
        {
            return config.ReferencedText(name);
        }
        catch (Exception e) when (e is ConfigurationException or FormatException)
        {
            return null;
        }
    }

    private static string Plain(string text) => string.Join(' ', MainConfig.Words(text.Replace("true", "yes", StringComparison.Ordinal).Replace("false", "no", StringComparison.Ordinal)));
}
