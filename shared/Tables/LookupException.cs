namespace PostfixNet.Tables;

/// <summary>A table cannot say now whether it has a key: what the answer would decide must wait.</summary>
/// <remarks>The message names the table and the reason, for the log.</remarks>
public sealed class LookupException(string message) : Exception(message);
