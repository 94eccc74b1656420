using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Logins;

/// <summary>Answers processes of the SMTP client.</summary>
internal sealed class LoginsServer(EventLoop loop, LoginBook book, TokenBook tokens, Log log) : EventServer.IServer
{
    // Who has a turn keeps it for as long as servers may take over AUTH.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    public void Serve(Descriptor client) => loop.Mind(Talk(client));

    private async Task Talk(Descriptor client)
    {
        LoopStream stream = new(loop, client, s_patience);
        using LoopChannel channel = new(stream, "client", s_patience);
        try
        {
            AttributeList question = await channel.Receive();
            if (TokenQuestion.Is(question))
                await channel.Send((await tokens.Ask(TokenQuestion.From(question))).ToAttributes());
            else
                await Turn(channel, TurnQuestion.From(question));
        }
        catch (IpcException e)
        {
            // A client leaves when it does not want to wait.
            if (!e.Message.Contains("closed", StringComparison.Ordinal) && !e.Message.Contains("timeout", StringComparison.Ordinal))
                log.Warning(e.Message);
        }
    }

    private async Task Turn(LoopChannel channel, TurnQuestion question)
    {
        RefusedLogin? refused = await book.Ask(question);
        bool isTold = refused is not null;
        try
        {
            await channel.Send(LoginTurn.Answer(refused));
            if (isTold)
                return;
            book.Told(question, LoginOutcome.From(await channel.Receive()));
            isTold = true;
        }
        finally
        {
            if (!isTold)
                book.Left(question);
        }
    }

    // Whoever has a turn goes on without us; our successor knows nothing of it. But an answer that is under way may bring the only refresh token that still counts.
    public void MustEnd()
    {
        tokens.Close();
        loop.Mind(End());

        async Task End()
        {
            await tokens.Rest();
            loop.Stop();
        }
    }
}
