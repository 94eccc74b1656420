using PostfixNet.Configuration;

namespace PostfixNet.Delivery;

/// <summary>What is not done with mail that comes in (receive_override_options). The numbers are those on the line to cleanup.</summary>
[Flags]
public enum ReceiveOverrides
{
    /// <summary>All is done.</summary>
    None = 0,
    /// <summary>Whether recipients and senders exist is not asked.</summary>
    UnknownRecipients = 1,
    /// <summary>Addresses stay as they are, and nobody gets copies.</summary>
    AddressMappings = 2,
    /// <summary>Headers and text are not looked at.</summary>
    Checks = 4,
    /// <summary>Nor are milters told of it.</summary>
    Milters = 8,
}

/// <summary>What main.toml, or master.toml for one service, says of mail that comes in there.</summary>
/// <param name="ContentFilter">content_filter, "transport:nexthop"; empty: none.</param>
/// <param name="Overrides">receive_override_options.</param>
public sealed record Reception(string ContentFilter, ReceiveOverrides Overrides)
{
    /// <summary>Mail that is treated as usual.</summary>
    public static readonly Reception Usual = new("", ReceiveOverrides.None);

    /// <summary>Something is left out.</summary>
    public bool Omits(ReceiveOverrides what) => (Overrides & what) != 0;

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static Reception Read(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        ReceiveOverrides overrides = ReceiveOverrides.None;
        foreach (string word in config.Get(Parameters.ReceiveOverrideOptions))
        {
            overrides |= word switch
            {
                "no_unknown_recipient_checks" => ReceiveOverrides.UnknownRecipients,
                "no_address_mappings" => ReceiveOverrides.AddressMappings,
                "no_header_body_checks" => ReceiveOverrides.Checks,
                _ => ReceiveOverrides.Milters,
            };
        }
        return new Reception(config.Get(Parameters.ContentFilter), overrides);
    }
}
