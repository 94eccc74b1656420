using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Smtp;

/// <summary>Tells results of TLS to the service tlsrpt, and never waits for it: what it does not take at once is lost, and no mail with it.</summary>
internal sealed class TlsReporter(TimeProvider clock, Log log, string path = TlsAttempt.Path) : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10), s_complainAgain = TimeSpan.FromMinutes(10);
    private readonly OutputBuffer _output = new(1024);
    private Descriptor? _socket;
    private long? _failed, _complained;

    /// <summary>Attempts that were lost.</summary>
    internal long Lost { get; private set; }

    /// <summary>Tells of an attempt.</summary>
    internal void Tell(TlsAttempt attempt)
    {
        // Nobody is there: not asked for each message.
        if (_socket is null && _failed is { } at && clock.GetElapsedTime(at) < s_pause)
        {
            Lost++;
            return;
        }
        _output.Clear();
        _output.Add(attempt.ToAttributes());
        if (TrySend(out string why))
            return;
        Lost++;
        _failed = clock.GetTimestamp();
        if (_complained is null || clock.GetElapsedTime(_complained.Value) >= s_complainAgain)
        {
            log.TlsResultsLost(Lost, why);
            (_complained, Lost) = (_failed, 0);
        }
    }

    private bool TrySend(out string why)
    {
        while (true)
        {
            bool isFresh = _socket is null;
            try
            {
                _socket ??= Descriptor.ConnectUnix(path, TimeSpan.Zero);
                if (_socket.Write(_output.Written) == _output.Length)
                {
                    why = "";
                    return true;
                }
                // Half of it may have gone: the rest must not follow later.
                why = "it does not read";
                isFresh = true;
            }
            catch (IOException e)
            {
                why = e.Message;
            }
            Dispose();
            // The service may have begun anew since the last time.
            if (isFresh)
                return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
