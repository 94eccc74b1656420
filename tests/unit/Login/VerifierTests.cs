using System.Text;
using PostfixNet.Login;
using PostfixNet.Native;

namespace PostfixNet.UnitTests.Login;

/// <summary>What stands in a password file behind the colon.</summary>
public sealed class VerifierTests
{
    // RFC 7677 section 3: user "user", password "pencil".
    internal const string Pencil = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    [Fact]
    public void The_verifier_of_the_specification()
    {
        Verifier verifier = Verifier.Parse(Pencil);
        Assert.True(verifier.IsOf("pencil"u8.ToArray()));
        Assert.False(verifier.IsOf("Pencil"u8.ToArray()));
        Assert.False(verifier.IsOf([]));
        Assert.Equal(Pencil, ((ScramVerifier)verifier).ToText());
    }

    [Fact]
    public void A_new_verifier_is_of_its_password_and_like_no_other()
    {
        ScramVerifier verifier = ScramVerifier.Make("sésame, ouvre-toi: $");
        Assert.True(Verifier.Parse(verifier.ToText()).IsOf(Encoding.UTF8.GetBytes("sésame, ouvre-toi: $")));
        Assert.NotEqual(verifier.ToText(), ScramVerifier.Make("sésame, ouvre-toi: $").ToText());
        Assert.True(verifier.Iterations >= Scram.FewestIterations);
    }

    [Fact]
    public void A_password_that_was_right_is_not_computed_again()
    {
        Counting verifier = new();
        Assert.Equal([true, true, false, false, true], "right right wrong wrong right".Split(' ').Select(text => verifier.IsOf(Encoding.UTF8.GetBytes(text))));
        Assert.Equal(3, verifier.Count);
    }

    private sealed class Counting : Verifier
    {
        internal int Count { get; private set; }

        internal override (int Kind, string Setting) Cost => (2, "");

        internal override Verifier MakeUp(byte[] key) => this;

        private protected override bool Computes(byte[] password)
        {
            Count++;
            return password.AsSpan().SequenceEqual("right"u8);
        }
    }

    [Theory] // RFC 8265 section 4.2
    [InlineData("se\u0301same", "sésame")] // typed on a system that keeps marks apart
    [InlineData("a\u00a0b", "a b")]
    [InlineData("a\u3000b", "a b")]
    public void Two_ways_to_write_a_password_are_one(string one, string other) =>
        Assert.True(ScramVerifier.Make(one).IsOf(Encoding.UTF8.GetBytes(other)));

    [Theory] // password "Hello world!"; the second and third of the specification of these hashes, the others by the system's own command
    [InlineData("$1$saltsalt$le8lFSqqnPaRFOlmAZpvH1")]
    [InlineData("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5")]
    [InlineData("$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1")]
    [InlineData("$6$rounds=1000$saltstring$Zu2Vknok2/f53APfN687ADnzeNBLcsEgTwvcBHMD2./07rZQAt8vsuKVufD15dyZh.LOLB/uZKf6I3GyON4bp/")]
    [InlineData("$2b$04$abcdefghijklmnopqrstuuyeG8laUfZvsCmc.AE6qIDYSPGM2efmK")]
    [InlineData("$y$j75$saltsaltsalt$AveudvDy4s0icqxi3BMmlP/jffflguPNiBv7mXp1/3C")]
    [InlineData("$gy$j75$saltsaltsalt$Q7NN.V4z660kcr18NCs/Xq1EHaXxVEV7O5q3OUQWvoA")]
    [InlineData("$7$4/..../....saltsalt$x28vaUqxRpv/49ycjDvbDJ6yX.ZakGdtTHMueMBOwE7")]
    public void Hashes_of_the_system(string hash)
    {
        Verifier verifier = Verifier.Parse(hash);
        Assert.True(verifier.IsOf("Hello world!"u8.ToArray()));
        Assert.False(verifier.IsOf("Hello world"u8.ToArray()));
        Assert.False(verifier.IsOf("Hello world!\0"u8.ToArray()));
        Assert.False(verifier.IsOf(new byte[10_000]));
        Assert.False(verifier.IsOf([]));
    }

    [Fact]
    public void A_new_hash_is_of_its_password()
    {
        string hash = PasswordHash.Make("Hello world!"u8);
        Assert.StartsWith("$y$", hash, StringComparison.Ordinal);
        Assert.True(PasswordHash.IsOf("Hello world!"u8, hash));
        Assert.NotEqual(hash, PasswordHash.Make("Hello world!"u8));
    }

    [Theory]
    [InlineData("", "no verifier; give an RFC 5803 verifier")]
    [InlineData("secret", "no verifier; ")] // a password as it is
    [InlineData("abMbH7WsHr7wQ", "no verifier; ")] // what one could take for a hash of old might be a password, too
    [InlineData("{SCRAM-SHA-256}4096,secret", "no verifier; ")]
    [InlineData("$secret", "not a crypt(3) hash; ")]
    [InlineData("$6$secret", "not a crypt(3) hash; ")]
    [InlineData("$6$secret$", "not a crypt(3) hash; ")]
    [InlineData("$6$secret$secret", "not a crypt(3) hash; ")]
    [InlineData("$x$secret$secretsecretsecretsecret", "a crypt(3) hash of a kind that this system's libcrypt does not know; ")]
    [InlineData("$6$secret$secret secret secret secret", "not a crypt(3) hash; ")]
    [InlineData("SCRAM-SHA-1$4096:c2VjcmV0$AAAA:AAAA", "of SCRAM verifiers only those of SCRAM-SHA-256 are supported; ")]
    [InlineData("SCRAM-SHA-256$", "a SCRAM-SHA-256 verifier that is not understood; ")]
    [InlineData("SCRAM-SHA-256$4096$W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier that is not understood; ")]
    [InlineData("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==:WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier that is not understood; ")]
    [InlineData("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier that is not understood; ")]
    [InlineData("SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier that is not understood; ")]
    [InlineData("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier that is not understood; ")]
    [InlineData("SCRAM-SHA-256$4095:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier with less than 4096 iterations, or more than 5000000")]
    [InlineData("SCRAM-SHA-256$5000001:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier with less than 4096 iterations, or more than 5000000")]
    [InlineData("SCRAM-SHA-256$-5000:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", "a SCRAM-SHA-256 verifier with less than 4096 iterations, or more than 5000000")]
    public void What_is_none_is_refused_and_not_shown(string text, string want)
    {
        FormatException e = Assert.Throws<FormatException>(() => Verifier.Parse(text));
        Assert.StartsWith(want, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Pencil)]
    [InlineData("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5")]
    public void Nothing_prints_what_is_stored(string text) => Assert.DoesNotContain("salt", $"{Verifier.Parse(text)}", StringComparison.Ordinal);
}
