using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Gives each address one other: canonical_maps, sender_canonical_maps, recipient_canonical_maps.</summary>
internal sealed class CanonicalMap(AddressMapping table)
{
    // As in Postfix, where what has not come to an end by then is used as it is.
    private const int MostRounds = 10;

    /// <summary>The address that stands for <paramref name="address"/>; the result is looked up again, until it stands for itself or
    /// nothing is found.</summary>
    /// <exception cref="Refusal">There is no address in an entry.</exception>
    internal string Rewrite(Message message, string address)
    {
        for (int round = 0; round < MostRounds; round++)
        {
            if (table.Find(address) is not { } results)
                return address;
            if (results.Count == 0)
                throw message.Log.NoAddress(message, table.Parameter, address);
            if (results.Count > 1)
                message.Log.SeveralAddresses(message, table.Parameter, address);
            bool isItself = results[0].Equals(address, StringComparison.OrdinalIgnoreCase);
            address = results[0];
            if (isItself)
                return address;
        }
        message.Log.Endless(message, table.Parameter, address);
        return address;
    }

    /// <returns>null: the table is empty.</returns>
    /// <exception cref="ConfigurationException">The table cannot be used.</exception>
    internal static CanonicalMap? Read(MainConfig config, Parameter<LookupTable> parameter, AddressCompletion completion)
    {
        if (AddressMapping.Read(config, parameter, "canonical", completion) is not { } table)
            return null;
        if (config.Get(parameter).FirstKey(static (_, value) => value.Trim() is not ("" or "<>") && HeaderAddresses.Parse(value).Count != 1) is { } wrong)
            config.Remark(parameter, $"the entry for {wrong} has not exactly one address: the first counts, and without one mail with that address waits");
        return new CanonicalMap(table);
    }
}
