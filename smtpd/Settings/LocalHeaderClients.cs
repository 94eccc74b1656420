using PostfixNet.Configuration;

namespace PostfixNet.Smtpd;

/// <summary>local_header_rewrite_clients: whose headers are completed and changed as those of this host's own mail.</summary>
internal sealed class LocalHeaderClients
{
    private readonly List<Func<Session, OwnClients, bool>> _items = [];

    /// <summary>Those on this host.</summary>
    internal static LocalHeaderClients OfThisHost { get; } = new() { _items = { static (session, own) => own.Contain(session) } };

    /// <param name="own">Who is on this host.</param>
    internal bool Contain(Session session, OwnClients own)
    {
        foreach (Func<Session, OwnClients, bool> item in _items)
        {
            if (item(session, own))
                return true;
        }
        return false;
    }

    /// <exception cref="ConfigurationException">A word is not known, or a table cannot be used.</exception>
    internal static LocalHeaderClients Read(MainConfig config)
    {
        LocalHeaderClients clients = new();
        MatchList networks = config.Get(Parameters.MyNetworks);
        LookupTable certificates = config.Get(Parameters.RelayClientcerts);
        foreach (string word in config.Get(Parameters.LocalHeaderRewriteClients))
        {
            switch (word)
            {
                case "permit_inet_interfaces":
                    clients._items.Add(static (session, own) => own.Contain(session));
                    break;
                case "permit_mynetworks":
                    clients._items.Add((session, _) => networks.Contains(session.Client.Name, session.Client.AddressOrLoopback));
                    break;
                case "permit_sasl_authenticated":
                    clients._items.Add(static (session, _) => session.Login is not null);
                    break;
                case "permit_tls_clientcerts":
                    clients._items.Add((session, _) => session.Tls is { Fingerprint.Length: > 0 } tls
                        && (certificates.Find(tls.KeyFingerprint) ?? certificates.Find(tls.Fingerprint)) is not null);
                    break;
                case "permit_tls_all_clientcerts":
                    clients._items.Add(static (session, _) => session.Tls is { IsTrusted: true });
                    break;
                case "check_address_map":
                    break;
                default:
                    if (!word.Contains(':', StringComparison.Ordinal))
                        throw config.Refuse(Parameters.LocalHeaderRewriteClients, $"\"{word}\" is not known; accepted are permit_inet_interfaces, permit_mynetworks, permit_sasl_authenticated, permit_tls_clientcerts, permit_tls_all_clientcerts, and tables of addresses");
                    LookupTable table = config.OpenTable(Parameters.LocalHeaderRewriteClients, word);
                    if (table.Waits)
                        throw config.Refuse(Parameters.LocalHeaderRewriteClients, $"\"{word}\" asks a server, and nobody waits for it here");
                    clients._items.Add((session, _) => session.Client.Address is { } address && table.Find(address.ToString()) is not null);
                    break;
            }
        }
        return clients;
    }
}
