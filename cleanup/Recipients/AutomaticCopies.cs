using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Who gets copies that nobody asked for by name: always_bcc, sender_bcc_maps, recipient_bcc_maps. Nobody gets one of a notice.</summary>
internal sealed class AutomaticCopies
{
    private readonly AddressLookup? _ofSenders, _ofRecipients;

    internal AutomaticCopies(string ofAll, AddressLookup? ofSenders = null, AddressLookup? ofRecipients = null) => (OfAll, _ofSenders, _ofRecipients) = (ofAll, ofSenders, ofRecipients);

    /// <summary>Gets all mail; empty: nobody.</summary>
    internal string OfAll { get; }

    /// <summary>Who gets what a sender sends; null: nobody.</summary>
    /// <exception cref="Refusal">The entry is not an address.</exception>
    internal string? OfSender(Message message, string sender) => _ofSenders is null ? null : Find(message, _ofSenders, Parameters.SenderBccMaps, sender);

    /// <summary>Who gets what a recipient gets; null: nobody.</summary>
    /// <exception cref="Refusal">Likewise.</exception>
    internal string? OfRecipient(Message message, string recipient) => _ofRecipients is null ? null : Find(message, _ofRecipients, Parameters.RecipientBccMaps, recipient);

    private static string? Find(Message message, AddressLookup lookup, Parameter parameter, string address)
    {
        if (address.Length == 0 || lookup.Find(address) is not { } match)
            return null;
        return Address(match.Value) ?? throw message.Log.NoAddress(message, parameter.Name, address);
    }

    private static string? Address(string value) => HeaderAddresses.Parse(value) is [{ Address.Length: > 0 } only] ? only.Address : null;

    /// <exception cref="ConfigurationException">A table cannot be used.</exception>
    internal static AutomaticCopies Read(MainConfig config)
    {
        return new AutomaticCopies(config.Get(Parameters.AlwaysBcc), Lookup(Parameters.SenderBccMaps), Lookup(Parameters.RecipientBccMaps));

        AddressLookup? Lookup(Parameter<LookupTable> parameter)
        {
            LookupTable table = config.Get(parameter);
            if (table.FirstKey(static (_, value) => Address(value) is null) is { } wrong)
                throw config.Refuse(parameter, $"the entry for {wrong} is not one address; for several, name one here that stands for them in {Parameters.VirtualAliasMaps.Name}");
            return table.IsEmpty ? null
                : new AddressLookup(table.Find, LocalDomains.Read(config).And(config.Get(Parameters.MyOrigin)), config.Get(Parameters.RecipientDelimiter));
        }
    }
}
