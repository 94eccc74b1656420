using PostfixNet.Commands;
using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Documentation;

/// <summary>What parameters mean stands in one place, the comment of each, which "master config" shows.</summary>
public sealed class ParameterMeaningsTests
{
    private static readonly IReadOnlyDictionary<string, string> s_meanings = SourceComments.ParameterMeanings(typeof(PostfixNet.Master.MasterSettings).Assembly);

    [Fact]
    public void Each_parameter_has_a_meaning_and_nothing_else_has_one() =>
        Assert.Equal(Parameters.All.Select(static parameter => parameter.Name).Order(StringComparer.Ordinal), s_meanings.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Meanings_are_sentences_for_people()
    {
        foreach ((string name, string meaning) in s_meanings)
        {
            Assert.True(meaning.EndsWith('.') && meaning.Length > 5 && !meaning.Contains("///", StringComparison.Ordinal) && !meaning.Contains('\n', StringComparison.Ordinal) && !meaning.Contains("  ", StringComparison.Ordinal), $"{name}: {meaning}");
            Assert.DoesNotMatch("</?(summary|see|c|remarks)\\b|&[a-z]+;", meaning);
        }
    }

    [Fact]
    public void The_manual_page_comes_from_the_same_text()
    {
        string page = SourceComments.ManualPage(typeof(PostfixNet.Master.MasterSettings).Assembly);
        Assert.StartsWith("NAME\n  master - starts", page);
        Assert.Contains("\nDIAGNOSTICS\n", page);
    }
}
