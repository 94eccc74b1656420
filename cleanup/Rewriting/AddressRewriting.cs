using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Where in a message an address stands.</summary>
internal enum AddressPlace
{
    /// <summary>The envelope's sender.</summary>
    EnvelopeSender,
    /// <summary>A recipient of the envelope.</summary>
    EnvelopeRecipient,
    /// <summary>A header of those who send: From:, Reply-To:, ...</summary>
    HeaderSender,
    /// <summary>A header of those who receive: To:, Cc:, ...</summary>
    HeaderRecipient,
}

/// <summary>Which tables change an address of a place, in which order: the one for senders or recipients, the one for both, masquerading.</summary>
internal sealed class AddressRewriting
{
    private delegate string Step(Message message, string address);

    private readonly Step[][] _steps; // by place; mostly empty

    private AddressRewriting(Step[][] steps) => _steps = steps;

    /// <summary>The address that takes the place of a complete one; both in internal form.</summary>
    /// <exception cref="Refusal">A table is broken.</exception>
    internal string Rewrite(Message message, AddressPlace place, string address)
    {
        if (!message.IsMapped)
            return address;
        foreach (Step step in _steps[(int)place])
            address = step(message, address);
        return address;
    }

    /// <exception cref="ConfigurationException">A table cannot be used.</exception>
    internal static AddressRewriting Read(MainConfig config, AddressCompletion completion)
    {
        CanonicalMap? ofSenders = CanonicalMap.Read(config, Parameters.SenderCanonicalMaps, completion);
        CanonicalMap? ofRecipients = CanonicalMap.Read(config, Parameters.RecipientCanonicalMaps, completion);
        CanonicalMap? ofAll = CanonicalMap.Read(config, Parameters.CanonicalMaps, completion);
        Masquerade? masquerade = Masquerade.Read(config);
        List<Step>[] steps = [[], [], [], []];
        Add(ofSenders is null ? null : ofSenders.Rewrite, Parameters.SenderCanonicalClasses);
        Add(ofRecipients is null ? null : ofRecipients.Rewrite, Parameters.RecipientCanonicalClasses);
        Add(ofAll is null ? null : ofAll.Rewrite, Parameters.CanonicalClasses);
        Add(masquerade is null ? null : (_, address) => masquerade.Rewrite(address), Parameters.MasqueradeClasses);
        return new AddressRewriting([.. steps.Select(static list => list.ToArray())]);

        void Add(Step? step, Parameter<IReadOnlyList<string>> classes)
        {
            foreach (string place in config.Get(classes))
            {
                if (step is not null)
                    steps[(int)Place(place)].Add(step);
            }
        }
    }

    private static AddressPlace Place(string name) => name switch
    {
        "envelope_sender" => AddressPlace.EnvelopeSender,
        "envelope_recipient" => AddressPlace.EnvelopeRecipient,
        "header_sender" => AddressPlace.HeaderSender,
        _ => AddressPlace.HeaderRecipient,
    };
}
