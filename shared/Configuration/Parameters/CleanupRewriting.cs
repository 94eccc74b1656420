namespace PostfixNet.Configuration;

// Read by cleanup: which addresses become others, who gets copies, what content may not have.
public static partial class Parameters
{
    private const string PlacesOfBoth = "envelope_sender envelope_recipient header_sender header_recipient";

    /// <summary>One address for another.</summary>
    public static readonly Parameter<LookupTable> CanonicalMaps = Table("canonical_maps", "");

    /// <summary>Where canonical_maps is asked.</summary>
    public static readonly Parameter<IReadOnlyList<string>> CanonicalClasses =
        List("canonical_classes", "envelope_sender, envelope_recipient, header_sender, header_recipient", PlacesOfBoth);

    /// <summary>One address for another, of senders; asked before canonical_maps.</summary>
    public static readonly Parameter<LookupTable> SenderCanonicalMaps = Table("sender_canonical_maps", "");

    /// <summary>Where sender_canonical_maps is asked.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SenderCanonicalClasses =
        List("sender_canonical_classes", "envelope_sender, header_sender", "envelope_sender header_sender");

    /// <summary>One address for another, of recipients; asked before canonical_maps.</summary>
    public static readonly Parameter<LookupTable> RecipientCanonicalMaps = Table("recipient_canonical_maps", "");

    /// <summary>Where recipient_canonical_maps is asked.</summary>
    public static readonly Parameter<IReadOnlyList<string>> RecipientCanonicalClasses =
        List("recipient_canonical_classes", "envelope_recipient, header_recipient", "envelope_recipient header_recipient");

    /// <summary>Domains whose hosts are not shown.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MasqueradeDomains = List("masquerade_domains", "");

    /// <summary>Users whose hosts are.</summary>
    public static readonly Parameter<MatchList> MasqueradeExceptions = Words("masquerade_exceptions", "");

    /// <summary>Where hosts are not shown.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MasqueradeClasses =
        List("masquerade_classes", "envelope_sender, header_sender, header_recipient", PlacesOfBoth);

    /// <summary>What names of this host stand for.</summary>
    public static readonly Parameter<LookupTable> AliasMaps = Add(new Parameter<LookupTable>("alias_maps", "", LookupTable.OpenAliases));

    /// <summary>The sender of mail to a list is whom owner-LIST stands for, not owner-LIST.</summary>
    public static readonly Parameter<bool> ExpandOwnerAlias = Flag("expand_owner_alias", "no");

    /// <summary>Where mail goes to names of this host that nobody has; $user and its like are not parameters.</summary>
    public static readonly Parameter<string> LuserRelay = Add(new Parameter<string>("luser_relay", "", Conversion.RawText));

    /// <summary>Who gets copies of what a sender sends.</summary>
    public static readonly Parameter<LookupTable> SenderBccMaps = Table("sender_bcc_maps", "");

    /// <summary>Who gets copies of what a recipient gets.</summary>
    public static readonly Parameter<LookupTable> RecipientBccMaps = Table("recipient_bcc_maps", "");

    /// <summary>Octets that make a message unwelcome, in C's notation.</summary>
    public static readonly Parameter<string> MessageRejectCharacters = Text("message_reject_characters", "");

    /// <summary>Octets that are removed from messages, in C's notation.</summary>
    public static readonly Parameter<string> MessageStripCharacters = Text("message_strip_characters", "");

    /// <summary>Domain of incomplete addresses in headers of mail from elsewhere; empty: those headers stay as they are.</summary>
    public static readonly Parameter<string> RemoteHeaderRewriteDomain = Text("remote_header_rewrite_domain", "");
}
