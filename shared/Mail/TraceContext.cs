using System.Globalization;
using System.Text;

namespace PostfixNet.Mail;

/// <summary>What a message is part of, as its sender says: W3C Trace Context, "traceparent".</summary>
/// <param name="TraceId">32 hexadecimal digits, not all 0.</param>
/// <param name="ParentId">The span of who sent it, 16 hexadecimal digits; null: the trace begins here.</param>
/// <param name="IsSampled">It is recorded.</param>
public sealed record TraceContext(string TraceId, string? ParentId, bool IsSampled)
{
    private const int TraceLength = 32, SpanLength = 16, Length = 2 + 1 + TraceLength + 1 + SpanLength + 1 + 2;
    private const string NoSpan = "0000000000000000";
    private static readonly System.Buffers.SearchValues<char> s_digits = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>A trace that begins with a message.</summary>
    public static TraceContext Begin(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> id = stackalloc byte[TraceLength / 2];
        do
        {
            random.NextBytes(id);
        }
        while (!id.ContainsAnyExcept((byte)0));
        return new TraceContext(Convert.ToHexStringLower(id), null, true);
    }

    /// <summary>Reads it.</summary>
    /// <returns>null: it is none, and to be passed over.</returns>
    public static TraceContext? Parse(string? text)
    {
        // A later version may have more, behind another "-".
        if (text is null || text.Length < Length || (text.Length > Length && (text.StartsWith("00", StringComparison.Ordinal) || text[Length] != '-'))
            || text[2] != '-' || text[35] != '-' || text[52] != '-' || text.StartsWith("ff", StringComparison.Ordinal))
            return null;
        (string version, string trace, string span, string flags) = (text[..2], text[3..35], text[36..52], text[53..55]);
        return IsHex(version) && IsHex(trace) && IsHex(span) && IsHex(flags) && trace.AsSpan().ContainsAnyExcept('0')
            ? new TraceContext(trace, span == NoSpan ? null : span, (byte.Parse(flags, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & 1) != 0) : null;
    }

    /// <summary>Reads what a sender says: without a span of his own it is none.</summary>
    /// <inheritdoc cref="Parse"/>
    public static TraceContext? OfSender(string? text) => Parse(text) is { ParentId: not null } given ? given : null;

    private static bool IsHex(string text) => !text.AsSpan().ContainsAnyExcept(s_digits);

    /// <summary>The same span each time for the same message, or the same step of one: what is told twice is one span.</summary>
    /// <param name="what">A queue ID, or the id of an event.</param>
    /// <returns>16 hexadecimal digits.</returns>
    public string SpanOf(string what)
    {
        ArgumentNullException.ThrowIfNull(what);
        // FNV-1a, which has to be different within one trace, and not to be secret.
        ulong hash = 14695981039346656037;
        foreach (byte octet in Encoding.UTF8.GetBytes($"{TraceId} {what}"))
            hash = (hash ^ octet) * 1099511628211;
        return (hash == 0 ? 1 : hash).ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => $"00-{TraceId}-{ParentId ?? NoSpan}-{(IsSampled ? "01" : "00")}";
}
