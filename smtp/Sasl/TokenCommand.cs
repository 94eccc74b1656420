using System.Globalization;
using PostfixNet.Native;

namespace PostfixNet.Smtp.Sasl;

/// <summary>A command that writes a token to its standard output. Started without a shell, with nothing of this process
/// but its user, and kept no longer than its time.</summary>
/// <remarks>A token is used until the server refuses it or its time is over. Then the command runs again.</remarks>
/// <param name="path">The program.</param>
/// <param name="arguments">Without its name.</param>
/// <param name="timeout">Until its output has ended and it has exited.</param>
internal sealed class TokenCommand(string path, IReadOnlyList<string> arguments, TimeSpan timeout, TimeProvider clock) : TokenSource
{
    // A token must not end between our look at it and the server's.
    private const int SecondsToSpare = 30;

    private string? _token;
    private DateTimeOffset _end;

    internal override string Get(Action breathe)
    {
        if (_token is not null && clock.GetUtcNow() < _end)
            return _token;
        DateTimeOffset start = clock.GetUtcNow();
        string token = Parse(Run(breathe), $"token command {path}", out long? lifetime);
        _end = lifetime is { } seconds ? start.AddSeconds(seconds - SecondsToSpare) : DateTimeOffset.MaxValue;
        return _token = token;
    }

    internal override bool Refused()
    {
        bool mayHaveAnother = _token is not null;
        _token = null;
        return mayHaveAnother;
    }

    private byte[] Run(Action breathe)
    {
        Deadline deadline = Deadline.In(timeout);
        (Descriptor ours, Descriptor theirs) = Descriptor.Pipe();
        using Descriptor output = ours;
        ChildProcess child;
        try
        {
            using (theirs)
            using (Descriptor nothing = Descriptor.OpenDevNull())
            {
                // What the command complains about could hold secrets, so it goes nowhere.
                child = ChildProcess.Start(path, arguments, ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C"],
                    [(nothing.Number, 0), (theirs.Number, 1), (nothing.Number, 2)], newSession: true);
            }
        }
        catch (IOException e)
        {
            throw new SaslException($"token command: {e.Message}");
        }
        using (child)
        {
            bool hasEnded = false;
            try
            {
                byte[] text = ReadAll(output, deadline, breathe);
                Await(child.Exit, deadline, breathe);
                hasEnded = true;
                (int status, string words) = child.WaitForExit();
                return status == 0 ? text : throw new SaslException($"token command {path}: {words}");
            }
            finally
            {
                if (!hasEnded)
                    End(child);
            }
        }
    }

    private static void End(ChildProcess child)
    {
        try
        {
            // The command leads a session of its own: what it started goes with it.
            _ = Signals.TrySend(-child.Pid, Signals.Kill);
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            // It became another user, and ends in its own time.
        }
        if (child.Exit.Wait(Readiness.Readable, 1000).This != Readiness.None)
            _ = child.WaitForExit();
    }

    private byte[] ReadAll(Descriptor output, Deadline deadline, Action breathe)
    {
        byte[] text = new byte[MostOctets + 1];
        int length = 0;
        while (true)
        {
            int n = output.Read(text.AsSpan(length));
            if (n == 0)
                return text[..length];
            if (n < 0)
            {
                Await(output, deadline, breathe);
                continue;
            }
            length += n;
            if (length > MostOctets)
                throw new SaslException(string.Create(CultureInfo.InvariantCulture, $"token command {path}: output longer than {MostOctets} bytes"));
        }
    }

    private void Await(Descriptor descriptor, Deadline deadline, Action breathe)
    {
        const int Breath = 500;
        while (descriptor.Wait(Readiness.Readable, Math.Min(Breath, deadline.RemainingMilliseconds)).This == Readiness.None)
        {
            if (deadline.RemainingMilliseconds == 0)
                throw new SaslException(string.Create(CultureInfo.InvariantCulture, $"token command {path}: not ready after {timeout.TotalSeconds:0}s"));
            breathe();
        }
    }
}
