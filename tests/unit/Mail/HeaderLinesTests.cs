using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public sealed class HeaderLinesTests
{
    [Theory] // line, what it is after a header, and what without one
    [InlineData("Subject: x", HeaderLine.Begins, HeaderLine.Begins)]
    [InlineData("X-1_!~:", HeaderLine.Begins, HeaderLine.Begins)]
    [InlineData("Subject \t: x", HeaderLine.Begins, HeaderLine.Begins)] // RFC 5322 section 4.5
    [InlineData(" folded", HeaderLine.Continues, HeaderLine.None)]
    [InlineData("\tSubject: x", HeaderLine.Continues, HeaderLine.None)]
    [InlineData(" ", HeaderLine.Continues, HeaderLine.None)]
    [InlineData("", HeaderLine.None, HeaderLine.None)]
    [InlineData("Subject", HeaderLine.None, HeaderLine.None)]
    [InlineData(": x", HeaderLine.None, HeaderLine.None)]
    [InlineData("two words: x", HeaderLine.None, HeaderLine.None)]
    [InlineData("S\u00fcbject: x", HeaderLine.None, HeaderLine.None)]
    [InlineData("Sub\0ject: x", HeaderLine.None, HeaderLine.None)]
    [InlineData("From x Sat Jan 01:02:03", HeaderLine.None, HeaderLine.None)]
    public void Judge(string line, HeaderLine afterHeader, HeaderLine first)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        Assert.Equal((afterHeader, first), (HeaderLines.Judge(bytes, afterHeader: true), HeaderLines.Judge(bytes, afterHeader: false)));
    }

    [Theory] // lines separated by LF, in pieces separated by |
    [InlineData(100, "A: b", "A: b", false)]
    [InlineData(100, "A: |b|c\n d|e\n\tf", "A: bc\n de\n\tf", false)]
    [InlineData(5, "A: b\n c", "A: b\n", true)]
    [InlineData(4, "A: b\n c", "A: b", true)]
    [InlineData(4, "A: b", "A: b", false)]
    [InlineData(0, "A", "", true)]
    public void Pieces_become_a_header(int limit, string pieces, string header, bool isCut)
    {
        HeaderLines lines = new(limit);
        for (int i = 0; i < 2; i++)
        {
            foreach (string line in pieces.Split('\n'))
            {
                bool startsLine = true;
                foreach (string piece in line.Split('|'))
                {
                    lines.Add(Encoding.UTF8.GetBytes(piece), startsLine);
                    startsLine = false;
                }
            }
            Assert.Equal((header.Length, isCut), (lines.Length, lines.IsCut));
            Assert.Equal(header, Encoding.UTF8.GetString(lines.Take()));
            Assert.Equal((0, false), (lines.Length, lines.IsCut));
        }
    }
}
