namespace PostfixNet.MtaSts;

/// <summary>Why the policy that a domain announces could not be had, as reports tell it apart (RFC 8460 section 4.3.2.2).</summary>
public enum StsFault
{
    /// <summary>The host does not answer, or not with the file.</summary>
    Fetch,
    /// <summary>What it answers is no policy.</summary>
    Policy,
    /// <summary>It does not prove that it is the policy host of the domain: its certificate.</summary>
    Certificate,
}
