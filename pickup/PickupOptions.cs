namespace PostfixNet.Pickup;

/// <summary>What main.toml says to this program.</summary>
internal sealed record PickupOptions
{
    /// <summary>myhostname: in Received:.</summary>
    internal required string MyHostname { get; init; }

    /// <summary>mail_name: in Received:.</summary>
    internal string MailName { get; init; } = "Postfix";

    /// <summary>Owner of the queue: its unreadable files in maildrop were put there by postsuper -r.</summary>
    internal required uint OwnerUid { get; init; }

    /// <summary>line_length_limit: bytes of one record of a user's file.</summary>
    internal int LineLengthLimit { get; init; } = 2048;

    /// <summary>Messages handed to cleanup at the same time, over one connection each.</summary>
    internal int Connections { get; init; } = 4;

    /// <summary>ipc_idle: how long an unused connection to cleanup stays open.</summary>
    internal TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(5);
}
