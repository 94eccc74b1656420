namespace PostfixNet.Smtp;

/// <summary>The message could not be read while the server waited for it.</summary>
internal sealed class ContentException(Exception cause) : Exception(cause.Message, cause);
