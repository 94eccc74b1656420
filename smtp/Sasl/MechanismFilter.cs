namespace PostfixNet.Smtp.Sasl;

/// <summary>smtp_sasl_mechanism_filter: names; "!name" shuts one out; "static:all" (any word after the colon) lets the rest through.
/// The first that fits decides; what nothing fits is shut out. An empty list lets everything through.</summary>
internal static class MechanismFilter
{
    internal static List<string> Apply(IReadOnlyList<string> filter, IReadOnlyList<string> offered)
    {
        List<string> allowed = [];
        foreach (string name in offered)
        {
            if (filter.Count == 0 || Allows(filter, name))
                allowed.Add(name);
        }
        return allowed;
    }

    private static bool Allows(IReadOnlyList<string> filter, string name)
    {
        foreach (string item in filter)
        {
            bool excludes = item.StartsWith('!');
            string pattern = excludes ? item[1..] : item;
            if (pattern.StartsWith("static:", StringComparison.Ordinal) || pattern.Equals(name, StringComparison.OrdinalIgnoreCase))
                return !excludes;
        }
        return false;
    }
}
