using PostfixNet.Display;

namespace PostfixNet.UnitTests.Display;

/// <summary>Tables on a terminal.</summary>
public sealed class TextTableTests
{
    private const string Long = "connect to mx.example.com[192.0.2.1]:25: Connection timed out, and then some words more";

    [Fact]
    public void A_table_that_is_cut_has_one_line_for_each_row()
    {
        string[] lines = Lines(new TextTable("RCPTS", "REASON") { IsCut = true }.Row("1", Long).Row("2", "short"), 40);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("1      connect to mx.example", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("...", lines[1], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.InRange(line.Replace("\e[1m", "", StringComparison.Ordinal).Replace("\e[0m", "", StringComparison.Ordinal).Length, 1, 40));
        Assert.Equal("2      short", lines[2]);
    }

    [Fact]
    public void One_that_is_not_goes_on_below()
    {
        string[] lines = Lines(new TextTable("RCPTS", "REASON").Row("1", Long), 40);
        Assert.True(lines.Length > 3);
        Assert.Contains("more", lines[^1], StringComparison.Ordinal);
    }

    private static string[] Lines(TextTable table, int width) => table.Fitted(width).TrimEnd('\n').Split('\n');
}
