namespace PostfixNet.Qmgr;

/// <summary>The recipients of a large message that are still in its file.</summary>
/// <param name="at">Where the file has the next of them.</param>
/// <param name="since">When the last batch was read, on the loop's clock.</param>
internal sealed class UnreadRecipients(long at, long since)
{
    internal long At { get; } = at;

    internal long Since { get; } = since;

    /// <summary>Reading on failed; why is found out when all that were read are settled.</summary>
    internal bool CannotBeRead { get; set; }
}
