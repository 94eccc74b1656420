using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Tlsrpt;

/// <summary>The side of this program that others see: processes of smtp tell results, "master tlsrpt" asks.</summary>
internal sealed class ReportService : EventServer.IServer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(365), s_lastWords = TimeSpan.FromSeconds(5);

    private readonly EventLoop _loop;
    private readonly IOutside _outside;
    private readonly ReportBook _book;
    private readonly ReportSender _sender;
    private readonly Log _log;
    private readonly HashSet<LoopStream> _clients = [];

    internal ReportService(EventLoop loop, IOutside outside, ReportBook book, ReportSender sender, Log log)
    {
        (_loop, _outside, _book, _sender, _log) = (loop, outside, book, sender, log);
        _loop.Soon(Turn);
    }

    public void Serve(Descriptor client) => _outside.Watch(Talk(client));

    public void MustEnd() => _outside.Watch(End());

    private void Turn()
    {
        _outside.Watch(Go());

        async Task Go()
        {
            await _book.Run();
            _sender.Run();
            _loop.After(ReportBook.FlushInterval, Turn);
        }
    }

    private async Task Talk(Descriptor client)
    {
        using LoopStream stream = new(_loop, client, s_patience);
        _clients.Add(stream);
        using LoopChannel channel = new(stream, "client", s_patience);
        try
        {
            while (true)
            {
                AttributeList message = await channel.Receive();
                if (TlsReportQuestion.TryFrom(message, out TlsReportQuestion? question))
                    await channel.Send(new TlsReportAnswer(await Answer(question)).ToAttributes());
                else
                    _book.Take(TlsAttempt.From(message));
            }
        }
        catch (IpcException e)
        {
            // Who goes, also amidst a message, has lost no more than a count. The wake-up of master is half a message.
            if (!stream.IsClosed && !e.Message.Contains("connection closed", StringComparison.Ordinal))
                _log.BadRequest(e.Message);
        }
        finally
        {
            _clients.Remove(stream);
        }
    }

    private async Task<string> Answer(TlsReportQuestion question)
    {
        if (question.IsToSend)
            await _sender.SendNow(question.Domain);
        return ReportStates.Json(_book, question.Domain);
    }

    private void LetClientsGo()
    {
        foreach (LoopStream client in _clients.ToArray())
            client.Dispose();
    }

    // Our successor waits for us, for ten seconds. What is being handed over may come to its end, for a while; it would be sent again, under the same id.
    private async Task End()
    {
        _sender.IsEnding = true;
        LetClientsGo();
        await _book.Flush();
        TaskCompletionSource late = new();
        EventLoop.Timer timer = _loop.After(s_lastWords, late.SetResult);
        await Task.WhenAny(Task.WhenAll(_sender.InHand.ToArray()), late.Task);
        timer.Cancel();
        await _book.Flush();
        _loop.Stop();
    }
}
