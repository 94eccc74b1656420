using System.Globalization;
using System.Text;
using PostfixNet.Toml;

namespace PostfixNet.UnitTests.Toml;

/// <summary>What configuration files are promised of the TOML reader, whatever library is behind it: the place of every key, value
/// and mistake, mistakes told together, nothing defined twice, bounds. The grammar is the library's.</summary>
public sealed class TomlDocumentTests
{
    private static IReadOnlyList<TomlError> Errors(string document) => Assert.Throws<TomlException>(() => TomlDocument.Parse(document)).Errors;

    [Fact]
    public void Nodes_know_where_they_stand()
    {
        TomlTable root = TomlDocument.Parse("a = 1\n\n  \"\ud83d\ude00\".c = [ true,\n'x' ]\n[t]\n[[u]]\nv = { w = 1.5 }");
        Assert.True(root.TryGet("\ud83d\ude00", out TomlEntry? dotted));
        Assert.Equal((3, 3), (dotted.Line, dotted.Column));
        TomlEntry c = Assert.Single(((TomlTable)dotted.Value).Entries);
        // A character beyond U+FFFF is one column.
        Assert.Equal((3, 7), (c.Line, c.Column));
        TomlArray array = Assert.IsType<TomlArray>(c.Value);
        Assert.Equal((3, 11), (array.Line, array.Column));
        Assert.Equal((3, 13), (array.Items[0].Line, array.Items[0].Column));
        Assert.Equal((4, 1), (array.Items[1].Line, array.Items[1].Column));
        Assert.True(root.TryGet("t", out TomlEntry? table));
        Assert.Equal((5, 2, 5, 1), (table.Line, table.Column, table.Value.Line, table.Value.Column));
        Assert.True(root.TryGet("u", out TomlEntry? tables));
        TomlEntry v = ((TomlTable)((TomlArray)tables.Value).Items[0]).Entries[0];
        Assert.Equal((7, 1, 7, 5), (v.Line, v.Column, v.Value.Line, v.Value.Column));
        TomlEntry w = ((TomlTable)v.Value).Entries[0];
        Assert.Equal((7, 7, 7, 11), (w.Line, w.Column, w.Value.Line, w.Value.Column));
    }

    [Theory] // each kind of value, and what may add to which table
    [InlineData("a = \"x\\u00e9\\e\\x41\\n\"\nb = 'C:\\d'\nc = \"\"\"\nx\r\ny \\\n  z\"\"\"\nd = '''\nq'''", "{a=s:x\u00e9\u001bA\n,b=s:C:\\d,c=s:x\ny z,d=s:q}")]
    [InlineData("a = 1_000\nb = 0xff\nc = -9223372036854775808", "{a=i:1000,b=i:255,c=i:-9223372036854775808}")]
    [InlineData("a = 3.1_0\nb = 1e3\nc = -inf\nd = nan", "{a=f:3.10,b=f:1e3,c=f:-inf,d=f:nan}")]
    [InlineData("a = true\nb = false", "{a=b:True,b=b:False}")]
    [InlineData("a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32\nc = 1979-05-27\nd = 07:32:00.5", "{a=d:1979-05-27T07:32:00Z,b=d:1979-05-27 07:32,c=d:1979-05-27,d=d:07:32:00.5}")]
    [InlineData("a = [1, 'x', [true], {b = 2},\n]\nc = {\nd.e = 1, # why\n'f g' = 2,\n}", "{a=[i:1,s:x,[b:True],{b=i:2}],c={d={e=i:1},f g=i:2}}")]
    [InlineData("\"\" = 1\n3.14 = 2\n'a.b'.c = 3", "{=i:1,3={14=i:2},a.b={c=i:3}}")]
    [InlineData("[a.b.c]\nd = 1\n[a]\ne = 2", "{a={b={c={d=i:1}},e=i:2}}")]
    [InlineData("[fruit]\napple.color = 1\napple.taste.sweet = true\n[fruit.apple.texture]\nsmooth = true", "{fruit={apple={color=i:1,taste={sweet=b:True},texture={smooth=b:True}}}}")]
    [InlineData("[a.b.c]\n[a]\nb.d = 1\n[a.b.e]", "{a={b={c={},d=i:1,e={}}}}")]
    [InlineData("[[f]]\n[f.p]\nc = 1\n[[f.v]]\nn = 1\n[[f.v]]\nn = 2\n[[f]]\n[[f.v]]\nn = 3", "{f=[{p={c=i:1},v=[{n=i:1},{n=i:2}]},{v=[{n=i:3}]}]}")]
    [InlineData("\uFEFFa = 1", "{a=i:1}")]
    public void Means(string document, string meaning) => Assert.Equal(meaning, Show(TomlDocument.Parse(Encoding.UTF8.GetBytes(document))));

    [Fact]
    public void A_large_table_finds_each_key()
    {
        StringBuilder text = new();
        for (int i = 0; i < 1000; i++)
            text.Append(CultureInfo.InvariantCulture, $"k{i} = {i}\n");
        TomlTable table = TomlDocument.Parse(text.ToString());
        Assert.True(table.TryGet("k999", out TomlEntry? last));
        Assert.Equal(1000, last.Line);
        Assert.False(table.TryGet("k1000", out _));
    }

    [Theory]
    // What people coming from main.cf write
    [InlineData("smtp = yes", "1:8: expected a value (text in quotes, a number, true, false, a date, [array] or {table}), not \"y\"")]
    [InlineData("a = \n", "1:5: expected a value (text in quotes, a number, true, false, a date, [array] or {table}), not the end of the line")]
    [InlineData("a =", "1:4: expected a value (text in quotes, a number, true, false, a date, [array] or {table}), not the end of the line")]
    [InlineData("a = $b, c", "1:5: expected a value (text in quotes, a number, true, false, a date, [array] or {table}), not \"$\"")]
    [InlineData("a = \u201cx\u201d", "1:5: expected a value (text in quotes, a number, true, false, a date, [array] or {table}), not \"\u201c\"")]
    [InlineData("a = 5m", "1:6: expected the end of the line, not \"m\"; text must stand in quotes")]
    [InlineData("a = 1 b", "1:7: expected the end of the line, not \"b\"; text must stand in quotes")]
    [InlineData("a = \"\ud83d\ude00\" \ud83d\ude00", "1:9: expected the end of the line, not this character; text must stand in quotes")]
    [InlineData("a = [b.c, d]", "1:6: expected a value (text in quotes, a number, true, false, a date, [array] or {table}), not \"b\"")]
    [InlineData("a = 'x' \"y\"", "1:9: expected the end of the line, not a quotation mark; text must stand in quotes")]
    [InlineData("relayhost", "1:10: expected \"=\" after the key, not the end of the line")]
    [InlineData("a : 1", "1:3: expected \"=\" after the key, not \":\"")]
    // Keys and tables
    [InlineData("a = 1\nb = 2\na = 3", "3:1: \"a\" is already defined in line 1")]
    [InlineData("a.b = 1\na.b = 2", "2:3: \"b\" is already defined in line 1")]
    [InlineData("[a]\n[b]\n[a]", "3:2: \"a\" is already defined in line 1")]
    [InlineData("a = { b = 1, b = 2 }", "1:14: \"b\" is already defined in line 1")]
    [InlineData("a = { b.c = 1, b = 2 }", "1:16: \"b\" is already defined in line 1")]
    [InlineData("[[a.b]]\n[a.b]", "2:4: \"b\" is already defined in line 1")]
    [InlineData("a = []\n[[a]]", "2:3: \"a\" is already defined in line 1")]
    [InlineData("a.b.c = 1\n[a]", "2:2: \"a\" is already defined in line 1")]
    [InlineData("a = 1\na.b = 2", "2:1: \"a\" of line 1 is no table but of kind integer")]
    [InlineData("[a]\nb = 1\n[a.b.c]", "3:4: \"b\" of line 2 is no table but of kind integer")]
    [InlineData("a = {}\na.b = 2", "2:1: the table \"a\" of line 1 is complete, nothing can be added to it here")]
    [InlineData("[a]\nb = { c = 1 }\n[a.b.d]", "3:4: the table \"b\" of line 2 is complete, nothing can be added to it here")]
    [InlineData("[a.b.c]\nz = 9\n[a]\nb.c.t = 1", "4:3: the table \"c\" of line 1 is complete, nothing can be added to it here")]
    public void Says_what_is_wrong(string document, string message) =>
        Assert.Equal(message, Assert.Throws<TomlException>(() => TomlDocument.Parse(document)).Message);

    [Theory] // said in the words of the library, at these places
    [InlineData("a = 1\n= 2", 2, 1)]
    [InlineData("a..b = 1", 1, 3)]
    [InlineData("[a\nb = 1", 1, 3)]
    [InlineData("a = 1\n\n[[a]", 3, 4)]
    [InlineData("a = \"x\\q\"", 1, 8)]
    [InlineData("a = \"x\nb = 2", 1, 7)]
    [InlineData("a = [1 2]", 1, 8)]
    [InlineData("a = {b = 1 c = 2}", 1, 12)]
    [InlineData("a = 2026-02-29", 1, 5)]
    [InlineData("a = 9223372036854775808", 1, 5)]
    [InlineData("a = 1\rb = 2", 1, 6)]
    [InlineData("a = '\u007f'", 1, 5)]
    [InlineData("a = \"\\", 1, 7)]
    [InlineData("a = \"\"\"\\", 1, 9)]
    [InlineData("a = \"\\uD800\"", 1, 7)]
    [InlineData("a = \"\\UFFFFFFFF\"", 1, 7)]
    public void Is_refused_where_it_goes_wrong(string document, int line, int column)
    {
        TomlError error = Assert.Single(Errors(document));
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.NotEmpty(error.Problem);
        Assert.DoesNotContain(error.Problem, char.IsControl);
    }

    [Theory] // all mistakes, but nothing that only follows from one
    [InlineData("a = yes\nb = no\nc = 1\nd = maybe", "1:5 2:5 4:5")]
    [InlineData("a = host.example.com, b\nb = /var/spool\nc = \"x", "1:5 2:5 3:7")]
    [InlineData("a = [\n 'x',\n y,\n 'z',\n]\nb = 1 2\nc = 3", "3:2 6:7")]
    [InlineData("a = [b]:25\nc = [d]", "1:6 2:6")]
    [InlineData("a = no\nb = [\n c,\n d,\n]\n", "1:5 3:2")]
    [InlineData("a = [1,\nb = 2\nc = 3\nd = no", "2:1")]
    [InlineData("[service.x\ncommand = 'y'\n[service.z]\ncommand = z", "1:11 4:11")]
    [InlineData("a = \"x\nb = \"y\"\nc = 1 2", "1:7 3:7")]
    [InlineData("a = 1\na = 2\n[t]\nb = 1\nb = 2\na.c = 1\n[t]", "2:1 5:1 7:2")]
    public void Several_mistakes_are_told_together(string document, string places) =>
        Assert.Equal(places, string.Join(' ', Errors(document).Select(error => $"{error.Line}:{error.Column}")));

    [Fact]
    public void A_value_over_several_lines_is_named_by_its_first() => Assert.Equal(
        "in the value that begins in line 2)", Assert.Single(Errors("x = 1\na = '''\nb = 2\nc = 3\n")).Problem.Split('(')[^1]);

    [Fact]
    public void Mistakes_are_told_up_to_a_number()
    {
        Assert.Equal(10, Errors(string.Concat(Enumerable.Repeat("a = b\n", 100_000))).Count);
        Assert.Equal(10, Errors(string.Concat(Enumerable.Repeat("a = 1\n", 100_000))).Count);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'=', 0xff }, 1, 3)]
    [InlineData(new byte[] { (byte)'#', (byte)'\n', (byte)'#', 0xc3 }, 2, 2)]
    [InlineData(new byte[] { (byte)'#', 0xc3, 0xa9, 0xed, 0xa0, 0x80 }, 1, 3)] // a surrogate
    [InlineData(new byte[] { (byte)'#', 0xc0, 0x80 }, 1, 2)] // overlong
    [InlineData(new byte[] { 0xff, 0xfe, (byte)'a', 0 }, 1, 1)] // UTF-16
    public void Bytes_that_are_not_utf8_are_refused(byte[] document, int line, int column)
    {
        TomlError error = Assert.Single(Assert.Throws<TomlException>(() => TomlDocument.Parse(document)).Errors);
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Contains("is not UTF-8", error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a=", "}")]
    public void Depth_is_bounded(string open, string close)
    {
        string Nested(int depth) => "b = 1\na = " + string.Concat(Enumerable.Repeat(open, depth)) + (open == "[" ? "" : "1")
            + string.Concat(Enumerable.Repeat(close, depth));
        _ = TomlDocument.Parse(Nested(TomlDocument.MaximumDepth));
        Assert.Equal(2, Assert.Single(Errors(Nested(TomlDocument.MaximumDepth + 1))).Line);
        TomlError error = Assert.Single(Errors("b = 1\na = " + string.Concat(Enumerable.Repeat(open, 1_000_000))));
        Assert.Equal((2, "arrays and inline tables are nested more than 100 deep"), (error.Line, error.Problem));
        Assert.InRange(error.Column, 5 + 100 * open.Length, 5 + 102 * open.Length);
    }

    [Fact]
    public void Parts_of_a_key_are_bounded()
    {
        string Key(int parts) => string.Concat(Enumerable.Repeat("a.", parts - 1)) + "a";
        _ = TomlDocument.Parse(Key(TomlDocument.MaximumDepth) + " = 1");
        Assert.Equal("the key has more than 100 parts", Assert.Single(Errors(Key(TomlDocument.MaximumDepth + 1) + " = 1")).Problem);
        Assert.NotEmpty(Errors($"[{Key(100_000)}]"));
    }

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
                    _ = TomlDocument.Parse(part);
                }
                catch (TomlException e)
                {
                    Assert.All(e.Errors, error => Assert.InRange(error.Line, 1, 6));
                    Assert.All(e.Errors, error => Assert.InRange(error.Column, 1, 80));
                }
            }
        }
    }

    private static string Show(TomlNode node) => node switch
    {
        TomlString s => "s:" + s.Value,
        TomlInteger i => "i:" + i.Value.ToString(CultureInfo.InvariantCulture),
        TomlFloat f => "f:" + f.Text,
        TomlBoolean b => "b:" + b.Value,
        TomlDateTime d => "d:" + d.Text,
        TomlArray a => "[" + string.Join(",", a.Items.Select(Show)) + "]",
        TomlTable t => "{" + string.Join(",", t.Entries.Select(e => e.Key + "=" + Show(e.Value))) + "}",
        _ => "?",
    };
}
