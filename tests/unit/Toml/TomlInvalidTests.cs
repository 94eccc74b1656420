using System.Text;
using PostfixNet.Toml;

namespace PostfixNet.UnitTests.Toml;

/// <summary>Documents that TOML 1.0 forbids, each with the place where it goes wrong.</summary>
public sealed class TomlInvalidTests
{
    [Theory]
    // Keys
    [InlineData("= 1", 1, 1)]
    [InlineData("a", 1, 2)]
    [InlineData("a 1", 1, 3)]
    [InlineData("a =", 1, 4)]
    [InlineData("a =\n1", 1, 4)]
    [InlineData("a = 1 b = 2", 1, 7)]
    [InlineData("a b = 1", 1, 3)]
    [InlineData("a..b = 1", 1, 3)]
    [InlineData(".a = 1", 1, 1)]
    [InlineData("a. = 1", 1, 4)]
    [InlineData("\u00e9 = 1", 1, 1)]
    [InlineData("a! = 1", 1, 2)]
    [InlineData("\"\"\"a\"\"\" = 1", 1, 1)]
    [InlineData("'''a''' = 1", 1, 1)]
    [InlineData("\"a\nb\" = 1", 1, 3)]
    [InlineData("\"a", 1, 3)]
    [InlineData("a = 1\na = 2", 2, 1)]
    [InlineData("a = 1\n\"a\" = 2", 2, 1)]
    [InlineData("a.b = 1\na.b = 2", 2, 3)]
    [InlineData("a = 1\na.b = 2", 2, 1)]
    [InlineData("a.b = 1\na = 2", 2, 1)]
    [InlineData("a = []\na.b = 2", 2, 1)]
    [InlineData("a = {}\na.b = 2", 2, 1)]
    [InlineData("a = { b = 1, b = 2 }", 1, 14)]
    [InlineData("a = { b = {}, b.c = 2 }", 1, 15)]
    [InlineData("a = { b.c = 1, b = 2 }", 1, 16)]
    // Tables
    [InlineData("[]", 1, 2)]
    [InlineData("[a", 1, 3)]
    [InlineData("[a\n]", 1, 3)]
    [InlineData("[a.]", 1, 4)]
    [InlineData("[.a]", 1, 2)]
    [InlineData("[a]b = 1", 1, 4)]
    [InlineData("[a] [b]", 1, 5)]
    [InlineData("[a b]", 1, 4)]
    [InlineData("[[]]", 1, 3)]
    [InlineData("[[a]", 1, 4)]
    [InlineData("[[a] ]", 1, 4)]
    [InlineData("[ [a]]", 1, 3)]
    [InlineData("[a]]", 1, 4)]
    [InlineData("[a]\n[a]", 2, 2)]
    [InlineData("[a]\n[ \"a\" ]", 2, 3)]
    [InlineData("[a]\nb = 1\n[a.b]", 3, 4)]
    [InlineData("[a]\nb = 1\n[a.b.c]", 3, 4)]
    [InlineData("[a.b]\n[a]\nb.c = 1", 3, 1)]
    [InlineData("[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4, 3)]
    [InlineData("[a.b.c.d]\nz = 9\n[a]\nb.c.d.k.t = 1", 4, 5)]
    [InlineData("[a.b.c]\n[a]\nb.d = 1\n[a.b]", 4, 4)]
    [InlineData("[[a.b]]\n[a]\nb.y = 2", 3, 1)]
    [InlineData("[fruit]\napple.color = 1\n[fruit.apple]", 3, 8)]
    [InlineData("[fruit]\napple.taste.sweet = 1\n[fruit.apple.taste]", 3, 14)]
    [InlineData("a.b.c = 1\n[a]", 2, 2)]
    [InlineData("[a]\nb = { c = 1 }\n[a.b]", 3, 4)]
    [InlineData("[a]\nb = { c = 1 }\n[a.b.d]", 3, 4)]
    [InlineData("a = [{}]\n[a.b]", 2, 2)]
    [InlineData("a = []\n[[a]]", 2, 3)]
    [InlineData("[a]\n[[a]]", 2, 3)]
    [InlineData("[[a]]\n[a]", 2, 2)]
    [InlineData("[a.b]\n[[a]]", 2, 3)]
    [InlineData("[[a.b]]\n[a.b]", 2, 4)]
    // Strings
    [InlineData("a = \"", 1, 6)]
    [InlineData("a = 'x", 1, 7)]
    [InlineData("a = \"x\n\"", 1, 7)]
    [InlineData("a = 'x\r\n'", 1, 7)]
    [InlineData("a = \"\"\"x\n", 2, 1)]
    [InlineData("a = '''x''", 1, 11)]
    [InlineData("a = \"\\a\"", 1, 6)]
    [InlineData("a = \"\\x41\"", 1, 6)]
    [InlineData("a = \"\\e\"", 1, 6)]
    [InlineData("a = \"\\ \"", 1, 6)]
    [InlineData("a = \"\\u12\"", 1, 6)]
    [InlineData("a = \"\\uD800\"", 1, 6)]
    [InlineData("a = \"\\U00110000\"", 1, 6)]
    [InlineData("a = \"\"\"x \\ y\"\"\"", 1, 10)]
    [InlineData("a = \"\"\"\"\"\"\"\"\"", 1, 13)]
    [InlineData("a = '''''''''", 1, 13)]
    [InlineData("a = \"x\"y", 1, 8)]
    [InlineData("a = x", 1, 5)]
    [InlineData("a = \"\u0001\"", 1, 6)]
    [InlineData("a = '\u007f'", 1, 6)]
    [InlineData("a = \"\"\"\u0000\"\"\"", 1, 8)]
    [InlineData("a = '''x\ry'''", 1, 9)]
    // Control characters and lines
    [InlineData("# a\u0001", 1, 4)]
    [InlineData("# a\u007f", 1, 4)]
    [InlineData("a = 1\rb = 2", 1, 6)]
    [InlineData("# a\rb", 1, 4)]
    [InlineData("a = 1\u000c", 1, 6)]
    [InlineData("\u000ba = 1", 1, 1)]
    [InlineData("a = 1\u0000", 1, 6)]
    [InlineData("a = 1 \uFEFF", 1, 7)]
    // Numbers
    [InlineData("a = 01", 1, 5)]
    [InlineData("a = -01", 1, 5)]
    [InlineData("a = +-1", 1, 5)]
    [InlineData("a = 1__0", 1, 5)]
    [InlineData("a = _1", 1, 5)]
    [InlineData("a = 1_", 1, 5)]
    [InlineData("a = 0x", 1, 5)]
    [InlineData("a = 0x_1", 1, 5)]
    [InlineData("a = 0xG", 1, 5)]
    [InlineData("a = 0X1", 1, 5)]
    [InlineData("a = +0x1", 1, 5)]
    [InlineData("a = 0o8", 1, 5)]
    [InlineData("a = 0b2", 1, 5)]
    [InlineData("a = 1a", 1, 5)]
    [InlineData("a = 9223372036854775808", 1, 5)]
    [InlineData("a = -9223372036854775809", 1, 5)]
    [InlineData("a = 0x8000000000000000", 1, 5)]
    [InlineData("a = 99999999999999999999999999", 1, 5)]
    [InlineData("a = .5", 1, 5)]
    [InlineData("a = 5.", 1, 5)]
    [InlineData("a = +.5", 1, 5)]
    [InlineData("a = 1.e5", 1, 5)]
    [InlineData("a = 1._5", 1, 5)]
    [InlineData("a = 1_.5", 1, 5)]
    [InlineData("a = 1.5_", 1, 5)]
    [InlineData("a = 03.14", 1, 5)]
    [InlineData("a = 1e", 1, 5)]
    [InlineData("a = 1e_5", 1, 5)]
    [InlineData("a = 1e5_", 1, 5)]
    [InlineData("a = 1.5e1.5", 1, 5)]
    [InlineData("a = 1.2.3", 1, 5)]
    [InlineData("a = Inf", 1, 5)]
    [InlineData("a = NaN", 1, 5)]
    [InlineData("a = infinity", 1, 5)]
    [InlineData("a = + 1", 1, 5)]
    // Booleans
    [InlineData("a = True", 1, 5)]
    [InlineData("a = TRUE", 1, 5)]
    [InlineData("a = truee", 1, 5)]
    [InlineData("a = fals", 1, 5)]
    [InlineData("a = yes", 1, 5)]
    // Dates and times
    [InlineData("a = 2026-13-01", 1, 5)]
    [InlineData("a = 2026-00-01", 1, 5)]
    [InlineData("a = 2026-02-29", 1, 5)]
    [InlineData("a = 1900-02-29", 1, 5)]
    [InlineData("a = 2026-04-31", 1, 5)]
    [InlineData("a = 2026-04-00", 1, 5)]
    [InlineData("a = 0000-01-01", 1, 5)]
    [InlineData("a = 2026-4-1", 1, 5)]
    [InlineData("a = 26-04-01", 1, 5)]
    [InlineData("a = 2026-04-01T", 1, 5)]
    [InlineData("a = 2026-04-01x10:00:00", 1, 5)]
    [InlineData("a = 2026-04-01T10:00", 1, 5)]
    [InlineData("a = 2026-04-01T10:00:00.", 1, 5)]
    [InlineData("a = 2026-04-01T10:00:00.5.5", 1, 5)]
    [InlineData("a = 2026-04-01T10:00:00+1:00", 1, 5)]
    [InlineData("a = 2026-04-01T10:00:00+24:00", 1, 5)]
    [InlineData("a = 2026-04-01T10:00:00+01:60", 1, 5)]
    [InlineData("a = 2026-04-01T10:00:00Z1", 1, 5)]
    [InlineData("a = 2026-04-01  10:00:00", 1, 17)]
    [InlineData("a = 24:00:00", 1, 5)]
    [InlineData("a = 10:60:00", 1, 5)]
    [InlineData("a = 10:00:61", 1, 5)]
    [InlineData("a = 10:00", 1, 5)]
    [InlineData("a = 10:00:00Z", 1, 5)]
    [InlineData("a = 1:00:00", 1, 5)]
    // Arrays
    [InlineData("a = [1", 1, 7)]
    [InlineData("a = [1 2]", 1, 8)]
    [InlineData("a = [,]", 1, 6)]
    [InlineData("a = [1,,2]", 1, 8)]
    [InlineData("a = [1}", 1, 7)]
    [InlineData("a = [1] 2", 1, 9)]
    [InlineData("a = [\n# x]", 2, 5)]
    // Inline tables
    [InlineData("a = {", 1, 6)]
    [InlineData("a = {b = 1,}", 1, 12)]
    [InlineData("a = {,}", 1, 6)]
    [InlineData("a = {b = 1 c = 2}", 1, 12)]
    [InlineData("a = {b = 1\n}", 1, 11)]
    [InlineData("a = {\nb = 1}", 1, 6)]
    [InlineData("a = {b = 1 # c\n}", 1, 12)]
    [InlineData("a = {b}", 1, 7)]
    [InlineData("a = {} b", 1, 8)]
    public void Is_refused_where_it_goes_wrong(string document, int line, int column)
    {
        TomlException e = Assert.Throws<TomlException>(() => TomlReader.Parse(document));
        Assert.Equal((line, column), (e.Line, e.Column));
        Assert.DoesNotContain('\n', e.Message);
        Assert.StartsWith($"{line}:{column}: ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a = 1 b", "1:7: expected the end of the line, not \"b\"")]
    [InlineData("a = \n", "1:5: expected a value (a string in quotes, a number, true, false, a date, [array] or {table}), not the end of the line")]
    [InlineData("smtp = yes", "1:8: expected a value (a string in quotes, a number, true, false, a date, [array] or {table}), not \"y\"")]
    [InlineData("a = 1\nb = 2\na = 3", "3:1: \"a\" is already defined in line 1")]
    [InlineData("a = \"x", "1:7: the string that begins at 1:5 is not closed")]
    [InlineData("a = 2026-02-30", "1:5: \"2026-02-30\" is no date or time; expected e.g. 2026-11-21T05:30:37Z, 2026-11-21 or 05:30:37")]
    public void Says_what_was_expected(string document, string message) =>
        Assert.Equal(message, Assert.Throws<TomlException>(() => TomlReader.Parse(document)).Message);

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'=', 0xff }, 1, 3)]
    [InlineData(new byte[] { (byte)'#', (byte)'\n', (byte)'#', 0xc3 }, 2, 2)]
    [InlineData(new byte[] { (byte)'#', 0xc3, 0xa9, 0xed, 0xa0, 0x80 }, 1, 3)] // a surrogate
    [InlineData(new byte[] { (byte)'#', 0xc0, 0x80 }, 1, 2)] // overlong
    [InlineData(new byte[] { 0xff, 0xfe, (byte)'a', 0 }, 1, 1)] // UTF-16
    public void Bytes_that_are_not_utf8_are_refused(byte[] document, int line, int column)
    {
        TomlException e = Assert.Throws<TomlException>(() => TomlReader.Parse(document));
        Assert.Equal((line, column), (e.Line, e.Column));
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a=", "}")]
    public void Depth_is_bounded(string open, string close)
    {
        string Nested(int depth) => "a = " + string.Concat(Enumerable.Repeat(open, depth)) + (open == "[" ? "" : "1")
            + string.Concat(Enumerable.Repeat(close, depth));
        _ = TomlReader.Parse(Nested(TomlReader.MaximumDepth));
        Assert.Throws<TomlException>(() => TomlReader.Parse(Nested(TomlReader.MaximumDepth + 1)));
        Assert.Throws<TomlException>(() => TomlReader.Parse("a = " + new string('[', 1_000_000)));
    }

    [Fact]
    public void Parts_of_a_key_are_bounded() =>
        Assert.Throws<TomlException>(() => TomlReader.Parse(string.Concat(Enumerable.Repeat("a.", 100_000)) + "a = 1"));

    [Fact]
    public void Every_beginning_of_a_document_is_read_or_refused_without_harm()
    {
        byte[] document = Encoding.UTF8.GetBytes("\uFEFFa.'b' = \"\\u00e9\\\\\" # \u00e9\r\n[t]\nx = [1, {y = 2026-11-21 05:30:37Z}, 0x_f, inf]\n[[u.v]]\nz = '''\n''''' \n");
        for (int length = 0; length <= document.Length; length++)
        {
            for (int broken = 0; broken < 3; broken++)
            {
                byte[] part = document[..length];
                if (broken > 0 && length > 0)
                    part[length - 1] ^= (byte)(broken == 1 ? 0x20 : 0x81);
                try
                {
                    _ = TomlReader.Parse(part);
                }
                catch (TomlException e)
                {
                    Assert.InRange(e.Line, 1, 6);
                }
            }
        }
    }
}
