using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Master.Import;

/// <summary>A transport that is not taken.</summary>
/// <param name="Why">What it is.</param>
/// <param name="Decides">Postfix has it: mail would go by it there.</param>
internal sealed record MissingWay(string Why, bool Decides);

/// <summary>The transports of master.cf: which are there, which are not, and which mail is led to.</summary>
internal sealed class Ways
{
    private static readonly string[] s_parameters =
    [
        "default_transport", "relay_transport", "mailbox_transport", "fallback_transport", "content_filter", "best_mx_transport",
        "transport_maps", "sender_dependent_default_transport_maps", "mailbox_transport_maps", "fallback_transport_maps",
    ];

    private readonly Dictionary<string, MissingWay> _missing = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = [.. (string[])["error", "retry", "discard", "smtp", "lmtp", "relay"]];
    private readonly List<string> _leading = [];

    /// <param name="settings">Names the ways of mail, and the tables of ways.</param>
    /// <param name="services">Their options name some, too.</param>
    internal Ways(PostfixSettings settings, IReadOnlyList<MasterCfEntry> services)
    {
        foreach (PostfixSettings of in (PostfixSettings[])[settings, .. services.Where(static service => service.Options.Count > 0).Select(settings.For)])
        {
            foreach (string name in s_parameters)
                _leading.Add(of.Value(name));
            // By default these lead to programs that have no other mail: MailboxRules.
            foreach ((string name, string usual) in ((string, string)[])[("local_transport", "local"), ("virtual_transport", "virtual")])
            {
                if (of.Value(name) is var way && way != usual && !way.StartsWith(usual + ":", StringComparison.Ordinal))
                    _leading.Add(way);
            }
            // Results of these can be "FILTER transport:nexthop".
            foreach (string name in (string[])["header_checks", "body_checks", "mime_header_checks", "smtpd_client_restrictions", "smtpd_helo_restrictions",
                "smtpd_sender_restrictions", "smtpd_recipient_restrictions", "smtpd_relay_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"])
                _leading.Add(string.Join('\n', TableNames.FilesIn(of.Value(name)).Select(static file => FiltersIn(file.Path))));
        }
        foreach (string value in _leading.ToArray())
            _leading.AddRange(TableNames.FilesIn(value).Select(static file => TextOf(file.Path)));
    }

    /// <summary>A transport is there.</summary>
    internal void Add(string name) => _known.Add(name);

    /// <summary>One is not.</summary>
    internal void Lack(string name, MissingWay missing) => _missing[name] = missing;

    /// <summary>Why a transport is not there; null: it is.</summary>
    internal MissingWay? Missing(string name) => _missing.TryGetValue(name, out MissingWay? missing) ? missing : _known.Contains(name) ? null
        : new MissingWay($"master.cf has no transport \"{name}\", and mail for it waits in Postfix, too", Decides: false);

    /// <summary>A parameter or a table leads mail to a transport.</summary>
    internal bool LeadTo(string name) => _leading.Exists(text => Names(text, name));

    /// <summary>In place of a transport: mail waits.</summary>
    internal static string Waiting(string name) => $"retry:4.3.0 the transport {name} of Postfix is not there";

    private static bool Names(string text, string name)
    {
        if (text.Trim() == name)
            return true;
        for (int at = text.IndexOf(name + ":", StringComparison.Ordinal); at >= 0; at = text.IndexOf(name + ":", at + 1, StringComparison.Ordinal))
        {
            if (at == 0 || char.IsWhiteSpace(text[at - 1]) || text[at - 1] is '=' or '{' or ',')
                return true;
        }
        return false;
    }

    private static string FiltersIn(string path) => string.Join('\n', TextOf(path).Split('\n').Where(static line => line.Contains("FILTER", StringComparison.OrdinalIgnoreCase)));

    private static string TextOf(string path)
    {
        try
        {
            return ByteText.Decode(FileSystem.ReadAll(path, 64 << 20));
        }
        catch (IOException)
        {
            return ""; // told where the table is taken
        }
    }
}
