namespace PostfixNet.Qmgr;

/// <summary>When mail for one kind of destination is tried again.</summary>
/// <param name="Refused">After a server refused it for the moment.</param>
/// <param name="Unreachable">After the site could not be reached, or did not want to talk.</param>
internal sealed record DestinationPolicy(RetryPolicy Refused, RetryPolicy Unreachable);
