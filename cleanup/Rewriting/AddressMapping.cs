using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>A table that gives addresses for addresses, as canonical(5) and virtual(5) describe them.</summary>
/// <param name="parameter">Its name, for the log.</param>
/// <param name="lookup">Finds the entry of an address.</param>
/// <param name="completion">How incomplete results are completed.</param>
/// <param name="propagatesExtension">What the key of an entry leaves out of an address is added to the results.</param>
internal sealed class AddressMapping(string parameter, AddressLookup lookup, AddressCompletion completion, bool propagatesExtension)
{
    internal string Parameter => parameter;

    /// <summary>The addresses that the table has for one; null: it has no entry. An empty list: the entry has no address.</summary>
    /// <param name="address">Internal form, like the results. The empty address stands for nothing.</param>
    internal IReadOnlyList<string>? Find(string address)
    {
        if (address.Length == 0 || lookup.Find(address) is not { } match)
            return null;
        string value = match.Value.Trim();
        string extension = propagatesExtension ? match.Extension : "";
        // "@domain": the same user there.
        if (value is ['@', .. var target] && !target.Contains(','))
            return [WithExtension(Address.Complete($"{UserOf(address, match)}{value}", completion), extension)];
        if (value is "" or "<>" or "\"\"")
            return [""];
        List<string> results = [];
        foreach (HeaderAddress result in HeaderAddresses.Parse(value))
        {
            if (Address.Complete(result, completion) is { Length: > 0 } complete)
                results.Add(WithExtension(complete, extension));
        }
        return results;
    }

    private static string UserOf(string address, AddressMatch match) => Address.Split(address).Local[..^match.Extension.Length];

    /// <summary>An address with an extension, its delimiter included, added to the local part.</summary>
    internal static string WithExtension(string address, string extension)
    {
        if (extension.Length == 0)
            return address;
        (string local, string? domain) = Address.Split(address);
        return domain is null ? local + extension : $"{local}{extension}@{domain}";
    }

    /// <summary>Reads a parameter.</summary>
    /// <param name="extensionClass">Its word in propagate_unmatched_extensions.</param>
    /// <returns>null: the table is empty.</returns>
    /// <exception cref="ConfigurationException">The table cannot be used.</exception>
    internal static AddressMapping? Read(MainConfig config, Parameter<LookupTable> parameter, string extensionClass, AddressCompletion completion)
    {
        LookupTable table = config.Get(parameter);
        if (table.IsEmpty)
            return null;
        AddressLookup lookup = new(table.Find, LocalDomains.Read(config).And(completion.Origin), config.Get(Parameters.RecipientDelimiter));
        return new AddressMapping(parameter.Name, lookup, completion, config.Get(Parameters.PropagateUnmatchedExtensions).Contains(extensionClass));
    }
}
