using PostfixNet.Delivery;

namespace PostfixNet.Pickup;

/// <summary>What main.toml says to this program.</summary>
internal sealed record PickupOptions
{
    /// <summary>myhostname: in Received:.</summary>
    internal required string MyHostname { get; init; }

    /// <summary>mail_name: in Received:.</summary>
    internal required string MailName { get; init; }

    /// <summary>Owner of the queue: its unreadable files in maildrop were put there by postsuper -r.</summary>
    internal required uint OwnerUid { get; init; }

    /// <summary>line_length_limit: bytes of one record of a user's file.</summary>
    internal required int LineLengthLimit { get; init; }

    /// <summary>content_filter and receive_override_options.</summary>
    internal required Reception Reception { get; init; }

    /// <summary>Messages handed to cleanup at the same time, over one connection each.</summary>
    internal int Connections { get; init; } = 4;

    /// <summary>ipc_idle: how long an unused connection to cleanup stays open.</summary>
    internal required TimeSpan IdleLimit { get; init; }
}
