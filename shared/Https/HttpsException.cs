namespace PostfixNet.Https;

/// <summary>There was no answer.</summary>
/// <param name="reason">Why, in words for the log.</param>
/// <param name="isOfCertificate">The host does not prove who it is.</param>
public sealed class HttpsException(string reason, bool isOfCertificate = false) : Exception(reason)
{
    /// <summary>The host has no certificate that is good for its name.</summary>
    public bool IsOfCertificate => isOfCertificate;
}
