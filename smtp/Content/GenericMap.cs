using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>The addresses that the world gets to see in place of ours: smtp_generic_maps, as in Postfix's generic(5).</summary>
/// <remarks>For what goes over the wire only: logs, records and original recipients (RFC 3461) have the addresses of this system.</remarks>
internal sealed class GenericMap(AddressLookup lookup, AddressCompletion completion, bool propagatesExtension)
{
    /// <summary>header_address_token_limit.</summary>
    internal required int TokenLimit { get; init; }

    /// <summary>header_size_limit, octets: a header that is larger goes out as it is.</summary>
    internal required int HeaderSizeLimit { get; init; }

    /// <summary>Internal form to internal form; the address itself when the table has nothing for it.</summary>
    internal string Rewrite(string address)
    {
        if (address.Length == 0 || lookup.Find(address) is not { } match)
            return address;
        string result = match.Value.Trim();
        if (IsDomain(result))
            result = Address.Split(address).Local[..^match.Extension.Length] + result;
        else
            result = HeaderAddresses.Parse(result)[0].Address;
        result = Address.Complete(result, completion);
        if (!propagatesExtension || match.Extension.Length == 0)
            return result;
        (string local, string? domain) = Address.Split(result);
        return domain is null ? local + match.Extension : $"{local}{match.Extension}@{domain}";
    }

    /// <returns>null: smtp_generic_maps is empty.</returns>
    /// <exception cref="ConfigurationException">An entry of the table has no address, or more than one.</exception>
    internal static GenericMap? Read(MainConfig config, string service)
    {
        LookupTable table = config.ForTransport(Parameters.SmtpGenericMaps, service);
        if (table.IsEmpty)
            return null;
        if (table.FirstValue(static value => !IsReplacement(value.Trim())) is { } wrong)
            throw config.Refuse(Parameters.SmtpGenericMaps, $"\"{wrong}\" is not understood; give one address, or @domain", service);
        string origin = config.Get(Parameters.MyOrigin);
        return new GenericMap(
            new AddressLookup(table.Find, LocalDomains.Read(config).And(origin), config.Get(Parameters.RecipientDelimiter)),
            new AddressCompletion(origin, config.Get(Parameters.MyDomain), config.Get(Parameters.AppendAtMyorigin), config.Get(Parameters.AppendDotMydomain),
                config.Get(Parameters.SwapBangpath), config.Get(Parameters.AllowPercentHack)),
            propagatesExtension: config.Get(Parameters.PropagateUnmatchedExtensions).Contains("generic"))
        {
            TokenLimit = config.Get(Parameters.HeaderAddressTokenLimit),
            HeaderSizeLimit = config.Get(Parameters.HeaderSizeLimit),
        };
    }

    private static bool IsDomain(string value) => value.StartsWith('@');

    private static bool IsReplacement(string value) => EnvelopeCommands.CanBeSent(value) && value != "@"
        && HeaderAddresses.Parse(IsDomain(value) ? $"user{value}" : value) is [{ Address.Length: > 0 }];
}
