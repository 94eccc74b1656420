using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Selection;

/// <summary>Routes by the queue manager's word: it is asked for several at once, and what it said is kept for a while.</summary>
/// <remarks>For use by several threads, of which one asks at a time.</remarks>
/// <param name="isRequired">Something is decided by them: that there is no answer is an error, not a gap.</param>
public sealed class RouteBook(bool isRequired) : IRoutes, IDisposable
{
    private const int Kept = 10_000;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();

    // What is asked for next was prepared a moment ago: the older half goes when there are too many.
    private Dictionary<(string Sender, string Address), MailRoute> _known = [], _older = [];
    private Channel? _channel;
    private bool _isBroken;

    /// <inheritdoc/>
    /// <exception cref="IpcException">The queue manager does not answer, and it is required.</exception>
    public void Prepare(IReadOnlyList<(string Sender, string Address)> pairs)
    {
        List<(string, string)> asked = [];
        lock (_lock)
        {
            if (_known.Count > Kept / 2)
                (_known, _older) = ([], _known);
            foreach ((string, string) pair in pairs)
            {
                if (Known(pair) is not null)
                    continue;
                asked.Add(pair);
                if (asked.Count == RouteQuestion.Limit)
                {
                    Ask(asked);
                    asked.Clear();
                }
            }
            if (asked.Count > 0)
                Ask(asked);
        }
    }

    private MailRoute? Known((string Sender, string Address) pair) => _known.GetValueOrDefault(pair) ?? _older.GetValueOrDefault(pair);

    /// <inheritdoc/>
    /// <exception cref="IpcException">The queue manager does not answer, and it is required.</exception>
    public MailRoute? RouteOf(string sender, string address)
    {
        lock (_lock)
        {
            if (Known((sender, address)) is { } known)
                return known;
            Ask([(sender, address)]);
            return _known.GetValueOrDefault((sender, address));
        }
    }

    private void Ask(List<(string Sender, string Address)> pairs)
    {
        if (_isBroken)
            return;
        try
        {
            _channel ??= Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, s_timeout);
            _channel.Send(new RouteQuestion(pairs).ToAttributes());
            IReadOnlyList<MailRoute> routes = RouteAnswer.From(_channel.ReceiveReply()).Routes;
            if (routes.Count != pairs.Count)
                throw new IpcException($"{WaitQuestion.Path}: {routes.Count} answers to {pairs.Count} questions");
            for (int i = 0; i < pairs.Count; i++)
                _known[pairs[i]] = routes[i];
        }
        catch (IpcException e)
        {
            if (isRequired)
                throw new IpcException($"where mail goes only the queue manager knows, and it does not answer: {e.Message}", e);
            _isBroken = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _channel?.Dispose();
}
