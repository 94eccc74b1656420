namespace PostfixNet.Smtp;

/// <summary>A message that is to be signed cannot be.</summary>
/// <param name="why">For the log.</param>
internal sealed class SigningException(string why) : Exception(why)
{
    /// <summary>The message is such that it never can be; else a key is missing, which may come back.</summary>
    internal bool IsOfMessage { get; init; }
}
