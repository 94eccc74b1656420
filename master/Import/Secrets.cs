using System.Text.RegularExpressions;

namespace PostfixNet.Master.Import;

/// <summary>Which values must not be shown, and make main.toml a file for its owner alone.</summary>
internal static partial class Secrets
{
    private const int LongestShown = 100;

    /// <summary>Passwords may stand in the value of a parameter, or did: names of one's own, such as ldap_bind_pw, too.</summary>
    internal static bool IsIn(string name, string value) => value.Length > 0 && (IsPasswords(name) ? HoldsEntries(value) : SecretName().IsMatch(name) && !value.StartsWith('/'))
        || Credentials().IsMatch(value);

    /// <summary>The tables of a parameter are passwords: a "$" in them stands for itself.</summary>
    internal static bool IsPasswords(string name) => name.EndsWith("_sasl_password_maps", StringComparison.Ordinal);

    /// <summary>The value on one line; null: it must not be shown.</summary>
    internal static string? Shown(string name, string value)
    {
        if (IsIn(name, value))
            return null;
        string line = string.Join(' ', value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > LongestShown ? line[..LongestShown] + "..." : line;
    }

    // Whatever is not the path of a table.
    private static bool HoldsEntries(string value) => Configuration.MainConfig.Words(value).Any(static word => !PathOfTable().IsMatch(word));

    [GeneratedRegex(@"^([a-z]+:)+/[^{}]*$|^([a-z]+:)*(socketmap|tcp|ldap|mysql|pgsql|sqlite|memcache):[^{}]*$")]
    private static partial Regex PathOfTable();

    [GeneratedRegex(@"(^|_)(pw|pass|passwd|password|secret|token|credentials?)$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"://[^/\s]*:[^/\s]*@")]
    private static partial Regex Credentials();
}
