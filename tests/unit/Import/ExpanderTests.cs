using PostfixNet.Master.Import;

namespace PostfixNet.UnitTests.Import;

/// <summary>Values become what "postconf -x" of Postfix 3.7 says of them.</summary>
public sealed class ExpanderTests
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["a"] = "one",
        ["b"] = "$a two",
        ["empty"] = "",
        ["compatibility_level"] = "3.6",
        ["loop"] = "$pool",
        ["pool"] = "${loop}",
    };

    [Theory]
    [InlineData("$a ${a} $(a)", "one one one")]
    [InlineData("$b.x", "one two.x")]
    [InlineData("$$a", "$a")]
    [InlineData("$nobody${nobody?x}${nobody:y}", "y")]
    [InlineData("${a?set}${empty?set}", "set")]
    [InlineData("${a:unset}${empty:unset}", "unset")]
    [InlineData("${a?{ yes }:{no}}${empty?{yes}:{ no }}", " yes  no ")]
    [InlineData("${{$a} == {one} ? {x} : {y}}", "x")]
    [InlineData("${{$a}!={one}?{x}:{y}}", "y")]
    [InlineData("${{abc} != {abd} ? yes : no}", " yes : no")]
    [InlineData("${ a ? x }", " x ")]
    [InlineData("${{ 1 } == {1} ? {same} : {other}}", "other")]
    [InlineData("x${{a} == {a}}y", "xtruey")]
    [InlineData("${{01} == {1}?same}", "same")]
    [InlineData("${{5} > {10} ? {text} : {numbers}}", "numbers")]
    [InlineData("${{5x} > {10x} ? {text} : {numbers}}", "text")]
    [InlineData("${{$compatibility_level} <level {3.10} ? {old} : {new}}", "old")]
    [InlineData("${{$compatibility_level} >=level {2} ? {new}}", "new")]
    [InlineData("${a?{${empty:{$b}}}}", "one two")]
    [InlineData("inline:{ {x = $a} }", "inline:{ {x = one} }")]
    public void Names_stand_for_values(string text, string expected) => Assert.Equal(expected, Expanded(text));

    [Theory]
    [InlineData("$loop", "circle")]
    [InlineData("a $ b", "followed by no name")]
    [InlineData("${a", "has no")]
    [InlineData("$(a.b)", "not understood")]
    [InlineData("${{a} ~ {b} ? {c}}", "not understood")]
    [InlineData("${{1.x} <level {2} ? {c}}", "no compatibility level")]
    public void What_cannot_be_expanded_is_told(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<FormatException>(() => Expanded(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Names_that_double_each_other_end()
    {
        Dictionary<string, string> names = Enumerable.Range(0, 60).ToDictionary(static i => $"n{i}", static i => $"$n{i + 1}$n{i + 1}");
        Assert.Contains("1 MB", Assert.Throws<FormatException>(() => new Expander(names.GetValueOrDefault).Expand("$n0")).Message, StringComparison.Ordinal);
    }

    private static string Expanded(string text) => new Expander(s_names.GetValueOrDefault).Expand(text);
}
