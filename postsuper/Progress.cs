using System.Globalization;
using PostfixNet.Native;

namespace PostfixNet.Postsuper;

/// <summary>How far a long operation has come: one line on the terminal of whoever waits for it, which goes before anything else is told. Of what is done at once nothing
/// is said, nor to anybody but a terminal.</summary>
/// <remarks>For use by several threads.</remarks>
/// <param name="write">Takes what goes to the terminal.</param>
/// <param name="clock">The present.</param>
internal sealed class Progress(Action<string> write, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1), s_step = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private string _shown = "", _what = "";
    private long _begun, _due, _done, _total;

    /// <summary>For standard error; null: it is no terminal.</summary>
    internal static Progress? OnTerminal() => Terminal.IsError ? new Progress(StandardStreams.WriteError, TimeProvider.System) : null;

    /// <summary>Something begins.</summary>
    /// <param name="what">That is done, e.g. "looked at".</param>
    /// <param name="total">Messages; 0: it is not known.</param>
    internal void Begin(string what, long total)
    {
        lock (_lock)
        {
            Wipe();
            (_what, _total, _done, _begun) = (what, total, 0, clock.GetTimestamp());
            _due = _begun + Ticks(s_patience);
        }
    }

    /// <summary>One more message is done.</summary>
    internal void Advance()
    {
        long done = Interlocked.Increment(ref _done);
        long now = clock.GetTimestamp();
        if (now < Volatile.Read(ref _due))
            return;
        lock (_lock)
        {
            if (now < _due)
                return;
            _due = now + Ticks(s_step);
            Show(Line(done, clock.GetElapsedTime(_begun, now)));
        }
    }

    /// <summary>The terminal has its line back.</summary>
    internal void Wipe()
    {
        lock (_lock)
        {
            if (_shown.Length > 0)
                write($"\r{new string(' ', _shown.Length)}\r");
            _shown = "";
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private string Line(long done, TimeSpan taken)
    {
        if (done > _total)
            return string.Create(CultureInfo.InvariantCulture, $"postsuper: {done} messages {_what}");
        long left = (long)Math.Ceiling(taken.TotalSeconds * (_total - done) / done);
        return string.Create(CultureInfo.InvariantCulture, $"postsuper: {done} of {_total} messages {_what}, about {left} s left");
    }

    private void Show(string line)
    {
        write($"\r{line.PadRight(_shown.Length)}");
        _shown = line;
    }
}
