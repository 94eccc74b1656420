using PostfixNet.Configuration;

namespace PostfixNet.Login;

/// <summary>smtp_sasl_mechanism_filter, smtpd_sasl_mechanism_filter: names; "!name" shuts one out; "static:all" (any word after the colon)
/// lets the rest through. The first that fits decides; what nothing fits is shut out. An empty list lets everything through.</summary>
public static class MechanismFilter
{
    private static readonly HashSet<string> s_mechanisms = new(StringComparer.OrdinalIgnoreCase)
    {
        "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS",
        "XOAUTH2", "OAUTHBEARER", "NTLM", "GSSAPI", "GS2-KRB5", "GSS-SPNEGO", "KERBEROS_V4", "EXTERNAL", "ANONYMOUS", "OTP", "SRP",
    };

    /// <summary>The mechanisms of a list that a filter lets through, in their order.</summary>
    public static List<string> Apply(IReadOnlyList<string> filter, IReadOnlyList<string> offered)
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

    /// <summary>Looks through a filter as written; a name that no mechanism has is remarked.</summary>
    /// <param name="parameter">Where it stands.</param>
    /// <param name="service">A service that may have a parameter of its own; null: none has.</param>
    /// <returns>The filter.</returns>
    /// <exception cref="ConfigurationException">A kind of table.</exception>
    public static IReadOnlyList<string> Read(MainConfig config, Parameter<IReadOnlyList<string>> parameter, string? service)
    {
        IReadOnlyList<string> filter = service is null ? config.Get(parameter) : config.ForTransport(parameter, service);
        foreach (string item in filter)
        {
            string pattern = item.TrimStart('!');
            bool isTable = pattern.Contains(':', StringComparison.Ordinal) && !pattern.StartsWith("static:", StringComparison.Ordinal);
            if (isTable || pattern.StartsWith('/'))
                throw config.Refuse(parameter, $"\"{item}\" is not supported; give names of mechanisms, \"!name\", \"static:all\"", service);
            if (!pattern.StartsWith("static:", StringComparison.Ordinal) && !s_mechanisms.Contains(pattern))
                config.Remark(parameter, $"\"{item}\" is no mechanism that is known here", service);
        }
        return filter;
    }
}
