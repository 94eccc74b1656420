namespace PostfixNet.Smtpd;

/// <summary>The conversation with a client cannot go on.</summary>
/// <param name="isTimeout">It said nothing in time; else it is gone.</param>
internal sealed class ClientGoneException(bool isTimeout) : Exception
{
    internal bool IsTimeout => isTimeout;
}
