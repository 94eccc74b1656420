using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Suppression;

namespace PostfixNet.Qmgr;

/// <summary>The suppression list, as mail is held against it: this process alone writes it while the system runs. Switched off, there is none.</summary>
/// <remarks>What an operator asks for is on stable storage before it is acknowledged. What this system finds itself is written at once and flushed by nobody: lost with the host's power,
/// it costs one more refusal.</remarks>
internal sealed class SuppressionBook(QueueDirectories directories, TimeProvider clock, Log log)
{
    private SuppressionSettings? _settings;
    private SuppressionList? _list;
    private string? _told;

    /// <summary>It is not known whom to suppress: nothing may be delivered.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>It turned out that the list cannot be read any more.</summary>
    internal event Action? Broke;

    private long Now => MailTime.Microseconds(clock) / 1_000_000;

    /// <summary>Takes the parameters, and the list as it is: at the start, at a reload, and while it cannot be had.</summary>
    internal void Open(SuppressionSettings settings)
    {
        _settings = settings;
        Close();
        IsBroken = false;
        if (!settings.IsOn)
            return;
        string? problem = null;
        try
        {
            _list = SuppressionList.TryOpen(directories.Root, settings.Form, Now);
            // Somebody changes the file, for a moment.
            if (_list is null)
                problem = $"{directories.Root}/{QueueDirectories.Suppression}: another process has the list";
            else if (_list.Damaged > 0)
                log.SuppressionsDamaged(_list.Damaged);
        }
        catch (IOException e)
        {
            problem = e.Message;
        }
        Note(problem);
    }

    private void Note(string? problem)
    {
        IsBroken = problem is not null;
        if (problem is not null && problem != _told)
            log.SuppressionsUnreadable(problem);
        _told = problem;
    }

    /// <summary>Tries again what did not work.</summary>
    internal void Retry()
    {
        if (IsBroken)
            Open(_settings!);
    }

    /// <summary>Why a recipient gets no mail of a sender; null: it may, unless <see cref="IsBroken"/>. Notices are not held against the list: who they are for waits for them.</summary>
    /// <param name="sender">Internal form.</param>
    /// <param name="address">Likewise.</param>
    internal SuppressionEntry? Find(string sender, string address)
    {
        if (_list is null || sender.Length == 0)
            return null;
        try
        {
            return _list.Find(sender, address, Now);
        }
        catch (IOException e)
        {
            Close();
            Note(e.Message);
            Broke?.Invoke();
            return null;
        }
    }

    /// <summary>What a recipient that is on the list is returned with.</summary>
    internal static Route RouteOf(SuppressionEntry entry) => new("error", $"5.7.1 recipient is on the suppression list{(entry.Reason.Length > 0 ? $": {entry.Reason}" : "")}") { IsSuppression = true };

    /// <summary>What became of recipients at their servers (S3-47).</summary>
    internal void Learn(Message message, IReadOnlyList<SettledRecipient> outcomes)
    {
        // A notice that cannot be delivered says little of an address that never asked for it.
        if (_list is null || !_settings!.IsAutomatic || message.Sender.Length == 0)
            return;
        foreach (SettledRecipient outcome in outcomes)
            Try(() => Learn(message.Id.ToString(), message.Sender, outcome, SuppressedBy.Failure));
    }

    // A report of failure is one more refusal; a complaint needs no second one.
    private void Learn(ReportedResult result)
    {
        if (_settings is not { IsAutomatic: true } || _list is null || !SuppressionEntry.IsAddress(result.Address))
            return;
        if (!result.IsComplaint)
        {
            Learn("report", result.Sender, new SettledRecipient(result.Address, result.Status, result.Reply), SuppressedBy.Report);
            return;
        }
        string scope = _settings.ScopeOf(result.Sender);
        if (SuppressionEntry.IsSender(scope) && _list.Get(scope, result.Address) is not { Until: 0 })
            Put("report", SuppressionEntry.Of(result.Address, scope, result.Reply, Now, _settings.ComplaintTime == 0 ? 0 : Now + _settings.ComplaintTime, SuppressedBy.Complaint));
    }

    private void Learn(string source, string sender, SettledRecipient outcome, string by)
    {
        string scope = _settings!.ScopeOf(sender), address = outcome.Address;
        if (outcome.Status.StartsWith('2'))
        {
            _list!.NoteSuccess(scope, address);
            return;
        }
        // Anybody may say what sender he likes.
        if (!SuppressionEntry.IsAddress(address) || !SuppressionEntry.IsSender(scope))
            return;
        if (_list!.Get(scope, address) is { } known)
        {
            if (!known.IsOver(Now))
                return;
            _ = _list.Remove(scope, address, Now);
        }
        string why = outcome.Reply.StartsWith('5') && !outcome.Reply.Contains(outcome.Status, StringComparison.Ordinal) ? $"{outcome.Status} {outcome.Reply}" : outcome.Reply;
        if (!_settings.Codes.IsAtOnce(outcome.Status, outcome.Reply))
        {
            int failures = _list.NoteFailure(scope, address, Now);
            if (_settings.FailureLimit == 0 || failures < _settings.FailureLimit)
                return;
            why = $"{failures} messages in turn failed, the last one: {why}";
        }
        SuppressionEntry entry = SuppressionEntry.Of(address, scope, why, Now, _settings.Time == 0 ? 0 : Now + _settings.Time, by);
        Put(source, entry);
    }

    private void Put(string source, SuppressionEntry entry)
    {
        if (_list!.Add(entry, Now))
            log.Suppressed(source, entry);
        else
            log.SuppressionsFull();
    }

    /// <summary>Does what an operator asks for.</summary>
    internal SuppressionReply Answer(SuppressionRequest request)
    {
        if (_settings is not { IsOn: true })
            return new SuppressionReply(null, IsOff: true, 0);
        Retry();
        if (_list is null)
            return new SuppressionReply($"{_told}: all deliveries are stopped until it can be read", false, 0);
        try
        {
            foreach (ReportedResult result in request.Results)
                Learn(result);
            return request.ApplyTo(_list, Now);
        }
        catch (IOException e)
        {
            log.Trouble(e);
            return new SuppressionReply($"not known to be on stable storage: {e.Message}", false, 0);
        }
    }

    private void Try(Action change)
    {
        try
        {
            change();
        }
        catch (IOException e)
        {
            log.Trouble(e);
        }
    }

    private void Close()
    {
        _list?.Dispose();
        _list = null;
    }
}
