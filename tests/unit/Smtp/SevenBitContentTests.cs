using System.Text;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

public sealed class SevenBitContentTests
{
    [Theory] // content before and after, lines separated by |
    [InlineData("Subject: x||caf\u00c3\u00a9", "Subject: x||caf\u00c3\u00a9")] // not declared: as it is
    [InlineData("Content-Transfer-Encoding: 8bit|Subject: x||caf\u00c3\u00a9", "Subject: x|Content-Transfer-Encoding: quoted-printable||caf=C3=A9")]
    [InlineData("content-transfer-encoding : (c\\)) 8BIT (x)|S: x||a", "S: x|Content-Transfer-Encoding: quoted-printable||a")]
    [InlineData("Content-Transfer-Encoding:| 8bit|S: x||\u00e9", "S: x|Content-Transfer-Encoding: quoted-printable||=E9")]
    [InlineData("Content-Transfer-Encoding: binary||a\rb\0", "Content-Transfer-Encoding: quoted-printable||a=0Db=00")]
    [InlineData("Content-Transfer-Encoding: 7bit||\u00e9", "Content-Transfer-Encoding: 7bit||\u00e9")]
    [InlineData("Content-Transfer-Encoding: base64|S: x||w6k=", "Content-Transfer-Encoding: base64|S: x||w6k=")]
    [InlineData("Content-Transfer-Encoding: 8bit||a=b|end |tab\t|  x y||.", "Content-Transfer-Encoding: quoted-printable||a=3Db|end=20|tab=09|  x y||.")]
    // A multipart is declared 7bit, its parts are converted one by one.
    [InlineData(
        "Content-Type: multipart/mixed; boundary=\"b b\"|Content-Transfer-Encoding: 8bit||pre|--b b|Content-Transfer-Encoding: 8bit||\u00e9|--b b||\u00e9|--b b|Content-Transfer-Encoding: base64||w6k=|--b b--|post",
        "Content-Type: multipart/mixed; boundary=\"b b\"|Content-Transfer-Encoding: 7bit||pre|--b b|Content-Transfer-Encoding: quoted-printable||=E9|--b b||\u00e9|--b b|Content-Transfer-Encoding: base64||w6k=|--b b--|post")]
    // One boundary begins with the other; the outer one ends the inner multipart.
    [InlineData(
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/alternative; BOUNDARY=ab||--ab|Content-Transfer-Encoding: 8bit||\u00e9|--a|Content-Transfer-Encoding: 8bit||--ab|\u00e9|--a--",
        "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/alternative; BOUNDARY=ab||--ab|Content-Transfer-Encoding: quoted-printable||=E9|--a|Content-Transfer-Encoding: quoted-printable||--ab|=E9|--a--")]
    // An attached message has a header of its own.
    [InlineData(
        "Content-Type: message/rfc822|Content-Transfer-Encoding: 8bit||Subject: i|Content-Transfer-Encoding: 8bit||\u00e9",
        "Content-Type: message/rfc822|Content-Transfer-Encoding: 7bit||Subject: i|Content-Transfer-Encoding: quoted-printable||=E9")]
    [InlineData(
        "Content-Type: multipart/digest; boundary=a||--a||Content-Transfer-Encoding: 8bit||\u00e9|--a--",
        "Content-Type: multipart/digest; boundary=a||--a||Content-Transfer-Encoding: quoted-printable||=E9|--a--")]
    // Damaged: nothing is lost.
    [InlineData("Content-Transfer-Encoding: 8bit|no header|\u00e9", "Content-Transfer-Encoding: 8bit|no header|\u00e9")]
    [InlineData("Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: 8bit")]
    [InlineData("Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: 8bit|--a--|x", "Content-Type: multipart/mixed; boundary=a||--a|Content-Transfer-Encoding: 8bit|--a--|x")]
    [InlineData("Content-Type: multipart/mixed; boundary=||--|Content-Transfer-Encoding: 8bit||\u00e9", "Content-Type: multipart/mixed; boundary=||--|Content-Transfer-Encoding: 8bit||\u00e9")]
    public void Conversion(string before, string after)
    {
        Assert.Equal(after, Convert(before, whole: true));
        Assert.Equal(after, Convert(before, whole: false));
    }

    [Fact]
    public void Encoded_lines_are_short_and_decode_to_the_original()
    {
        Random random = new(5);
        byte[] line = new byte[5000];
        for (int i = 0; i < line.Length; i++)
            line[i] = (byte)(random.Next(3) == 0 ? ' ' : random.Next(32, 256));
        string text = Encoding.Latin1.GetString(line).Replace('|', 'x').Replace("\n", "y", StringComparison.Ordinal);
        string[] encoded = Convert($"Content-Transfer-Encoding: 8bit||{text}", whole: true).Split('|')[2..];
        Assert.All(encoded, l => Assert.True(l.Length <= 76 && !l.EndsWith(' ')));
        StringBuilder decoded = new();
        string joined = string.Concat(encoded.Select((l, i) => i < encoded.Length - 1 ? l[..^1] : l));
        for (int i = 0; i < joined.Length; i++)
        {
            if (joined[i] == '=')
            {
                decoded.Append((char)System.Convert.ToInt32(joined.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                decoded.Append(joined[i]);
            }
        }
        Assert.Equal(text, decoded.ToString());
    }

    [Fact]
    public void A_huge_header_is_passed_in_bounded_memory()
    {
        StringBuilder before = new("Content-Transfer-Encoding: 8bit");
        for (int i = 0; i < 400; i++)
            before.Append("|X: ").Append('x', 1000);
        before.Append("||\u00e9");
        Assert.Equal(before.ToString(), Convert(before.ToString(), whole: true));
    }

    private static string Convert(string content, bool whole)
    {
        StringBuilder sent = new();
        MessageBody body = new(octets => sent.Append(Encoding.Latin1.GetString(octets)), 0, () => { });
        SevenBitContent converter = new(body);
        foreach (string line in content.Split('|'))
        {
            byte[] octets = Encoding.Latin1.GetBytes(line);
            if (whole)
            {
                converter.Add(octets, true);
                continue;
            }
            // As the queue file cuts long lines, only not within the first bytes that make a boundary.
            int cut = Math.Min(octets.Length, 30);
            converter.Add(octets.AsSpan(0, cut), false);
            foreach (byte b in octets.AsSpan(cut))
                converter.Add([b], false);
            converter.Add([], true);
        }
        converter.End();
        body.Finish([]);
        // Unstuff the dots that MessageBody adds.
        return sent.ToString().Replace("\r\n..", "\r\n.", StringComparison.Ordinal).TrimEnd('\n').TrimEnd('\r').Replace("\r\n", "|", StringComparison.Ordinal);
    }
}
