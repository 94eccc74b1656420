using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Qmgr;

/// <summary>The socket on which showq asks; users ask showq, which knows who may. Nothing here waits, and few are served at once.</summary>
internal sealed class QuestionListener
{
    private const int OpenLimit = 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly EventLoop _loop;
    private readonly Descriptor _socket;
    private readonly Func<AttributeList, AttributeList> _answer;
    private readonly Log _log;
    private int _open;

    private QuestionListener(EventLoop loop, Descriptor socket, Func<AttributeList, AttributeList> answer, Log log) =>
        (_loop, _socket, _answer, _log) = (loop, socket, answer, log);

    /// <summary>Answers questions as long as the loop runs.</summary>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    internal static void Start(EventLoop loop, Func<AttributeList, AttributeList> answer, Log log)
    {
        QuestionListener listener = new(loop, Descriptor.ListenUnix(WaitQuestion.Path, 0x180 /* 0600 */), answer, log);
        loop.Add(listener._socket, Readiness.Readable, _ => listener.Accept());
    }

    private void Accept()
    {
        if (_socket.TryAccept() is not { } client)
            return;
        if (_open >= OpenLimit)
        {
            client.Dispose();
            return;
        }
        _open++;
        EventLoop.Timer? timer = null;
        EventChannel channel = new(_loop, client);
        channel.Received = question =>
        {
            timer!.Cancel();
            timer = _loop.After(s_limit, GiveUp);
            channel.Send(_answer(question));
        };
        channel.Closed = _ =>
        {
            timer!.Cancel();
            _open--;
        };
        timer = _loop.After(s_limit, GiveUp);

        // Whoever lists a long queue to a slow reader asks now and then; he does not wait with a question half told.
        void GiveUp()
        {
            _log.QuestionTookTooLong(s_limit);
            channel.Dispose();
            _open--;
        }
    }
}
