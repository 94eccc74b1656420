using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.Smtpd;

/// <summary>Makes restrictions of the words in main.toml. What is not known, or not built, is an error: a check that is passed over in silence
/// would let somebody in.</summary>
internal sealed class RestrictionReader
{
    private static readonly Dictionary<string, Restriction> s_plain = Plain();

    // Older names that Postfix takes.
    private static readonly Dictionary<string, string> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["reject_unknown_client"] = "reject_unknown_client_hostname",
        ["reject_invalid_hostname"] = "reject_invalid_helo_hostname",
        ["reject_unknown_hostname"] = "reject_unknown_helo_hostname",
        ["reject_non_fqdn_hostname"] = "reject_non_fqdn_helo_hostname",
        ["reject_unknown_address"] = "reject_unknown_sender_domain",
    };

    // A table by itself is asked for what the list is about.
    private static readonly Dictionary<string, string> s_checks = new(StringComparer.Ordinal)
    {
        [Parameters.SmtpdClientRestrictions.Name] = "check_client_access",
        [Parameters.SmtpdHeloRestrictions.Name] = "check_helo_access",
        [Parameters.SmtpdSenderRestrictions.Name] = "check_sender_access",
        [Parameters.SmtpdRelayRestrictions.Name] = "check_recipient_access",
        [Parameters.SmtpdRecipientRestrictions.Name] = "check_recipient_access",
    };

    private readonly MainConfig _config;
    private readonly Dictionary<string, RestrictionList> _classes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = [];
    private readonly List<(Parameter Parameter, LookupTable Table)> _tables = [];

    internal RestrictionReader(MainConfig config)
    {
        _config = config;
        foreach (string name in config.Get(Parameters.SmtpdRestrictionClasses))
            _ = Class(name);
    }

    /// <summary>Tables of all lists that were read, and the parameters that name them.</summary>
    internal IReadOnlyList<(Parameter Parameter, LookupTable Table)> Tables => _tables;

    /// <summary>The list of a parameter.</summary>
    /// <exception cref="ConfigurationException">Something in it is not understood.</exception>
    internal RestrictionList Read(Parameter<IReadOnlyList<string>> parameter) => Read(parameter, _config.Get(parameter));

    private RestrictionList Read(Parameter parameter, IReadOnlyList<string> words)
    {
        List<Restriction> list = [];
        Queue<string> rest = new(words);
        while (rest.Count > 0)
            list.Add(Next(parameter, rest));
        return list.Count == 0 ? RestrictionList.Empty : new RestrictionList(list);
    }

    private Restriction Next(Parameter parameter, Queue<string> rest)
    {
        string word = rest.Dequeue(), name = s_names.GetValueOrDefault(word, word.ToLowerInvariant());
        if (s_plain.TryGetValue(name, out Restriction? plain))
            return plain;
        switch (name)
        {
            case "warn_if_reject":
                return rest.Count > 0 ? Next(parameter, rest).Warning() : throw Wrong(parameter, word, "needs a restriction after it");
            case "sleep":
                return rest.TryDequeue(out string? time) && int.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
                    ? Sleep(seconds) : throw Wrong(parameter, word, "needs a number of seconds after it");
        }
        if (TableRestrictions.All.TryGetValue(name, out Func<Evaluation, AccessTable, ValueTask<Verdict>>? check))
        {
            return rest.TryDequeue(out string? specification) && specification.Contains(':', StringComparison.Ordinal)
                ? Looked(parameter, name, check, specification) : throw Wrong(parameter, word, "needs a lookup table after it, such as \"texthash:/path\"");
        }
        if (name == "check_policy_service")
        {
            return rest.TryDequeue(out string? service) ? Policy(PolicyOptions.Read(_config, parameter, service))
                : throw Wrong(parameter, word, "needs a service after it, such as \"unix:private/policy\"");
        }
        if (name.Contains(':', StringComparison.Ordinal) && s_checks.TryGetValue(parameter.Name, out string? usual))
            return Looked(parameter, usual, TableRestrictions.All[usual], word);
        if (_config.Get(Parameters.SmtpdRestrictionClasses).Contains(word))
        {
            RestrictionList members = Class(word);
            return new Restriction(word, members.Apply);
        }
        throw Wrong(parameter, word, Unbuilt(name));
    }

    private RestrictionList Class(string name)
    {
        if (_classes.TryGetValue(name, out RestrictionList? known))
            return known;
        if (!_open.Add(name))
            throw Wrong(Parameters.SmtpdRestrictionClasses, name, "is a class that contains itself");
        IReadOnlyList<string> words;
        try
        {
            words = MainConfig.Words(_config.ReferencedText(name));
        }
        catch (FormatException)
        {
            throw Wrong(Parameters.SmtpdRestrictionClasses, name, "is not given: a class is a parameter, with a list of restrictions");
        }
        RestrictionList list = Read(Parameters.SmtpdRestrictionClasses, words);
        _open.Remove(name);
        _classes.Add(name, list);
        return list;
    }

    /// <summary>Whether a list, or a class in it, has one of the restrictions of these names.</summary>
    internal bool Has(RestrictionList list, string[] names) => list.Restrictions.Any(restriction => names.Contains(restriction.Name)
        || (_classes.TryGetValue(restriction.Name, out RestrictionList? members) && Has(members, names)));

    /// <summary>What a table or a policy service names: restrictions and classes, without tables.</summary>
    /// <returns>null: something in it is not known.</returns>
    internal RestrictionList? Parse(string text)
    {
        List<Restriction> list = [];
        bool warns = false;
        foreach (string word in MainConfig.Words(text))
        {
            string name = s_names.GetValueOrDefault(word, word.ToLowerInvariant());
            if (name == "warn_if_reject")
            {
                warns = true;
                continue;
            }
            Restriction? found = s_plain.GetValueOrDefault(name) ?? (_classes.TryGetValue(word, out RestrictionList? members) ? new Restriction(word, members.Apply) : null);
            if (found is null)
                return null;
            list.Add(warns ? found.Warning() : found);
            warns = false;
        }
        return list.Count > 0 && !warns ? new RestrictionList(list) : null;
    }

    private Restriction Looked(Parameter parameter, string name, Func<Evaluation, AccessTable, ValueTask<Verdict>> check, string specification)
    {
        AccessTable table = new(specification, _config.OpenTable(parameter, specification),
            _config.Get(Parameters.ParentDomainMatchesSubdomains).Contains("smtpd_access_maps", StringComparer.OrdinalIgnoreCase), _config.Get(Parameters.RecipientDelimiter));
        // Classes are looked for by name alone: a class may have this table.
        IReadOnlyList<string> classes = _config.Get(Parameters.SmtpdRestrictionClasses);
        bool IsRestriction(string value) => MainConfig.Words(value).All(word =>
            s_plain.ContainsKey(s_names.GetValueOrDefault(word, word.ToLowerInvariant())) || classes.Contains(word) || word.Equals("warn_if_reject", StringComparison.OrdinalIgnoreCase));
        if (table.Table.FirstValue(value => AccessAction.Problem(value, IsRestriction) is not null) is { } wrong)
            throw Wrong(parameter, specification, $"has \"{wrong}\", which {AccessAction.Problem(wrong, IsRestriction)}");
        _tables.Add((parameter, table.Table));
        return new Restriction(name, evaluation => check(evaluation, table));
    }

    private static Restriction Policy(PolicyOptions policy) => new("check_policy_service", async evaluation =>
    {
        string request = PolicyRequest.Of(evaluation, policy.Context);
        string action = await evaluation.Services.Policy(policy).Ask(request) ?? policy.DefaultAction;
        return await AccessAction.Apply(evaluation, action, policy.Text);
    });

    private ConfigurationException Wrong(Parameter parameter, string word, string problem) => _config.Refuse(parameter, $"\"{word}\" {problem}");

    private static string Unbuilt(string name) => name switch
    {
        "reject_unverified_sender" or "reject_unverified_recipient" => "is not supported: addresses are not probed",
        "permit_mx_backup" => "is not supported: name the domains in relay_domains",
        "permit_dnswl_client" or "permit_rhswl_client" or "reject_rhsbl_client" or "reject_rhsbl_reverse_client" or "reject_rhsbl_helo" or "reject_rhsbl_sender"
            or "reject_rhsbl_recipient" or "reject_rbl_client" or "reject_maps_rbl" => "is not supported: lists in the DNS are not asked",
        "check_relay_domains" or "permit_naked_ip_address" or "check_recipient_maps" => "is not supported; Postfix has given it up, too",
        "check_client_a_access" or "check_helo_a_access" or "check_sender_a_access" or "check_recipient_a_access" or "check_client_mx_access" or "check_client_ns_access"
            or "check_helo_mx_access" or "check_helo_ns_access" or "check_sender_mx_access" or "check_sender_ns_access" or "check_recipient_mx_access" or "check_recipient_ns_access"
            or "check_reverse_client_hostname_mx_access" or "check_reverse_client_hostname_ns_access" or "check_reverse_client_hostname_a_access"
            or "check_etrn_access" => "is not supported: servers of a domain are not looked up for a table",
        _ when name.Contains(':', StringComparison.Ordinal) => "is a lookup table without a word that says what is looked up, such as check_client_access",
        _ => "is not a restriction",
    };

    private static Restriction Sleep(int seconds) => new("sleep", async evaluation =>
    {
        await evaluation.Services.Loop.Pause(TimeSpan.FromSeconds(seconds));
        return Verdict.Undecided;
    });

    private static Dictionary<string, Restriction> Plain()
    {
        Restriction[] all = [.. GeneralRestrictions.All, .. ClientRestrictions.All, .. HeloRestrictions.All, .. AddressRestrictions.All, .. NameRestrictions.All, .. LoginRestrictions.All, .. UnlistedRestrictions.All];
        return all.ToDictionary(static restriction => restriction.Name, StringComparer.Ordinal);
    }
}
