using System.Text;
using PostfixNet.Master;
using PostfixNet.Suppression;

namespace PostfixNet.UnitTests.Master;

/// <summary>The suppression list as a table. S3-46.</summary>
public sealed class SuppressionTableTests
{
    private static List<string> Read(string text)
    {
        SuppressionTable table = new(new MemoryStream(Encoding.UTF8.GetBytes(text)), 7);
        List<string> read = [];
        while (true)
        {
            try
            {
                if (!table.TryRead(out SuppressionEntry? entry))
                    return read;
                if (entry is not null)
                    read.Add($"{table.Line} {entry.Address}|{entry.Sender}|{entry.Reason}|{entry.Since}|{entry.Until}|{entry.By}");
            }
            catch (FormatException e)
            {
                read.Add($"{table.Line} {e.Message}");
            }
        }
    }

    [Fact]
    public void What_was_written_is_read_again()
    {
        SuppressionEntry[] entries = [SuppressionEntry.Of("bob@q.test", "", "550 \"no\", he said; really", 1_700_000_000, 1_800_000_000, "failure"), SuppressionEntry.Of("a \"b@q.test", "a.test", "", 5, 0, "operator")];
        string text = string.Concat(SuppressionTable.Lines(entries));
        Assert.StartsWith("address,sender,reason,since,until,by\n", text, StringComparison.Ordinal);
        Assert.Equal(["2 bob@q.test||550 \"no\", he said; really|1700000000|1800000000|failure", "3 a \"b@q.test|a.test||5|0|operator"], Read(text));
    }

    [Theory]
    [InlineData("bob@q.test\r\n\n# note\n<carol@q.test>\ndave@q.test", "1 bob@q.test|||7|0|operator;4 carol@q.test|||7|0|operator;5 dave@q.test|||7|0|operator")]
    [InlineData("\uFEFFEmail,Reason,Created\nbob@q.test,\"hard\nbounce\",2026-01-02 03:04:05 UTC\ncarol@q.test,x,\n", "2 bob@q.test||hard?bounce|1767323045|0|operator;4 carol@q.test||x|7|0|operator")]
    [InlineData("recipient;created_at\nbob@q.test;1700000000\n", "2 bob@q.test|||1700000000|0|operator")]
    [InlineData("address\nnonsense\nbob@q.test\n", "2 \"nonsense\" is not a mail address;3 bob@q.test|||7|0|operator")]
    [InlineData("address,since\nbob@q.test,yesterday\n", "2 \"yesterday\" is no date, as 2026-01-31T12:00:00Z")]
    [InlineData("", "")]
    public void Lists_of_others_are_read(string text, string want) => Assert.Equal(want, string.Join(';', Read(text)));

    [Fact]
    public void A_line_without_end_is_refused_and_the_next_one_read() =>
        Assert.Equal(["1 a line of more than 65536 octets", "2 bob@q.test|||7|0|operator"], Read($"\"{new string('x', 200_000)}\nbob@q.test\n"));
}
