using System.Text;
using PostfixNet.Login;

namespace PostfixNet.UnitTests.Login;

/// <summary>The lines of a password file, and what stands in for users who are not there.</summary>
public sealed class VerifierTableTests
{
    private const string Pencil = VerifierTests.Pencil;
    private const string Crypt = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
    private const string Seed = ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    [Fact]
    public void Lines_of_users()
    {
        VerifierTable table = Table($"# who may send\n\n{Seed}\nshop:{Pencil}\r\ne\u0301lise@example.com:{Crypt}  \n");
        Assert.Equal(["shop", "élise@example.com"], table.Users);
        Assert.True(table.HasSeed);
        (Verifier verifier, string? name) = table.Find("élise@example.com", "", scramOnly: false);
        Assert.Equal("élise@example.com", name);
        Assert.True(verifier.IsOf("Hello world!"u8.ToArray()));
        Assert.Equal((true, 1), (table.HasScram, table.WithoutScram));
    }

    [Theory]
    [InlineData("shop", "", "shop")]
    [InlineData("SHOP", "", null)]
    [InlineData("bank", "", null)]
    [InlineData("bank", "example.com", "bank@example.com")]
    [InlineData("shop", "example.com", "shop")] // first as given
    [InlineData("bank@example.com", "example.org", "bank@example.com")]
    [InlineData("shop@example.com", "example.com", null)]
    [InlineData("", "", null)]
    [InlineData("", "example.com", null)]
    public void A_name_without_domain_is_looked_up_with_one(string user, string domain, string? name) =>
        Assert.Equal(name, Table($"shop:{Pencil}\nbank@example.com:{Pencil}").Find(user, domain, scramOnly: false).Name);

    [Fact]
    public void Who_is_not_there_is_shown_a_salt_that_stays()
    {
        string salts = Salts($"{Seed}\nshop:{Pencil}");
        // In another process, after a change.
        Assert.Equal(salts, Salts($"{Seed}\nshop:{Pencil}\nbank:{Pencil}"));
        Assert.NotEqual(salts, Salts($":{Convert.ToBase64String(new byte[32])}\nshop:{Pencil}"));
        // It looks like those of others.
        string[] each = salts.Split(' ');
        Assert.Equal(each.Length, each.Distinct().Count());
        Assert.All(each, static salt => Assert.Equal("W22ZaJ0SNY7soEsUEjb6gQ==".Length, salt.Length));

        static string Salts(string file)
        {
            VerifierTable table = Table(file);
            return string.Join(' ', Enumerable.Range(0, 20).Select(i =>
            {
                (Verifier verifier, string? name) = table.Find($"nobody{i}", "", scramOnly: true);
                Assert.Null(name);
                Assert.Equal(4096, ((ScramVerifier)verifier).Iterations);
                return Convert.ToBase64String(((ScramVerifier)verifier).Salt);
            }));
        }
    }

    [Fact]
    public void Without_a_seed_each_process_has_one()
    {
        Assert.False(Table($"shop:{Pencil}").HasSeed);
        Assert.NotEqual(Salt(), Salt());

        static string Salt() => Convert.ToBase64String(((ScramVerifier)Table($"shop:{Pencil}").Find("nobody", "", scramOnly: true).Verifier).Salt);
    }

    [Fact]
    public void Who_is_not_there_costs_what_others_cost()
    {
        // Half of the users have hashes that take longer: so it is with those who are not there.
        VerifierTable table = Table(Seed + "\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"a{i}:{Pencil}\nb{i}:{Crypt}\n")));
        int scram = Enumerable.Range(0, 200).Count(i => table.Find($"nobody{i}", "", scramOnly: false).Verifier is ScramVerifier);
        Assert.InRange(scram, 70, 130);
        Assert.Equal(Enumerable.Repeat(true, 50), Enumerable.Range(0, 50).Select(i => table.Find($"nobody{i}", "", scramOnly: true).Verifier is ScramVerifier));
        // Whose hash does not fit SCRAM is as good as nobody there.
        Assert.Null(table.Find("b1", "", scramOnly: true).Name);
    }

    [Fact]
    public void Where_nobody_is_there_is_no_difference_either()
    {
        VerifierTable table = Table("");
        Assert.True(table.HasScram);
        Assert.Equal(ScramVerifier.UsualIterations, ((ScramVerifier)table.Find("shop", "", scramOnly: true).Verifier).Iterations);
        Assert.False(table.Find("shop", "", scramOnly: false).Verifier.IsOf(""u8.ToArray()));
    }

    [Theory]
    [InlineData("shop", "p:1: no \":\"; a line is a user, a colon and a verifier")]
    [InlineData("# x\n\nsecret", "p:3: no \":\"; a line is a user, a colon and a verifier")]
    [InlineData(":secret", "p:1: no user in front of the colon; without one there can only be a seed, 32 octets in base64")]
    [InlineData(":AAAA", "p:1: no user in front of the colon; without one there can only be a seed, 32 octets in base64")]
    [InlineData(Seed + "\n" + Seed, "p:2: a second seed, after that of line 1")]
    [InlineData("shop:" + Pencil + "\nshop:" + Crypt, "p:2: a second line of the user of line 1")]
    [InlineData("e\u0301:" + Pencil + "\né:" + Crypt, "p:2: a second line of the user of line 1")]
    [InlineData(" shop:" + Pencil, "p:1: a name must have no \":\", no control characters, no \"#\" in front and no blanks around it")]
    [InlineData("sh\u0001op:" + Pencil, "p:1: a name must have no \":\", no control characters, no \"#\" in front and no blanks around it")]
    public void A_line_that_cannot_be_read_is_named_and_not_shown(string file, string want)
    {
        PasswordFileException e = Assert.Throws<PasswordFileException>(() => Table(file));
        Assert.Equal(want, e.Message);
    }

    [Fact]
    public void All_mistakes_are_told_up_to_a_limit()
    {
        PasswordFileException e = Assert.Throws<PasswordFileException>(() => Table($"shop:secret\nbank:{Pencil}\nbank\n" + string.Concat(Enumerable.Repeat("x:y\n", 100))));
        Assert.Equal(10, e.Problems.Count);
        Assert.StartsWith("p:1: no verifier; ", e.Problems[0], StringComparison.Ordinal);
        Assert.StartsWith("p:3: no \":\"", e.Problems[1], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_a_mistake_with_a_line() =>
        Assert.StartsWith("p:1: a name must have", Assert.Throws<PasswordFileException>(() => VerifierTable.Read([0xFF, (byte)':', (byte)'x'], "p")).Message, StringComparison.Ordinal);

    internal static VerifierTable Table(string text) => VerifierTable.Read(Encoding.UTF8.GetBytes(text), "p");
}
