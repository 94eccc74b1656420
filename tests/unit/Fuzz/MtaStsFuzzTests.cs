using System.Text;
using PostfixNet.MtaSts;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Policies and records of domains.</summary>
public sealed class MtaStsFuzzTests
{
    [Fact]
    public void Any_policy_is_read_or_refused()
    {
        new Fuzzer([Encoding.ASCII.GetBytes("version: STSv1\r\nmode: enforce\r\nmx: *.a.test\nmx: b.test\r\nmax_age: 604800\r\nx: y z\r\n"), Encoding.ASCII.GetBytes("version:STSv1\nmode:none\nmax_age:0")],
            "version: STSv1\n", "mode: testing\n", "max_age: ", "mx: ", "*.", "\r\n", ":").Run((input, random) =>
        {
            try
            {
                StsPolicy policy = StsPolicy.Parse(Encoding.UTF8.GetString(input));
                Assert.InRange(policy.MaxAge, TimeSpan.Zero, StsPolicy.LongestAge);
                Assert.True(policy.Mx.Count > 0 || policy.Mode == StsMode.None);
                Assert.True(policy.Mx.Count <= StsPolicy.MostPatterns);
                foreach (string pattern in policy.Mx)
                {
                    Assert.True(pattern.Length <= 255 && pattern.All(static c => c is '*' or '.' or '-' or (>= 'a' and <= 'z') or (>= '0' and <= '9')), pattern);
                    Assert.True(!pattern[1..].Contains('*', StringComparison.Ordinal), pattern);
                }
                // What is kept of it is what it was.
                KnownPolicy known = new("a.test", "1", policy, 5);
                Assert.Equal(known.ToText(), KnownPolicy.TryParse(known.ToText())!.ToText());
                _ = policy.Matches(Encoding.UTF8.GetString(input, 0, Math.Min(input.Length, random.Next(300))));
            }
            catch (FormatException e)
            {
                Assert.True(e.Message.Length < 200 && !e.Message.Any(char.IsControl), e.Message);
            }
        });
    }

    [Fact]
    public void Any_record_is_read_or_passed_over()
    {
        new Fuzzer([Encoding.ASCII.GetBytes("v=STSv1; id=20160831085700Z;"), Encoding.ASCII.GetBytes("v=STSv1;x=y;id=1")], ";", "id=", "v=STSv1;", " ").Run(static (input, _) =>
        {
            if (StsRecord.IdIn([Encoding.Latin1.GetString(input)]) is { } id)
                Assert.True(id.Length is > 0 and <= 32 && id.All(char.IsAsciiLetterOrDigit), id);
        });
    }

    [Fact]
    public void Any_file_is_read_or_passed_over()
    {
        new Fuzzer([Encoding.UTF8.GetBytes(MtaSts.PolicyFilesTests.Policy().ToText())], "mx: ", "id: ", "end\n", "since: ").Run(static (input, _) =>
        {
            if (KnownPolicy.TryParse(Encoding.UTF8.GetString(input)) is { } known)
                Assert.True(StsDomain.IsUsable(known.Domain) && StsRecord.IsId(known.Id));
        });
    }
}
