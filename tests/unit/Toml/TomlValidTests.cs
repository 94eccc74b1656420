using System.Globalization;
using System.Text;
using PostfixNet.Toml;

namespace PostfixNet.UnitTests.Toml;

/// <summary>Documents that TOML 1.0 allows, each with what it means, written out as in the public toml-test suite: every value
/// with its kind.</summary>
public sealed class TomlValidTests
{
    [Theory]
    // Comments, blanks, line ends
    [InlineData("", "{}")]
    [InlineData("# only a comment", "{}")]
    [InlineData("\n\n  \t\n", "{}")]
    [InlineData("a=1#c\n# d\n\tb = 2 # \u00e9\ud83d\ude00", "{a=i:1,b=i:2}")]
    [InlineData("a = 1\r\nb = 2\r\n", "{a=i:1,b=i:2}")]
    // Keys
    [InlineData("1234 = 1\n- = 2\n_ = 3\n-a-b_C9 = 4", "{1234=i:1,-=i:2,_=i:3,-a-b_C9=i:4}")]
    [InlineData("\"\" = 1\n' ' = 2", "{=i:1, =i:2}")]
    [InlineData("\"a.b\" = 1\n'c\"d' = 2\n\"\\u00e9\" = 3", "{a.b=i:1,c\"d=i:2,\u00e9=i:3}")]
    [InlineData("a.b.c = 1\na.b.d = 2\na.e = 3", "{a={b={c=i:1,d=i:2},e=i:3}}")]
    [InlineData("a . \"b\" . 'c' = 1", "{a={b={c=i:1}}}")]
    [InlineData("3.14 = 1", "{3={14=i:1}}")]
    [InlineData("true = 1\ninf = 2\n2026-11-21 = 3", "{true=i:1,inf=i:2,2026-11-21=i:3}")]
    // Strings
    [InlineData("a = \"\"\nb = ''", "{a=s:,b=s:}")]
    [InlineData("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u0041\\U0001F600\"", "{a=s:\b\t\n\f\r\"\\A\ud83d\ude00}")]
    [InlineData("a = \"x\\\\u0041 # y\"", "{a=s:x\\u0041 # y}")]
    [InlineData("a = 'C:\\dir\\n \"q\"'", "{a=s:C:\\dir\\n \"q\"}")]
    [InlineData("a = \"\\u0000\\u007F\\uFFFF\"", "{a=s:\0\x7f\uffff}")]
    [InlineData("a = \"tab\there\"", "{a=s:tab\there}")]
    [InlineData("a = \"\"\"\nline 1\nline 2\"\"\"", "{a=s:line 1\nline 2}")]
    [InlineData("a = \"\"\"x\r\ny\"\"\"", "{a=s:x\ny}")]
    [InlineData("a = \"\"\"\r\n\"\"\"", "{a=s:}")]
    [InlineData("a = \"\"\"\n\n\"\"\"", "{a=s:\n}")]
    [InlineData("a = \"\"\"one \\\n   two \\  \n\n\t three\\\r\n \"\"\"", "{a=s:one two three}")]
    [InlineData("a = \"\"\"x\\\\\ny\"\"\"", "{a=s:x\\\ny}")]
    [InlineData("a = \"\"\"\"\"\"", "{a=s:}")]
    [InlineData("a = \"\"\"\"one\"\" two\"\"\"\"\"", "{a=s:\"one\"\" two\"\"}")]
    [InlineData("a = \"\"\"\\\"\"\"\"", "{a=s:\"}")]
    [InlineData("a = ''''one'' two'''''", "{a=s:'one'' two''}")]
    [InlineData("a = '''\n\\n \\\n'''", "{a=s:\\n \\\n}")]
    [InlineData("a = ''''''", "{a=s:}")]
    // Integers
    [InlineData("a = 0\nb = +0\nc = -0\nd = 42\ne = -17\nf = +99", "{a=i:0,b=i:0,c=i:0,d=i:42,e=i:-17,f=i:99}")]
    [InlineData("a = 1_000\nb = 5_3_4", "{a=i:1000,b=i:534}")]
    [InlineData("a = 0xDEAD_beef\nb = 0o0755\nc = 0b1101_0110\nd = 0x00", "{a=i:3735928559,b=i:493,c=i:214,d=i:0}")]
    [InlineData("a = 9223372036854775807\nb = -9223372036854775808", "{a=i:9223372036854775807,b=i:-9223372036854775808}")]
    [InlineData("a = 0x7fffffffffffffff", "{a=i:9223372036854775807}")]
    // Floats
    [InlineData("a = 3.14\nb = -0.01\nc = +1.0\nd = 0.0\ne = -0.0", "{a=f:3.14,b=f:-0.01,c=f:1,d=f:0,e=f:-0}")]
    [InlineData("a = 5e+22\nb = 1e06\nc = -2E-2\nd = 6.626e-34\ne = 0e0", "{a=f:5E+22,b=f:1000000,c=f:-0.02,d=f:6.626E-34,e=f:0}")]
    [InlineData("a = 9_224_617.445_991\nb = 1e1_0", "{a=f:9224617.445991,b=f:10000000000}")]
    [InlineData("a = inf\nb = +inf\nc = -inf\nd = nan\ne = +nan\nf = -nan", "{a=f:Infinity,b=f:Infinity,c=f:-Infinity,d=f:NaN,e=f:NaN,f=f:NaN}")]
    // Booleans
    [InlineData("a = true\nb=false", "{a=b:True,b=b:False}")]
    // Dates and times
    [InlineData("a = 1979-05-27T07:32:00Z\nb = 1979-05-27t00:32:00-07:00\nc = 1979-05-27 07:32:00.999999z",
        "{a=OffsetDateTime:1979-05-27T07:32:00Z,b=OffsetDateTime:1979-05-27T00:32:00-07:00,c=OffsetDateTime:1979-05-27T07:32:00.999999Z}")]
    [InlineData("a = 1979-05-27T07:32:00\nb = 1979-05-27 00:32:00.5", "{a=LocalDateTime:1979-05-27T07:32:00,b=LocalDateTime:1979-05-27T00:32:00.5}")]
    [InlineData("a = 1979-05-27\nb = 2024-02-29\nc = 2000-02-29 # leap", "{a=LocalDate:1979-05-27,b=LocalDate:2024-02-29,c=LocalDate:2000-02-29}")]
    [InlineData("a = 07:32:00\nb = 23:59:60.25", "{a=LocalTime:07:32:00,b=LocalTime:23:59:60.25}")]
    [InlineData("a = [1979-05-27, 07:32:00]", "{a=[LocalDate:1979-05-27,LocalTime:07:32:00]}")]
    // Arrays
    [InlineData("a = []\nb = [ ]\nc = [\n]", "{a=[],b=[],c=[]}")]
    [InlineData("a = [1, 2 ,3,]", "{a=[i:1,i:2,i:3]}")]
    [InlineData("a = [ # c\n 1, # d\n\n 2 # e\n , # f\n]", "{a=[i:1,i:2]}")]
    [InlineData("a = [1, \"x\", [true, 1.5], {b = 2}]", "{a=[i:1,s:x,[b:True,f:1.5],{b=i:2}]}")]
    [InlineData("a = [[[[]]]]", "{a=[[[[]]]]}")]
    [InlineData("a = [\"]\", '#', \"\"\"\n,\"\"\"]", "{a=[s:],s:#,s:,]}")]
    // Inline tables
    [InlineData("a = {}\nb = { }", "{a={},b={}}")]
    [InlineData("a = { x = 1, \"y z\" = { w = [1] } }", "{a={x=i:1,y z={w=[i:1]}}}")]
    [InlineData("a = { b.c = 1, b.d = 2 }", "{a={b={c=i:1,d=i:2}}}")]
    [InlineData("a = { b = [\n1,\n2\n] }", "{a={b=[i:1,i:2]}}")]
    [InlineData("a.b = {c.d = {e = 1}}\na.f = 2", "{a={b={c={d={e=i:1}}},f=i:2}}")]
    // Tables
    [InlineData("[a]\n[b]\nc = 1", "{a={},b={c=i:1}}")]
    [InlineData("[a.b.c]\nd = 1\n[a]\ne = 2", "{a={b={c={d=i:1}},e=i:2}}")]
    [InlineData("[ a . \"b.c\" . 'd' ]\ne = 1", "{a={b.c={d={e=i:1}}}}")]
    [InlineData("x = 1\n[a] # c\nx = 2", "{x=i:1,a={x=i:2}}")]
    [InlineData("[fruit]\napple.color = 1\napple.taste.sweet = true\n[fruit.apple.texture]\nsmooth = true",
        "{fruit={apple={color=i:1,taste={sweet=b:True},texture={smooth=b:True}}}}")]
    [InlineData("[a.b.c]\n[a]\nb.d = 1\n[a.b.e]", "{a={b={c={},d=i:1,e={}}}}")]
    [InlineData("[\"\"]\na = 1\n[x.\"\"]", "{={a=i:1},x={={}}}")]
    [InlineData("[a]\nb.c = 1\n[a.d]\nb = 2", "{a={b={c=i:1},d={b=i:2}}}")]
    // Arrays of tables
    [InlineData("[[p]]\nn = 1\n[[p]]\n[[p]]\nn = 3", "{p=[{n=i:1},{},{n=i:3}]}")]
    [InlineData("[[f]]\n[f.p]\nc = 1\n[[f.v]]\nn = 1\n[[f.v]]\nn = 2\n[[f]]\n[[f.v]]\nn = 3", "{f=[{p={c=i:1},v=[{n=i:1},{n=i:2}]},{v=[{n=i:3}]}]}")]
    [InlineData("[[ a . b ]]\n[a]\nc = 1", "{a={b=[{}],c=i:1}}")]
    [InlineData("[[a]]\nb.c = 1\n[[a]]\nb.c = 2", "{a=[{b={c=i:1}},{b={c=i:2}}]}")]
    public void Means(string document, string meaning)
    {
        Assert.Equal(meaning, Show(TomlReader.Parse(document)));
        Assert.Equal(meaning, Show(TomlReader.Parse(Encoding.UTF8.GetBytes(document))));
    }

    [Fact]
    public void Nodes_know_where_they_stand()
    {
        TomlTable root = TomlReader.Parse("a = 1\n\n  \"\ud83d\ude00\".c = [ true,\n'x' ]\n[t]\n[[u]]\nv = { w = 1.5 }");
        Assert.True(root.TryGet("\ud83d\ude00", out TomlEntry? dotted));
        Assert.Equal((3, 3), (dotted.Line, dotted.Column));
        TomlEntry c = Assert.Single(((TomlTable)dotted.Value).Entries);
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
    }

    [Fact]
    public void A_byte_order_mark_is_passed_over() => Assert.Equal("{a=i:1}", Show(TomlReader.Parse("\uFEFFa = 1"u8)));

    [Fact]
    public void A_float_keeps_its_digits() =>
        Assert.Equal("3.10", ((TomlFloat)TomlReader.Parse("a = 3.1_0").Entries[0].Value).Text);

    [Fact]
    public void A_large_table_finds_each_key()
    {
        StringBuilder text = new();
        for (int i = 0; i < 1000; i++)
            text.Append(CultureInfo.InvariantCulture, $"k{i} = {i}\n");
        TomlTable table = TomlReader.Parse(text.ToString());
        Assert.True(table.TryGet("k999", out TomlEntry? last));
        Assert.Equal(1000, last.Line);
        Assert.False(table.TryGet("k1000", out _));
    }

    private static string Show(TomlNode node) => node switch
    {
        TomlString s => "s:" + s.Value,
        TomlInteger i => "i:" + i.Value.ToString(CultureInfo.InvariantCulture),
        TomlFloat f => "f:" + f.Value.ToString("R", CultureInfo.InvariantCulture),
        TomlBoolean b => "b:" + b.Value,
        TomlDateTime d => $"{d.Form}:{d.Text}",
        TomlArray a => "[" + string.Join(",", a.Items.Select(Show)) + "]",
        TomlTable t => "{" + string.Join(",", t.Entries.Select(e => e.Key + "=" + Show(e.Value))) + "}",
        _ => "?",
    };
}
