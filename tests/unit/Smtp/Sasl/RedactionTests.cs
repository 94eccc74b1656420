using System.Text;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>What is shown of a server that repeats what it was told.</summary>
public sealed class RedactionTests
{
    private const string Secret = "tr0ub4dor&3";

    public static TheoryData<string> Echoes => new()
    {
        Secret,
        Secret.ToUpperInvariant(),
        Base64(Secret),
        Base64("\0u\0" + Secret),
        Base64("\0us\0" + Secret),
        Base64("\0use\0" + Secret),
        Base64($"user={Secret};"),
        Convert.ToHexString(Encoding.ASCII.GetBytes(Secret)),
        Convert.ToHexStringLower(Encoding.ASCII.GetBytes($"x{Secret}y")),
    };

    [Theory]
    [MemberData(nameof(Echoes))]
    public void Every_echo_is_hidden(string echo)
    {
        Redaction redaction = new();
        redaction.AddSecret(Secret);
        string shown = redaction.Apply($"wrong: {echo}, go away");
        Assert.Contains("<hidden>", shown, StringComparison.Ordinal);
        Assert.StartsWith("wrong: ", shown, StringComparison.Ordinal);
        Assert.EndsWith(", go away", shown, StringComparison.Ordinal);
        // Six characters in a row of one of the secret's forms would uncover too much.
        foreach (string form in new[] { Secret, Base64(Secret)[..^2], Convert.ToHexString(Encoding.ASCII.GetBytes(Secret)) })
        {
            for (int i = 0; i + 6 <= form.Length; i++)
                Assert.DoesNotContain(form.Substring(i, 6), shown, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void A_response_is_hidden_as_it_was_sent()
    {
        Redaction redaction = new();
        redaction.AddResponse("dXNlciBiOTEzYTYwMg==");
        Assert.Equal("334 <hidden>== again", redaction.Apply("334 dXNlciBiOTEzYTYwMg== again"));
    }

    [Fact]
    public void The_code_of_a_reply_stays()
    {
        Redaction redaction = new();
        redaction.AddSecret("535");
        SmtpReply reply = redaction.Apply(new SmtpReply(535, "5.7.8", ["535-no", "535 5.7.8 535?"], false));
        Assert.Equal(["535-no", "535 5.7.8 <hidden>?"], reply.Lines);
    }

    [Fact]
    public void Nothing_else_changes() => Assert.Equal("535 5.7.8 no", new Redaction().Apply("535 5.7.8 no"));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
