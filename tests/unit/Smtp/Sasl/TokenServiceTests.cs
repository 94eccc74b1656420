using PostfixNet.Ipc;
using PostfixNet.Logins;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>Tokens that the service logins gives.</summary>
public sealed class TokenServiceTests
{
    private static string Get(TokenSource source) => source.Get(static () => { });

    [Fact]
    public void One_that_the_server_refuses_is_changed_for_another_once()
    {
        List<string> asked = [];
        TokenService service = new("office", question =>
        {
            asked.Add(question.Refused == TokenQuestion.HashOf("old") ? "not old" : question.Refused);
            return new TokenAnswer(question.Refused.Length > 0 ? "new" : "old", null);
        });
        Assert.Equal("old", Get(service));
        Assert.True(service.Refused());
        Assert.Equal("new", Get(service));
        Assert.Equal(["", "not old"], asked);
    }

    [Fact]
    public void Where_there_is_no_other_one_the_servers_words_count()
    {
        TokenService service = new("office", static question => question.Refused.Length > 0 ? new TokenAnswer(null, "that was all") : new TokenAnswer("old", null));
        Assert.Equal("old", Get(service));
        Assert.False(service.Refused());
    }

    [Fact]
    public void Why_there_is_none_is_told()
    {
        Assert.Equal("no token office: invalid_grant", Assert.Throws<SaslException>(() => Get(new TokenService("office", static _ => new TokenAnswer(null, "no token office: invalid_grant")))).Message);
        Assert.Equal("no token office: private/logins: gone", Assert.Throws<SaslException>(() => Get(new TokenService("office", static _ => throw new IpcException("private/logins: gone")))).Message);
    }
}
