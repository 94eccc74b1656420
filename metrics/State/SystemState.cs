using PostfixNet.Delivery;
using PostfixNet.Queue;

namespace PostfixNet.Metrics;

/// <summary>How things were at one moment; what could not be found out is null.</summary>
/// <param name="At">Seconds since 1970.</param>
/// <param name="Counts">Mail by queue.</param>
/// <param name="FreeBytes">Of the queue's file system.</param>
/// <param name="IsWritable">A file could be made there, and there is as much room as there has to be.</param>
/// <param name="Master">What master says; null: it does not answer.</param>
/// <param name="Destinations">What the queue manager says.</param>
internal sealed record SystemState(long At, QueueCounts? Counts, long? FreeBytes, bool IsWritable, MasterState? Master, DestinationReport? Destinations);
