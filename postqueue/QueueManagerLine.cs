using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Postqueue;

/// <summary>Questions to the queue manager, which may be away: then the files alone must do.</summary>
internal sealed class QueueManagerLine(Log log) : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);
    private Channel? _channel;

    /// <summary>It did not answer, and is not asked again.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Asks; null when there is no answer.</summary>
    internal WaitAnswer? Ask(WaitQuestion question)
    {
        if (IsBroken)
            return null;
        try
        {
            _channel ??= Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, s_timeout);
            _channel.Send(question.ToAttributes());
            return WaitAnswer.From(_channel.ReceiveReply());
        }
        catch (IpcException e)
        {
            log.NoAnswer(e);
            IsBroken = true;
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _channel?.Dispose();
}
