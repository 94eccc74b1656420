using System.Buffers;
using System.Globalization;

namespace PostfixNet.Queue;

/// <summary>Name of one queue file. It is also a file name: a value of this type cannot leave its directory.</summary>
/// <remarks>Shape: 1..255 ASCII letters, digits or '_'. Two forms carry meaning: short, five hexadecimal digits of the
/// microsecond followed by the inode number; and long, seconds and microseconds in base 52, 'z', the inode number in
/// base 51. Other values of the shape are legal names (logs of the flush service, files of strangers in maildrop).</remarks>
public readonly record struct QueueId
{
    private const int MaximumLength = 255;
    private const int MicrosecondDigits = 5;
    // A long id: at least 6 digits of seconds, exactly 4 of microseconds, and then the separator.
    private const int LongTimeDigits = 10;
    private const int LongMicrosecondDigits = 4;
    private const char InodeSeparator = 'z';
    // No vowels: no words. Base 51 is the same alphabet without its last letter, the separator.
    private const string HexDigits = "0123456789ABCDEF";
    private const string Digits = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789ABCDEFabcdef");

    private readonly string? _value;

    private QueueId(string value) => _value = value;

    /// <summary>Accepts text from a directory listing, a command line or another process; never throws.</summary>
    public static bool TryParse(string? text, out QueueId id)
    {
        bool ok = text is { Length: > 0 and <= MaximumLength } && IsAllowed(text);
        id = ok ? new QueueId(text!) : default;
        return ok;
    }

    /// <summary>The id of a file from the moment of its naming and its inode number.</summary>
    /// <param name="seconds">Since 1970, not negative; only the long form holds them.</param>
    /// <param name="microseconds">0..999999.</param>
    /// <param name="inode">Makes the id unique among the files of one file system.</param>
    /// <param name="longForm">enable_long_queue_ids: an id that will not be used again in decades.</param>
    public static QueueId Create(long seconds, int microseconds, ulong inode, bool longForm)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seconds);
        ArgumentOutOfRangeException.ThrowIfNegative(microseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(microseconds, 999_999);
        return new QueueId(longForm
            ? Encode((ulong)seconds, Digits, 52, 6) + Encode((ulong)microseconds, Digits, 52, LongMicrosecondDigits) + InodeSeparator + Encode(inode, Digits, 51, 1)
            : Encode((ulong)microseconds, HexDigits, 16, MicrosecondDigits) + Encode(inode, HexDigits, 16, 1));
    }

    /// <summary>The long form, by the place of its separator.</summary>
    public bool IsLong => _value is not null && _value.LastIndexOf(InodeSeparator) >= LongTimeDigits;

    /// <summary>The inode number that the id was made from; false when the id has neither form.</summary>
    public bool TryGetInode(out ulong inode)
    {
        inode = 0;
        if (_value is null)
            return false;
        if (IsLong)
            return TryDecode(_value.AsSpan(_value.LastIndexOf(InodeSeparator) + 1), 51, out inode);
        return _value.Length > MicrosecondDigits && IsHex(_value)
            && ulong.TryParse(_value.AsSpan(MicrosecondDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out inode);
    }

    /// <summary>The microseconds (0..999999, in ids made by others perhaps more) of the moment of naming; false when the
    /// id has neither form.</summary>
    public bool TryGetMicroseconds(out int microseconds)
    {
        microseconds = 0;
        if (_value is null)
            return false;
        if (IsLong)
        {
            bool ok = TryDecode(_value.AsSpan(_value.LastIndexOf(InodeSeparator) - LongMicrosecondDigits, LongMicrosecondDigits), 52, out ulong number);
            microseconds = (int)number;
            return ok;
        }
        return _value.Length > MicrosecondDigits && IsHex(_value)
            && int.TryParse(_value.AsSpan(0, MicrosecondDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out microseconds);
    }

    /// <summary>The second since 1970 of the moment of naming; only long ids have it.</summary>
    public bool TryGetSeconds(out long seconds)
    {
        seconds = 0;
        if (!IsLong || !TryDecode(_value.AsSpan(0, _value!.LastIndexOf(InodeSeparator) - LongMicrosecondDigits), 52, out ulong number)
            || number > long.MaxValue)
            return false;
        seconds = (long)number;
        return true;
    }

    /// <summary>The same moment of naming with another inode number: the right name of a file that was copied.</summary>
    /// <param name="inode">Of the file as it is now.</param>
    /// <param name="id">The corrected name.</param>
    /// <returns>False when the id has neither form.</returns>
    public bool TryWithInode(ulong inode, out QueueId id)
    {
        // The caller may pass the id itself: read it first.
        string? value = _value;
        int digits = IsLong ? value!.LastIndexOf(InodeSeparator) + 1 : MicrosecondDigits;
        string inodeText = IsLong ? Encode(inode, Digits, 51, 1) : Encode(inode, HexDigits, 16, 1);
        bool ok = TryGetInode(out _) && TryGetMicroseconds(out _);
        id = ok ? new QueueId(string.Concat(value.AsSpan(0, digits), inodeText)) : default;
        return ok;
    }

    /// <summary>The characters that name the subdirectories of a hashed queue.</summary>
    /// <param name="depth">Number of levels, hash_queue_depth.</param>
    /// <remarks>The microseconds, since they vary most; '_' where the id is too short.</remarks>
    public string HashDigits(int depth)
    {
        if (depth == 0)
            return "";
        string digits = IsLong && TryGetMicroseconds(out int microseconds)
            ? Encode((ulong)microseconds, HexDigits, 16, MicrosecondDigits)
            : ToString();
        return digits.Length >= depth ? digits[..depth] : digits.PadRight(depth, '_');
    }

    /// <exception cref="InvalidOperationException">The value is <c>default</c>: a bug in the caller.</exception>
    public override string ToString() => _value ?? throw new InvalidOperationException("default QueueId");

    private static bool IsAllowed(string text) => !text.AsSpan().ContainsAnyExcept(s_allowed);

    private static bool IsHex(string text) => !text.AsSpan().ContainsAnyExcept(s_hex);

    private static string Encode(ulong number, string digits, uint radix, int minimumDigits)
    {
        Span<char> buffer = stackalloc char[16];
        int at = buffer.Length;
        do
        {
            buffer[--at] = digits[(int)(number % radix)];
            number /= radix;
        }
        while (number > 0 || buffer.Length - at < minimumDigits);
        return new string(buffer[at..]);
    }

    private static bool TryDecode(ReadOnlySpan<char> text, uint radix, out ulong number)
    {
        number = 0;
        foreach (char c in text)
        {
            int digit = Digits.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0 || digit >= radix || number > (ulong.MaxValue - (uint)digit) / radix)
                return false;
            number = number * radix + (uint)digit;
        }
        return text.Length > 0;
    }
}
