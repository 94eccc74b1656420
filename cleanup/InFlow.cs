using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Holds new mail back a little while the queue manager does not keep up (in_flow_delay): what waits in incoming/
/// is of no use there, and makes every scan longer.</summary>
/// <param name="queues">The queue.</param>
/// <param name="delay">in_flow_delay.</param>
internal sealed class InFlow(QueueDirectories queues, TimeSpan delay)
{
    /// <summary>With so many files in incoming/, mail comes faster than it is taken up.</summary>
    internal const int BehindFrom = 1000;

    /// <summary>Looking costs time too: at so many messages once, while all is well.</summary>
    internal const int LookEvery = 20;
    private int _messages;
    private bool _isBehind;

    /// <summary>How long to wait before the next message is taken.</summary>
    internal TimeSpan Pause()
    {
        if (delay > TimeSpan.Zero && (_isBehind || ++_messages % LookEvery == 0))
            _isBehind = IsBehind();
        return _isBehind ? delay : TimeSpan.Zero;
    }

    private bool IsBehind()
    {
        int files = 0;
        try
        {
            foreach (QueueEntry _ in queues.ScanEntries(QueueName.Incoming))
            {
                if (++files == BehindFrom)
                    return true;
            }
        }
        catch (IOException)
        {
            // The message itself will say what is wrong with the directory.
        }
        return false;
    }
}
