using PostfixNet.Commands;
using PostfixNet.Configuration;
using PostfixNet.Service;

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
        foreach (Type type in (Type[])[typeof(PostfixNet.Master.MasterSettings), typeof(PostfixNet.Postqueue.ShowqService), typeof(PostfixNet.Sendmail.SubmissionSettings), typeof(PostfixNet.Posttool.UsageException), typeof(PostfixNet.Postsuper.PostsuperSettings)])
        {
            string page = ManualPage.Of(type.Assembly), help = ManualPage.Help(type.Assembly), name = type.Assembly.GetName().Name!;
            Assert.Matches($"^NAME\n  {name}\\b", page);
            Assert.Contains("\nCONFIGURATION\n", page);
            Assert.Contains("\nSYNOPSIS\n", help);
            Assert.Contains("\nDIAGNOSTICS\n", help);
            Assert.Matches("[Ee]xit (status:? )?0", help);
            Assert.DoesNotContain("\nCONFIGURATION\n", help);
            Assert.DoesNotMatch("&(lt|gt|amp);|summary>|///", page);
        }
    }
}
