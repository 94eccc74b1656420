using PostfixNet.Configuration;
using PostfixNet.Logins;
using PostfixNet.Mail;
using PostfixNet.Tables;

namespace PostfixNet.Smtp.Sasl;

/// <summary>smtp_sasl_password_maps: who we are at which server.</summary>
/// <param name="bySender">smtp_sender_dependent_authentication.</param>
/// <param name="recipientDelimiter">recipient_delimiter; empty: addresses have no extensions.</param>
/// <param name="tokenTimeout">For a command that fetches a token.</param>
internal sealed class PasswordTable(LookupTable table, bool bySender, string recipientDelimiter, TimeSpan tokenTimeout, TimeProvider clock)
{
    private const string FilePrefix = "token-file=";
    private const string CommandPrefix = "token-command=";
    private const string ServicePrefix = "oauth=";
    private const string PasswordPrefix = "password-";

    /// <summary>Asks the service logins.</summary>
    internal Func<TokenQuestion, TokenAnswer> Ask { get; init; } = static question => question.Ask(".");

    // Tokens stay in memory with the command that brought them.
    private readonly Dictionary<string, TokenSource> _tokens = new(StringComparer.Ordinal);

    /// <summary>The sender, when the table has a login for it alone, or cannot say; else empty.</summary>
    internal string LoginSenderOf(string sender) => Unless(() => OfSender(sender) is null) ? "" : sender;

    /// <summary>The login for mail of a sender to a server; null: none, and mail goes without.</summary>
    /// <param name="host">The server's name.</param>
    /// <param name="destination">Next hop or fallback relay, as written.</param>
    /// <exception cref="SaslException">There is an entry, but it makes no sense.</exception>
    /// <exception cref="LookupException">The table cannot say.</exception>
    internal Credentials? Find(string sender, string host, string destination)
    {
        if (OfSender(sender) is { } own)
            return Read(own, sender, isOfSender: true);
        if (table.Find(host) is { } ofHost)
            return Read(ofHost, host);
        return table.Find(destination) is { } ofDestination ? Read(ofDestination, destination) : null;
    }

    /// <summary>The login of that key.</summary>
    /// <exception cref="SaslException">There is none, or it makes no sense.</exception>
    /// <exception cref="LookupException">The table cannot say.</exception>
    internal Credentials Named(string key) =>
        Read(table.Find(key) ?? throw new SaslException($"smtp_sasl_password_maps has no entry for {key}"), key);

    /// <summary>There is an entry, good or bad, or the table cannot say.</summary>
    /// <inheritdoc cref="Find"/>
    internal bool Has(string sender, string host, string destination) => !Unless(() => (OfSender(sender) ?? table.Find(host) ?? table.Find(destination)) is null);

    /// <summary>A key of an entry that looks like a next hop, or server, without an entry of its own: it names the same host, written otherwise. null: there is none.</summary>
    internal string? Near(string written) => Near(table, written);

    /// <inheritdoc cref="Near(string)"/>
    internal static string? Near(LookupTable table, string written)
    {
        string host = HostOf(written);
        return table.FirstKey((key, _) => key.Length > 0 && key != written && HostOf(key).Equals(host, StringComparison.OrdinalIgnoreCase));
    }

    // "smtp:[mail.example.com]:587", "smtps://mail.example.com", "mail.example.com." are how people write it.
    private static string HostOf(string written)
    {
        string text = written.Trim();
        foreach (string prefix in (string[])["smtps://", "smtp://", "smtp:", "smtps:", "submission:", "relay:"])
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                text = text[prefix.Length..];
        }
        return (HostAndPort.Parse(text)?.Host ?? text).Trim('[', ']').TrimEnd('.');
    }

    // False, too, when the table cannot say.
    private static bool Unless(Func<bool> isThereNone)
    {
        try
        {
            return isThereNone();
        }
        catch (LookupException)
        {
            return false;
        }
    }

    // The address, then without its extension, then its domain.
    private string? OfSender(string sender)
    {
        if (!bySender || sender.Length == 0)
            return null;
        if (table.Find(sender) is { } value)
            return value;
        int at = sender.LastIndexOf('@');
        if (at < 0)
            return null;
        if (recipientDelimiter.Length > 0)
        {
            int extension = sender.AsSpan(0, at).IndexOfAny(recipientDelimiter);
            if (extension > 0 && table.Find(string.Concat(sender.AsSpan(0, extension), sender.AsSpan(at)), KeyKind.Part) is { } bare)
                return bare;
        }
        return table.Find(sender[at..], KeyKind.Part);
    }

    /// <summary>Whether the secret of an entry is what a program says.</summary>
    internal static bool HasCommand(string value) => value.Contains(':' + CommandPrefix, StringComparison.Ordinal);

    private Credentials Read(string value, string key, bool isOfSender = false) => Parse(value, key).Of(key, value, isOfSender);

    private Credentials Parse(string value, string key)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        // Control characters have a meaning in some mechanisms.
        if (colon <= 0 || value.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            throw new SaslException($"the entry for {key} in smtp_sasl_password_maps is not \"user:password\"");
        string user = value[..colon];
        string secret = value[(colon + 1)..];
        if (secret.StartsWith(FilePrefix, StringComparison.Ordinal))
            return new Credentials(user, "", new TokenFile(secret[FilePrefix.Length..]));
        if (secret.StartsWith(CommandPrefix, StringComparison.Ordinal))
            return new Credentials(user, "", Command(secret[CommandPrefix.Length..]));
        if (secret.StartsWith(ServicePrefix, StringComparison.Ordinal))
            return new Credentials(user, "", Service(secret[ServicePrefix.Length..]));
        return new Credentials(user, PlaceIn(secret) is { } place ? Password(place, key) : secret, null);
    }

    /// <summary>Reads passwords that are elsewhere while this process may.</summary>
    internal static void OpenPlaces(LookupTable table) => _ = table.FirstValue(static value =>
    {
        PlaceIn(value[(value.IndexOf(':', StringComparison.Ordinal) + 1)..])?.Open();
        return false;
    });

    /// <summary>The secrets that are elsewhere and cannot be read: whose, and why.</summary>
    internal static IReadOnlyList<string> LostSecrets(LookupTable table)
    {
        List<string> lost = [];
        _ = table.FirstKey((key, value) =>
        {
            if (PlaceIn(value[(value.IndexOf(':', StringComparison.Ordinal) + 1)..]) is { } place && Trouble(place) is { } why)
                lost.Add($"no password for {key}: {why}");
            return false;
        });
        return lost;
    }

    private static string? Trouble(SecretPlace place)
    {
        try
        {
            _ = place.Read();
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    /// <summary>The name of the table of tokens in an entry; null: it has none.</summary>
    internal static string? ServiceIn(string value) =>
        value.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && value.AsSpan(colon + 1).StartsWith(ServicePrefix, StringComparison.Ordinal) ? value[(colon + 1 + ServicePrefix.Length)..] : null;

    // "password-file=/path", "password-credential=NAME", "password-env=NAME".
    private static SecretPlace? PlaceIn(string secret) => secret.StartsWith(PasswordPrefix, StringComparison.Ordinal) ? SecretPlace.Parse(secret[PasswordPrefix.Length..], '=') : null;

    private static string Password(SecretPlace place, string key)
    {
        try
        {
            return place.Read();
        }
        catch (IOException e)
        {
            throw new SaslException($"no password for {key}: {e.Message}");
        }
    }

    private TokenSource Service(string name)
    {
        if (!_tokens.TryGetValue(ServicePrefix + name, out TokenSource? known))
            _tokens.Add(ServicePrefix + name, known = new TokenService(name, Ask));
        return known;
    }

    private TokenSource Command(string text)
    {
        if (_tokens.TryGetValue(text, out TokenSource? known))
            return known;
        string[] words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || !words[0].StartsWith('/'))
            throw new SaslException("token-command in smtp_sasl_password_maps needs a path from the root");
        TokenCommand command = new(words[0], words[1..], tokenTimeout, clock);
        _tokens.Add(text, command);
        return command;
    }
}
