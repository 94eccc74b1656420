namespace PostfixNet.Events;

/// <summary>How far behind a consumer is.</summary>
/// <param name="Bytes">Of events that it has not taken yet.</param>
/// <param name="Seconds">Age of the last event that it took, while there are others; 0: it has all.</param>
public readonly record struct EventLag(long Bytes, long Seconds);
