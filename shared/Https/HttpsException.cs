namespace PostfixNet.Https;

/// <summary>There was no answer.</summary>
/// <param name="reason">Why, in words for the log.</param>
public sealed class HttpsException(string reason) : Exception(reason);
