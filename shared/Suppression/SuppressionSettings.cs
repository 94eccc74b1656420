using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Suppression;

/// <summary>What main.toml says of the suppression list.</summary>
public sealed class SuppressionSettings
{
    private readonly string _scope;

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public SuppressionSettings(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        IsOn = config.Get(Parameters.SuppressionEnable);
        Form = new AddressForm(config.Get(Parameters.SuppressionNormalize));
        IsAutomatic = config.Get(Parameters.SuppressionAutomatic) && IsOn;
        Codes = RefusalCodes.TryRead(config.Get(Parameters.SuppressionCodes), out string wrong)
            ?? throw config.Refuse(Parameters.SuppressionCodes, $"has \"{PrintableText.Of(wrong)}\"; give status codes as 5.1.1 or 5.1, reply codes as 550, or these with \"!\"");
        FailureLimit = config.Get(Parameters.SuppressionFailures);
        Time = (long)config.Get(Parameters.SuppressionTime).TotalSeconds;
        ComplaintTime = (long)config.Get(Parameters.SuppressionComplaintTime).TotalSeconds;
        _scope = config.Get(Parameters.SuppressionScope);
    }

    /// <summary>Mail is held against the list.</summary>
    public bool IsOn { get; }

    /// <summary>Which addresses are the same.</summary>
    public AddressForm Form { get; }

    /// <summary>Failures put addresses on the list.</summary>
    public bool IsAutomatic { get; }

    /// <summary>Which do at once.</summary>
    public RefusalCodes Codes { get; }

    /// <summary>Of others, so many in turn; 0: none.</summary>
    public int FailureLimit { get; }

    /// <summary>Seconds that an address stays that failures put there; 0: until it is removed.</summary>
    public long Time { get; }

    /// <summary>Likewise of complaints.</summary>
    public long ComplaintTime { get; }

    /// <summary>For whose mail an address is put on the list that failed with mail of a sender; empty: for all.</summary>
    public string ScopeOf(string sender) => _scope switch
    {
        "sender" => sender,
        "sender_domain" => Address.DomainOf(sender),
        _ => "",
    };
}
