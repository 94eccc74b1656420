using System.Text;
using MimeKit;
using MimeKit.Encodings;

namespace PostfixNet.UnitTests.Notices;

/// <summary>What MimeKit does that we cannot use, and why there is code of our own beside it (docs/libraries.md). When one of
/// these fails, a newer version does better: see then what can go.</summary>
public sealed class MimeKitTests
{
    private static readonly FormatOptions s_unix = new() { NewLineFormat = NewLineFormat.Unix };

    private static string Written(MimeEntity entity)
    {
        using MemoryStream output = new();
        entity.WriteTo(s_unix, output);
        return Encoding.Latin1.GetString(output.ToArray());
    }

    private static string Encoded(int lineLength, string text)
    {
        byte[] input = Encoding.Latin1.GetBytes(text), output = new byte[input.Length * 5 + 100];
        QuotedPrintableEncoder encoder = new(lineLength);
        return Encoding.ASCII.GetString(output, 0, encoder.Encode(input, 0, input.Length, output));
    }

    [Fact]
    public void A_part_loses_the_carriage_returns_at_the_ends_of_lines()
    {
        using MimePart part = new("message", "rfc822") { Content = new MimeContent(new MemoryStream("a\r\nb\n"u8.ToArray())), ContentTransferEncoding = ContentEncoding.EightBit };
        Assert.EndsWith("\n\na\nb\n", Written(part), StringComparison.Ordinal);
    }

    [Fact]
    public void A_returned_message_is_written_anew()
    {
        using MemoryStream original = new("Subject: x\n\nbody\r\n"u8.ToArray());
        using MessagePart part = new("rfc822") { Message = MimeMessage.Load(original) };
        Assert.DoesNotContain("\r\n", Written(part), StringComparison.Ordinal);
    }

    [Fact]
    public void A_delivery_status_is_kept_in_memory()
    {
        using MessageDeliveryStatus status = new();
        status.StatusGroups.Add([]);
        Assert.IsType<MimeKit.IO.MemoryBlockStream>(status.Content?.Stream);
    }

    [Fact]
    public void Fields_are_folded_at_78_columns_and_encoded()
    {
        Header field = new("Diagnostic-Code", "smtp; 550 5.1.1 a reply of some eighty characters, which Postfix puts into one line g\u00fcltig");
        string raw = Encoding.ASCII.GetString(field.RawValue);
        Assert.Contains("\n ", raw, StringComparison.Ordinal);
        Assert.Contains("=?utf-8?", raw, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_boundary_is_cut_in_pieces()
    {
        using MultipartReport report = new("delivery-status") { Boundary = $"4fTQZ0000z0000.1795240595/{new string('h', 44)}" };
        Assert.Contains("boundary*0=", Written(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Quoted_printable_lines_are_too_long() => Assert.Equal(78, Encoded(76, new string('x', 74) + "\u00e9\u00e9\n").IndexOf('\n'));

    [Fact]
    public void Quoted_printable_drops_a_carriage_return_before_a_line_ending_and_breaks_no_line_of_them()
    {
        Assert.Equal("a\n", Encoded(76, "a\r\n"));
        Assert.Equal(300, Encoded(76, new string('\r', 100) + "x").IndexOf("=\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Quoted_printable_needs_more_room_than_it_says() =>
        Assert.True(Encoded(72, new string('\u00e9', 2400)).Length > new QuotedPrintableEncoder(72).EstimateOutputLength(2400));

    [Fact]
    public void A_soft_line_break_makes_a_boundary() => Assert.Contains("=\n--b", Encoded(76, new string('x', 75) + "--b\n"), StringComparison.Ordinal);

    [Fact]
    public void Comments_hide_an_encoding() => Assert.False(MimeKit.Utils.MimeUtils.TryParse("(c) 8bit", out ContentEncoding _));
}
