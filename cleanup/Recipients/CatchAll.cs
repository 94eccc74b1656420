using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>luser_relay: where mail goes to names of this host that nobody has.</summary>
/// <param name="pattern">An address, with $user, $extension, $local, $domain, $recipient and $recipient_delimiter in it.</param>
internal sealed class CatchAll(string pattern)
{
    /// <summary>The address for one recipient, not complete.</summary>
    /// <param name="names">Knows extensions.</param>
    internal string For(string recipient, AddressLookup names)
    {
        (string local, string? domain) = Address.Split(recipient);
        string extension = names.ExtensionOf(local);
        return Address.ToExternal(Expansion.Expand(pattern, name => name switch
        {
            "user" => local[..^extension.Length],
            "extension" => extension.Length > 0 ? extension[1..] : "",
            "recipient_delimiter" => extension.Length > 0 ? extension[..1] : "",
            "local" => local,
            "domain" => domain ?? "",
            "recipient" => recipient,
            _ => throw new FormatException($"${name} is not known here; accepted are $user, $extension, $local, $domain, $recipient and $recipient_delimiter"),
        }));
    }

    /// <returns>null: there is none, or another transport looks after the names of this host.</returns>
    /// <exception cref="ConfigurationException">It is no address.</exception>
    internal static CatchAll? Read(MainConfig config)
    {
        string pattern = config.Get(Parameters.LuserRelay);
        bool hasOtherTransport = !BuiltInTransports.IsNoLocalDelivery(config.Get(Parameters.LocalTransport));
        if (pattern.Length == 0)
            return null;
        CatchAll catchAll = new(pattern);
        try
        {
            string sample = catchAll.For("user@example.com", new AddressLookup(static (_, _) => null, static _ => false));
            if (AliasMembers.Problem(sample) is { } problem)
                throw config.Refuse(Parameters.LuserRelay, problem);
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.LuserRelay, e.Message);
        }
        if (hasOtherTransport)
            config.Remark(Parameters.LuserRelay, $"has no effect: {Parameters.LocalTransport.Name} knows who exists");
        return hasOtherTransport ? null : catchAll;
    }
}
