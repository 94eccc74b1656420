using PostfixNet.MtaSts;

namespace PostfixNet.Mtasts;

/// <summary>What the DNS says of a domain's policy.</summary>
/// <param name="Id">Of the policy that is announced; null: none is.</param>
/// <param name="Trouble">Why nobody knows; null: it is known.</param>
internal readonly record struct Announcement(string? Id, string? Trouble);

/// <summary>Where policies come from. What is awaited goes on in the loop.</summary>
internal interface IPolicySource
{
    /// <summary>Asks the DNS whether a domain has a policy.</summary>
    public ValueTask<Announcement> Announced(string domain);

    /// <summary>Fetches the policy of a domain.</summary>
    /// <exception cref="PolicyException">It could not be had.</exception>
    public ValueTask<StsPolicy> Fetch(string domain);
}

/// <summary>A policy could not be had; the message says why in one line.</summary>
internal sealed class PolicyException(string reason, StsFault fault = StsFault.Fetch) : Exception(reason)
{
    /// <summary>Of what kind that is.</summary>
    internal StsFault Fault => fault;
}
