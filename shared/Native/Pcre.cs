using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>How a pattern is read: options of pcre2_compile(3).</summary>
[Flags]
public enum PcreOptions : uint
{
    /// <summary>As Perl does.</summary>
    None = 0,
    /// <summary>PCRE2_CASELESS.</summary>
    IgnoreCase = 0x8,
    /// <summary>PCRE2_DOLLAR_ENDONLY.</summary>
    DollarEndOnly = 0x10,
    /// <summary>PCRE2_DOTALL.</summary>
    DotAll = 0x20,
    /// <summary>PCRE2_EXTENDED.</summary>
    Extended = 0x80,
    /// <summary>PCRE2_MULTILINE.</summary>
    MultiLine = 0x400,
    /// <summary>PCRE2_UNGREEDY.</summary>
    Ungreedy = 0x40000,
    /// <summary>PCRE2_ANCHORED.</summary>
    Anchored = 0x80000000,
}

/// <summary>A pattern took more steps or memory than it may.</summary>
/// <param name="message">The library's words, or ours.</param>
public sealed class PcreLimitException(string message) : Exception(message);

/// <summary>A regular expression of the library PCRE2: octets, not characters. Several threads may use it at once.</summary>
/// <remarks>The library is not part of the C library, and not every system has it; it is asked for when it is needed.</remarks>
public sealed unsafe partial class Pcre : IDisposable
{
    private const string Library = "libpcre2-8.so.0";
    private const uint AutoCallout = 0x4;
    private const uint InfoCaptureCount = 4;
    private const int NoMatch = -1, InvalidText = -28, LastOfInvalidText = -3, CalledOff = -37, MatchLimit = -47, DepthLimit = -53, HeapLimit = -63;
    private const uint KibiBytes = 16 << 10;
    // Measured: a step takes 1 to 3 ns.
    private const long MostSteps = 100_000_000;
    private const int StepsOfCallout = 8;

    private static readonly bool s_isThere = NativeLibrary.TryLoad(Library, out _);

    private readonly Code _code;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="FormatException">It is none; the message is the library's, with the place.</exception>
    public Pcre(ReadOnlySpan<byte> pattern, PcreOptions options)
    {
        int error;
        nuint place;
        fixed (byte* text = pattern)
        {
            byte nothing = 0;
            _code = new Code(Compile(text is null ? &nothing : text, (nuint)pattern.Length, (uint)options | AutoCallout, &error, &place, null));
        }
        if (_code.IsInvalid)
            throw new FormatException($"{Words(error)} (at octet {place} of the pattern)");
        uint count;
        _ = PatternInfo(_code.Pointer, InfoCaptureCount, &count);
        GroupCount = (int)count;
    }

    /// <summary>The system has the library.</summary>
    public static bool IsAvailable => s_isThere;

    /// <summary>Parts in parentheses.</summary>
    public int GroupCount { get; }

    /// <summary>True when it matches somewhere in a subject.</summary>
    /// <param name="groups">Gets start and end of the whole match and of each group; -1: the group has no part in it. Empty: nobody wants to know.</param>
    /// <returns>False also where the pattern asks for UTF-8, and the subject is none.</returns>
    /// <exception cref="PcreLimitException">It takes too long, or too much memory.</exception>
    public bool IsMatch(ReadOnlySpan<byte> subject, Span<(int Start, int End)> groups)
    {
        Effort effort = new() { Left = MostSteps };
        void* context = CreateMatchContext(null), data = CreateMatchData((uint)Math.Max(1, groups.Length), null);
        try
        {
            if (context is null || data is null)
                throw new PcreLimitException("no memory");
            _ = SetHeapLimit(context, KibiBytes);
            _ = SetCallout(context, &Count, &effort);
            int result;
            fixed (byte* text = subject)
            {
                byte nothing = 0;
                result = Match(_code.Pointer, text is null ? &nothing : text, (nuint)subject.Length, 0, 0, data, context);
            }
            if (result is NoMatch or (>= InvalidText and <= LastOfInvalidText))
                return false;
            if (result < 0)
                throw new PcreLimitException(result == CalledOff ? "the match takes too long" : Words(result));
            nuint* places = Places(data);
            for (int i = 0; i < groups.Length; i++)
                groups[i] = i <= GroupCount && places[2 * i] != nuint.MaxValue ? ((int)places[2 * i], (int)places[2 * i + 1]) : (-1, -1);
            return true;
        }
        finally
        {
            FreeMatchData(data);
            FreeMatchContext(context);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _code.Dispose();

    private struct Effort
    {
        public long Left;
        public nuint Place;
    }

    // The beginning of struct pcre2_callout_block.
    [StructLayout(LayoutKind.Sequential)]
    private struct CalloutBlock
    {
        public uint Version, Number, CaptureTop, CaptureLast;
        public nuint* Offsets;
        public byte* Mark, Subject;
        public nuint SubjectLength, StartOfMatch, CurrentPosition;
    }

    // Called before each item of the pattern. How far it is from the last place tells what was looked at since: the library's own limit
    // counts each run over the whole subject as one, and begins again with each place that a match could begin at.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Count(CalloutBlock* block, Effort* effort)
    {
        nuint here = block->CurrentPosition;
        effort->Left -= StepsOfCallout + (long)(here > effort->Place ? here - effort->Place : effort->Place - here);
        effort->Place = here;
        return effort->Left < 0 ? CalledOff : 0;
    }

    private static string Words(int error)
    {
        byte* text = stackalloc byte[256];
        return ErrorMessage(error, text, 256) < 0 ? $"error {error}" : LibC.Text(text);
    }

    private sealed class Code : SafeHandleZeroOrMinusOneIsInvalid
    {
        internal Code(void* code) : base(ownsHandle: true) => SetHandle((nint)code);

        internal void* Pointer => (void*)handle;

        protected override bool ReleaseHandle()
        {
            Free((void*)handle);
            return true;
        }
    }

    [LibraryImport(Library, EntryPoint = "pcre2_compile_8")]
    private static partial void* Compile(byte* pattern, nuint length, uint options, int* error, nuint* place, void* context);

    [LibraryImport(Library, EntryPoint = "pcre2_code_free_8")]
    private static partial void Free(void* code);

    [LibraryImport(Library, EntryPoint = "pcre2_pattern_info_8")]
    private static partial int PatternInfo(void* code, uint what, void* result);

    [LibraryImport(Library, EntryPoint = "pcre2_match_context_create_8")]
    private static partial void* CreateMatchContext(void* general);

    [LibraryImport(Library, EntryPoint = "pcre2_match_context_free_8")]
    private static partial void FreeMatchContext(void* context);

    [LibraryImport(Library, EntryPoint = "pcre2_set_heap_limit_8")]
    private static partial int SetHeapLimit(void* context, uint kibiBytes);

    [LibraryImport(Library, EntryPoint = "pcre2_set_callout_8")]
    private static partial int SetCallout(void* context, delegate* unmanaged[Cdecl]<CalloutBlock*, Effort*, int> callout, void* data);

    [LibraryImport(Library, EntryPoint = "pcre2_match_data_create_8")]
    private static partial void* CreateMatchData(uint pairs, void* general);

    [LibraryImport(Library, EntryPoint = "pcre2_match_data_free_8")]
    private static partial void FreeMatchData(void* data);

    [LibraryImport(Library, EntryPoint = "pcre2_match_8")]
    private static partial int Match(void* code, byte* subject, nuint length, nuint start, uint options, void* data, void* context);

    [LibraryImport(Library, EntryPoint = "pcre2_get_ovector_pointer_8")]
    private static partial nuint* Places(void* data);

    [LibraryImport(Library, EntryPoint = "pcre2_get_error_message_8")]
    private static partial int ErrorMessage(int error, byte* text, nuint size);
}
