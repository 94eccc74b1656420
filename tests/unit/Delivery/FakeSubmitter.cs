using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>A clock that moves when told.</summary>
internal sealed class StepClock : TimeProvider
{
    internal long Seconds { get; set; } = 1795240900;
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Seconds);
}

/// <summary>Takes notices in place of cleanup.</summary>
internal sealed class FakeSubmitter : INoticeSubmitter
{
    internal List<FakeDraft> Queued { get; } = [];
    internal string Fail { get; set; } = "";
    /// <summary>Before a notice is begun.</summary>
    internal Action? AtBegin { get; set; }
    /// <summary>When a notice is queued, before the client knows.</summary>
    internal Action? AfterQueued { get; set; }
    internal bool Kills => (AtBegin ?? WhenFinished ?? AfterQueued) is not null;
    internal Func<string, bool>? Refuses { get; set; }
    internal Action? WhenFinished { get; set; }

    /// <summary>Nobody dies any more.</summary>
    internal void Spare()
    {
        (AtBegin, WhenFinished, AfterQueued) = (null, null, null);
        Fail = "";
    }

    public INoticeDraft Begin(string sender, string recipient, SmtpUtf8 smtpUtf8, RequireTls requireTls)
    {
        AtBegin?.Invoke();
        return Fail == "begin" ? throw new IpcException("cleanup: trouble") : new FakeDraft(this, sender, recipient, smtpUtf8) { RequireTls = requireTls };
    }
}

/// <summary>One notice.</summary>
internal sealed class FakeDraft(FakeSubmitter submitter, string sender, string recipient, SmtpUtf8 smtpUtf8) : INoticeDraft
{
    private readonly MemoryStream _content = new();
    internal string Sender => sender;
    internal string Recipient => recipient;
    internal SmtpUtf8 SmtpUtf8 => smtpUtf8;
    internal RequireTls RequireTls { get; init; }
    internal string Text => ByteText.Decode(_content.ToArray());
    public QueueId Id { get; } = QueueId.TryParse($"NOTICE{submitter.Queued.Count + 1}", out QueueId id) ? id : default;
    public Stream Content => _content;
    public bool IsRefused { get; private set; }

    public string? Finish()
    {
        IsRefused = submitter.Refuses?.Invoke(recipient) == true;
        if (IsRefused)
            return "will never do";
        if (submitter.Fail == "finish")
            throw new IpcException("cleanup: trouble");
        if (submitter.Fail == "refused")
            return "trouble with the disk";
        submitter.WhenFinished?.Invoke();
        submitter.Queued.Add(this);
        submitter.AfterQueued?.Invoke();
        return null;
    }

    public void Dispose() => _content.Dispose();
}
