namespace PostfixNet.Service;

/// <summary>A service cannot begin, for a reason that lies outside it: its message is the one line of the log, and the exit status is 75.</summary>
public sealed class StartException(string message, Exception? inner = null) : IOException(message, inner);
