using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>A pattern of the C library, whose matching cannot be stopped: what may take long is done on a thread of its own, and not waited for
/// longer than a second.</summary>
/// <param name="size">Characters, with repeat counts written out.</param>
internal sealed class RegexpPattern(PosixRegex regex, int size) : Pattern
{
    // Measured: below it no match takes longer than 0.1 seconds.
    private const int HarmlessWork = 32 << 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    // What is not over goes on; a second one must wait for its end.
    private static readonly SemaphoreSlim s_turn = new(1);

    internal override int GroupCount => regex.GroupCount;

    internal override bool IsIn(byte[] key, Span<(int Start, int End)> groups)
    {
        try
        {
            if ((long)key.Length * (size + 8) > HarmlessWork)
                return IsInLong(key, groups);
            lock (regex)
                return regex.IsMatch(key, groups);
        }
        catch (IOException e)
        {
            throw new LookupException(e.Message);
        }
    }

    private bool IsInLong(byte[] key, Span<(int Start, int End)> groups)
    {
        Deadline end = Deadline.In(s_patience);
        if (!s_turn.Wait(s_patience))
            throw TooLong();
        (int, int)[] places = new (int, int)[groups.Length];
        Task<bool> match = Task.Factory.StartNew(() =>
        {
            try
            {
                // What the library learns of a long text is not kept.
                using PosixRegex copy = regex.Copy();
                return copy.IsMatch(key, places);
            }
            finally
            {
                s_turn.Release();
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (Task.WaitAny([match], end.RemainingMilliseconds) < 0)
            throw TooLong();
        places.CopyTo(groups);
        return match.GetAwaiter().GetResult();
    }

    private static LookupException TooLong() => new("the match takes too long; use \"pcre:\"");
}
