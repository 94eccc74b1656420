using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.History;

/// <summary>The side of this program that others see: "postqueue history" asks. The other one is a thread that takes events.</summary>
/// <param name="loop">Owns the clients.</param>
/// <param name="consumer">Takes events.</param>
/// <param name="keeper">Keeps what it takes.</param>
/// <param name="search">Finds it again.</param>
/// <param name="rights">Who may ask.</param>
/// <param name="log">Is told.</param>
internal sealed class HistoryService(EventLoop loop, EventConsumer consumer, HistoryKeeper keeper, HistorySearch search, QueueRights rights, Log log) : EventServer.IServer
{
    // Any user may connect; nobody may keep others from it for long by saying nothing or not listening.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30), s_lastWords = TimeSpan.FromSeconds(5);

    private const int MostClients = 50, MostQuestions = 2;

    // Of the process, of which there is one.
    private static readonly SemaphoreSlim s_questions = new(MostQuestions);

    private int _clients;

    /// <summary>Begins to take events.</summary>
    internal void Start() => consumer.Start(e =>
    {
        log.Bug(e);
        Environment.Exit(ExitStatus.Software);
    });

    public void Serve(Descriptor client) => loop.Mind(ServeSafely(client));

    public void MustEnd()
    {
        consumer.Stop(s_lastWords);
        loop.Stop();
    }

    private async Task ServeSafely(Descriptor client)
    {
        using LoopStream stream = new(loop, client, s_patience);
        using LoopChannel channel = new(stream, "client", s_patience);
        uint user = client.PeerUid;
        _clients++;
        try
        {
            if (_clients > MostClients)
                await channel.Send(new HistoryEnd(null, "too many ask at once").ToAttributes());
            else
                await Talk(channel, user);
        }
        catch (IpcException e)
        {
            // The wake-up of master is a byte of a message.
            if (!e.Message.Contains("connection closed", StringComparison.Ordinal))
                log.BadRequest(e.Message);
        }
        finally
        {
            _clients--;
        }
    }

    private async Task Talk(LoopChannel channel, uint user)
    {
        HistoryQuestion question = HistoryQuestion.From(await channel.Receive());
        Answer answer = rights.RefuseListing(user) is { } refusal ? Answer.Forbidden(refusal)
            : await loop.Elsewhere(() => Find(question));
        foreach (HistoryPiece piece in answer.Pieces)
            await channel.Send(piece.ToAttributes());
        await channel.Send(answer.End.ToAttributes());
    }

    private async Task<Answer> Find(HistoryQuestion question)
    {
        await s_questions.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!keeper.IsReady)
                return Answer.Unavailable("the history is not ready yet, or its database is away; try again, and see the log");
            return question.IsAboutService ? AboutService(question.IsJson) : search.Ask(question);
        }
        catch (IOException e)
        {
            log.NotAnswered(e.Message);
            return Answer.Unavailable("the database cannot be asked now, or it took too long; the log tells more");
        }
        finally
        {
            s_questions.Release();
        }
    }

    private Answer AboutService(bool isJson)
    {
        (EventLag lag, (long messages, long bytes)) = (consumer.Lag(), search.Count());
        string told = isJson
            ? string.Create(CultureInfo.InvariantCulture, $"{{\"messages\": {messages}, \"bytes\": {bytes}, \"behind_bytes\": {lag.Bytes}, \"behind_seconds\": {lag.Seconds}, \"missed\": {keeper.Missed}}}")
            : string.Create(CultureInfo.InvariantCulture, $"{messages} messages in {bytes} bytes; behind by {lag.Bytes} bytes of events, {lag.Seconds} s; {keeper.Missed} events, or whole files of them, are missing");
        return new Answer([new HistoryPiece([told])], new HistoryEnd(null));
    }
}
