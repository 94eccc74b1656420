using System.Runtime.InteropServices;

namespace PostfixNet.Native;

/// <summary>The terminal that a command was started from.</summary>
public static class Terminal
{
    /// <summary>Standard input is one.</summary>
    public static bool IsInput => LibC.IsATty(0) == 1;

    /// <summary>Standard output is a terminal.</summary>
    public static bool IsOutput => LibC.IsATty(1) == 1;

    /// <summary>Standard error is a terminal.</summary>
    public static bool IsError => LibC.IsATty(2) == 1;

    /// <summary>Characters in a line of the terminal that is standard output; null: it is none, or does not know.</summary>
    public static int? Columns => Size(1);

    /// <summary>Lines of it; null likewise.</summary>
    public static int? Rows => Size(0);

    private static unsafe int? Size(int which)
    {
        // struct winsize: rows, columns, and two more.
        ushort* size = stackalloc ushort[4];
        return LibC.IOControl(1, LibC.TIOCGWINSZ, size) == 0 && size[which] > 0 ? size[which] : null;
    }

    /// <summary>Asks for a line that is not shown while it is typed.</summary>
    /// <param name="prompt">Goes to standard error.</param>
    /// <param name="limit">Bytes; more are cut off.</param>
    /// <returns>Without line end; null: there was none.</returns>
    public static byte[]? ReadSecret(string prompt, int limit)
    {
        byte[] usual = Settings(), silent = [.. usual];
        MemoryMarshal.Cast<byte, uint>(silent.AsSpan())[LibC.LocalFlags] &= ~LibC.ECHO;
        // Whoever is interrupted gets the terminal back as it was.
        List<PosixSignalRegistration> signals = [];
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
            signals.Add(PosixSignalRegistration.Create(signal, _ => Set(usual)));
        try
        {
            // Who answers at once is heard: only what is typed before the question is thrown away.
            Set(silent);
            StandardStreams.WriteError(prompt);
            return StandardStreams.ReadLine(limit);
        }
        finally
        {
            Set(usual);
            StandardStreams.WriteError("\n");
            signals.ForEach(static signal => signal.Dispose());
        }
    }

    // struct termios, of which only the flags are looked at; it has 60 bytes.
    private static unsafe byte[] Settings()
    {
        byte[] settings = new byte[256];
        fixed (byte* s = settings)
            return LibC.TcGetAttr(0, s) == 0 ? settings : throw SystemCallException.Last("read the settings of the terminal");
    }

    private static unsafe void Set(byte[] settings)
    {
        // What was typed ahead would have been shown: it is thrown away.
        fixed (byte* s = settings)
            _ = LibC.TcSetAttr(0, LibC.TCSAFLUSH, s);
    }
}
