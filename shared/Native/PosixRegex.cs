using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>How a pattern is read: flags of regcomp(3).</summary>
[Flags]
public enum PosixRegexOptions
{
    /// <summary>A basic regular expression; letter case matters; a line end is like any other octet.</summary>
    None = 0,
    /// <summary>REG_EXTENDED.</summary>
    Extended = 1,
    /// <summary>REG_ICASE.</summary>
    IgnoreCase = 2,
    /// <summary>REG_NEWLINE: "^" and "$" match at each line, "." no line end.</summary>
    Lines = 4,
}

/// <summary>A regular expression of the C library, regcomp(3): octets, not characters.</summary>
/// <remarks>What a match takes is not bounded, neither in time nor in memory; see who calls. Not for several threads at once.</remarks>
public sealed unsafe class PosixRegex : IDisposable
{
    // What the library learns of the text stays with the pattern, and nothing but compiling anew takes it away.
    private const int LongestLearning = 16 << 10;

    private readonly byte[] _pattern;
    private readonly PosixRegexOptions _options;
    private Handle _handle;
    private int _learned;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="FormatException">It is none; the message is the C library's.</exception>
    public PosixRegex(ReadOnlySpan<byte> pattern, PosixRegexOptions options)
    {
        (_pattern, _options) = ([.. pattern, 0], options);
        _handle = Compile();
    }

    /// <summary>Parts in parentheses.</summary>
    public int GroupCount => (int)_handle.GroupCount;

    /// <summary>True when it matches somewhere in a subject.</summary>
    /// <param name="groups">Gets start and end of the whole match and of each group; -1: the group has no part in it. Empty: nobody wants to know.</param>
    /// <exception cref="IOException">There is not enough memory.</exception>
    public bool IsMatch(ReadOnlySpan<byte> subject, Span<(int Start, int End)> groups)
    {
        if ((_learned += subject.Length) > LongestLearning)
        {
            _handle.Dispose();
            _handle = Compile();
            _learned = subject.Length;
        }
        // The place of the subject goes in where the place of the match comes out.
        (int, int)* places = stackalloc (int, int)[Math.Max(1, groups.Length)];
        places[0] = (0, subject.Length);
        int result;
        fixed (byte* text = subject)
        {
            byte nothing = 0;
            result = LibC.RegExec((byte*)_handle.DangerousGetHandle(), text is null ? &nothing : text, (nuint)groups.Length, places, LibC.REG_STARTEND);
        }
        if (result == LibC.REG_NOMATCH)
            return false;
        if (result != 0)
            throw new IOException(_handle.Words(result));
        new ReadOnlySpan<(int, int)>(places, groups.Length).CopyTo(groups);
        return true;
    }

    /// <summary>The same pattern, for another thread.</summary>
    public PosixRegex Copy() => new(_pattern.AsSpan(..^1), _options);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private Handle Compile()
    {
        Handle handle = new();
        fixed (byte* text = _pattern)
        {
            int error = LibC.RegComp((byte*)handle.DangerousGetHandle(), text, (int)_options);
            if (error == 0)
            {
                handle.IsCompiled = true;
                return handle;
            }
            string words = handle.Words(error);
            handle.Dispose();
            throw new FormatException(words);
        }
    }

    // A regex_t.
    private sealed class Handle : SafeHandleZeroOrMinusOneIsInvalid
    {
        internal Handle() : base(ownsHandle: true) => SetHandle((nint)NativeMemory.AllocZeroed(LibC.RegexSize));

        internal bool IsCompiled { get; set; }

        internal nuint GroupCount => *(nuint*)(handle + LibC.RegexGroupCount);

        internal string Words(int error)
        {
            byte* text = stackalloc byte[256];
            _ = LibC.RegError(error, (byte*)handle, text, 256);
            return LibC.Text(text);
        }

        protected override bool ReleaseHandle()
        {
            if (IsCompiled)
                LibC.RegFree((byte*)handle);
            NativeMemory.Free((void*)handle);
            return true;
        }
    }
}
