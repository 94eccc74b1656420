using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Master.Import;

namespace PostfixNet.UnitTests.Import;

/// <summary>main.cf and master.cf are read as Postfix reads them.</summary>
public sealed class PostfixFilesTests
{
    [Fact]
    public void Main_cf_has_comments_and_continuations_anywhere()
    {
        MainCf main = MainCfOf("# c\n\na = 1\n # inside\n\n\t2 # stays\nb=\na = 3\n  c = 4\n");
        Assert.Equal([(3, "a", "1\n\t2 # stays"), (7, "b", ""), (8, "a", "3\n  c = 4")], main.Entries.Select(static entry => (entry.Line, entry.Name, entry.Value)));
        Assert.Equal("3\n  c = 4", main.Find("a")!.Value);
    }

    [Fact]
    public void A_blank_before_the_first_line_is_borne_with() => Assert.True(MainCfOf("  a = 1\n").Entries[0].BeginsWithBlank);

    [Theory]
    [InlineData("a = 1\nnonsense\n", "main.cf:2:1: no \"name = value\"")]
    [InlineData("= x\n", "main.cf:1:1: no \"name = value\"")]
    [InlineData("a\0 = x\n", "main.cf:1:1: control characters")]
    [InlineData("\u007fELF", "main.cf:1:1: control characters")]
    public void What_is_no_configuration_is_one_line(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<ConfigurationException>(() => MainCfOf(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Octets_that_are_no_text_and_endless_lines_are_one_line()
    {
        Assert.Contains("UTF-8", Assert.Throws<ConfigurationException>(() => PostfixLines.Of([.. "a = "u8, 0xff], "x")).Message, StringComparison.Ordinal);
        Assert.Contains("1 MB", Assert.Throws<ConfigurationException>(() => PostfixLines.Of(Encoding.ASCII.GetBytes("a = " + new string('x', 10_000_000)), "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_services_have_many_forms()
    {
        MasterCfEntry entry = Assert.Single(Master("smtp inet n - y 60? 10 smtpd -o a=b -oc=d\n  -o { e = f g }\n # no\n  -o h=i,j -o a=z -v { -o k = l m }\n"));
        Assert.Equal(("smtp", "inet", "y", "60?", "10", "smtpd"), (entry.Name, entry.Type, entry.Chroot, entry.Wakeup, entry.Limit, entry.Command));
        Assert.Equal(["a=b", "c=d", "e=f g", "h=i,j", "a=z", "k=l m"], entry.Options.Select(static option => $"{option.Key}={option.Value}"));
        Assert.Equal(["-v"], entry.Arguments);
        Assert.Equal("z", entry.Option("a"));
    }

    [Theory]
    [InlineData("smtp inet n - y - -\n", "7 fields of 8")]
    [InlineData("smtp tcp n - y - - smtpd\n", "the type is none of")]
    [InlineData("smtp inet n - y - - smtpd -o\n", "nothing follows")]
    [InlineData("smtp inet n - y - - smtpd -o x\n", "no name=value")]
    [InlineData("smtp inet n - y - - smtpd -o { x = y\n", "without \"}\"")]
    public void A_service_that_Postfix_refuses_is_one_line(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigurationException>(() => Master(text)).Message, StringComparison.Ordinal);

    private static MainCf MainCfOf(string text) => MainCf.Read(PostfixLines.Of(Encoding.UTF8.GetBytes(text), "main.cf"), "main.cf");

    private static IReadOnlyList<MasterCfEntry> Master(string text) => MasterCf.Read(PostfixLines.Of(Encoding.UTF8.GetBytes(text), "master.cf"), "master.cf");
}
