using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>An address that nobody has, or that no mail can be sent to.</summary>
/// <param name="Code">400..599.</param>
/// <param name="Status">RFC 3463.</param>
/// <param name="Why">For the client.</param>
internal sealed record Unlisted(int Code, string Status, string Why);

/// <summary>Knows which addresses there are in domains that end here or are relayed to, from tables alone.</summary>
internal sealed class AddressLists
{
    /// <summary>One table, and how addresses are looked up in it.</summary>
    private sealed record List(LookupTable Table, AddressLookup Addresses);

    private readonly ReplyCodes _codes;
    private readonly bool _namesTable;
    private readonly List[] _rewritten, _rewrittenSenders; // what they have becomes another address
    private readonly List? _locals, _relays, _relocated;
    private readonly AliasNames? _aliases; // without _locals; neither: any local name may exist
    private readonly TransportMap _transports;
    private readonly Dictionary<DestinationClass, string> _usual;
    private readonly string[] _mustExist;

    private AddressLists(MainConfig config, ReplyCodes codes)
    {
        _codes = codes;
        _namesTable = config.Get(Parameters.ShowUserUnknownTableName);
        string delimiters = config.Get(Parameters.RecipientDelimiter), localTransport = config.Get(Parameters.LocalTransport);
        Func<string, bool> isLocal = LocalDomains.Read(config).And(config.Get(Parameters.MyOrigin));
        _rewritten = [.. new[] { Parameters.RecipientCanonicalMaps, Parameters.CanonicalMaps, Parameters.VirtualAliasMaps }.Select(Read).OfType<List>()];
        _rewrittenSenders = Read(Parameters.SenderCanonicalMaps) is { } ofSenders ? [.. _rewritten, ofSenders] : _rewritten;
        _relays = Read(Parameters.RelayRecipientMaps);
        _relocated = Read(Parameters.RelocatedMaps);
        _transports = new TransportMap(config.Get(Parameters.TransportMaps), delimiters);
        bool hasLocalDelivery = !BuiltInTransports.IsNoLocalDelivery(localTransport), hasCatchAll = config.Get(Parameters.LuserRelay).Length > 0;
        // The default says what becomes of such mail: an alias, or none, and then luser_relay, or what local_transport and transport_maps lead to.
        LookupTable locals = config.Get(Parameters.LocalRecipientMaps), aliases = config.Get(Parameters.AliasMaps);
        if (!ReferenceEquals(locals, aliases))
            _locals = Read(Parameters.LocalRecipientMaps);
        else if (!hasLocalDelivery && !hasCatchAll)
            _aliases = new AliasNames(aliases, delimiters);
        _usual = new()
        {
            [DestinationClass.Local] = hasLocalDelivery ? localTransport : "",
            [DestinationClass.Relay] = config.Get(Parameters.RelayTransport),
            [DestinationClass.Other] = config.Get(Parameters.SenderDependentDefaultTransportMaps).IsEmpty ? config.Get(Parameters.DefaultTransport) : "",
            [DestinationClass.Alias] = "",
            [DestinationClass.Reports] = "",
        };
        // RFC 5321 section 4.5.1, and those that notices come from.
        _mustExist = [config.Get(Parameters.DoubleBounceSender), "postmaster", "MAILER-DAEMON"];

        List? Read(Parameter<LookupTable> parameter)
        {
            LookupTable table = config.Get(parameter);
            return table.IsEmpty ? null : new List(table, new AddressLookup(table.Find, isLocal, delimiters));
        }
    }

    /// <exception cref="ConfigurationException">A table cannot be used.</exception>
    internal static AddressLists Read(MainConfig config, ReplyCodes codes) => new(config, codes);

    /// <summary>What speaks against an address; null: nothing.</summary>
    /// <param name="address">Internal form, as the client gave it.</param>
    /// <param name="isSender">It is the sender's.</param>
    /// <exception cref="Tables.LookupException">A table cannot say.</exception>
    internal async ValueTask<Unlisted?> Find(AccessServices services, string address, bool isSender)
    {
        Destination destination = services.Destinations.Resolve(address);
        foreach (List list in isSender ? _rewrittenSenders : _rewritten)
        {
            if (await Has(list))
                return null;
        }
        (string user, string? domain) = Address.Split(destination.Address);
        string transport = "", text = "";
        if (_relocated is not null && _relocated.Addresses.Find(destination.Address) is { } moved)
            (transport, text) = ("error", $"5.1.6 User has moved to {moved.Value}");
        else if (destination.Class != DestinationClass.Alias)
            (transport, text) = Route(destination, (domain ?? "").ToLowerInvariant());
        if (transport == "error")
            return Refuse(550, text);
        if (transport == "retry")
            return Refuse(450, text);
        return destination.Class switch
        {
            DestinationClass.Alias => Refuse(_codes.UnknownAlias, $"5.1.1 {Unknown("virtual alias")}"),
            DestinationClass.Relay when _relays is not null && !await Has(_relays) => Refuse(_codes.UnknownRelay, Unknown("relay recipient")),
            DestinationClass.Local when !_mustExist.Contains(user, StringComparer.OrdinalIgnoreCase)
                && (_locals is not null ? !await Has(_locals) : _aliases is not null && transport.Length == 0 && !_aliases.Contain(user))
                => Refuse(_codes.UnknownLocal, Unknown("local recipient")),
            _ => null,
        };

        Unlisted Refuse(int code, string why) => Refusal(code, why, isSender);

        ValueTask<bool> Has(List list) => services.Ask(list.Table, () => list.Addresses.Find(destination.Address) is not null);
    }

    // Transport and next hop of transport_maps, else of the class; empty: what is usual there.
    private (string Transport, string NextHop) Route(Destination destination, string domain)
    {
        (string transport, string nextHop) = Split(_usual[destination.Class]);
        if (_transports.IsEmpty || _transports.Find(destination.Address, domain) is not { } entry)
            return (transport, nextHop);
        (string ofEntry, string nextHopOfEntry) = Split(entry);
        return ofEntry.Length > 0 ? (ofEntry, nextHopOfEntry) : (transport, nextHopOfEntry.Length > 0 ? nextHopOfEntry : nextHop);
    }

    private static (string Transport, string NextHop) Split(string entry)
    {
        int colon = entry.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (entry, "") : (entry[..colon], entry[(colon + 1)..].Trim());
    }

    private string Unknown(string table) => _namesTable ? $"User unknown in {table} table" : "User unknown";

    // "5.7.1 text" carries its own status code.
    private static Unlisted Refusal(int code, string text, bool isSender)
    {
        string status = isSender ? "5.1.0" : "5.1.1";
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && Dsn.IsStatus(text.AsSpan(0, space)))
            (status, text) = (isSender ? OfSender(text[..space]) : text[..space], text[(space + 1)..].Trim());
        return new Unlisted(code, status, text.Length > 0 ? text : "mail for this address is not accepted");
    }

    // RFC 3463 section 3.2 has codes of its own for senders; those of recipients become these.
    private static string OfSender(string status) => status[2..] switch
    {
        "1.1" or "1.3" or "1.4" or "1.6" => $"{status[..2]}1.7",
        "1.2" => $"{status[..2]}1.8",
        "1.5" => $"{status[..2]}1.0",
        _ => status,
    };
}
