using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>A table that names a relay or a transport for a sender: sender_dependent_relayhost_maps,
/// sender_dependent_default_transport_maps.</summary>
internal sealed class SenderRoutes
{
    private const string None = "DUNNO";

    private readonly AddressLookup _lookup;
    private readonly string _nullSenderKey;

    private SenderRoutes(AddressLookup lookup, string nullSenderKey) => (_lookup, _nullSenderKey) = (lookup, nullSenderKey);

    /// <summary>What the table has for a sender; null: nothing, or that it is as for everybody ("DUNNO").</summary>
    internal string? Find(string sender)
    {
        string? value = _lookup.Find(sender.Length > 0 ? sender : _nullSenderKey)?.Value.Trim();
        return IsNone(value) ? null : value;
    }

    private static bool IsNone(string? value) => string.IsNullOrEmpty(value) || value.Equals(None, StringComparison.OrdinalIgnoreCase);

    /// <returns>null: the table is empty.</returns>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal static SenderRoutes? Read(MainConfig config, Parameter<LookupTable> parameter, Parameter<string> nullSenderKey)
    {
        LookupTable table = config.Get(parameter);
        AddressLookup lookup = new(table.Find, LocalDomains.Read(config).And(config.Get(Parameters.MyOrigin)), config.Get(Parameters.RecipientDelimiter));
        SenderRoutes routes = new(lookup, config.Get(nullSenderKey));
        return table.IsEmpty ? null : routes;
    }
}
