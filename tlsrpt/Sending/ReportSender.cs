namespace PostfixNet.Tlsrpt;

/// <summary>Sends the reports of days that are over, each to all places that its domain names, and again where that fails: RFC 8460 section 5.5.</summary>
/// <remarks>What was handed over is on stable storage before the next is. A crash between the two sends a report to one place twice, with the same report id.</remarks>
internal sealed class ReportSender(ReportBook book, IOutside outside, Submitter submitter, Log log)
{
    private const int MostAtOnce = 4;
    private readonly Dictionary<DomainDay, Task> _inHand = [];

    /// <summary>Nothing new begins.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>Reports under way.</summary>
    internal IReadOnlyCollection<Task> InHand => _inHand.Values;

    /// <summary>Begins what is due: what has waited longest first, by whichever name.</summary>
    internal void Run()
    {
        long now = book.Now;
        foreach (DomainDay report in book.Past.Where(report => report.Sending.State == SendingState.Waiting && TimeOf(report) <= now && !_inHand.ContainsKey(report)).OrderBy(TimeOf).ToArray())
        {
            if (_inHand.Count >= MostAtOnce || IsEnding)
                return;
            _ = Begin(report, hurries: false);
        }
    }

    // Seconds since 1970: its next attempt.
    private static long TimeOf(DomainDay report) => Math.Max(report.Due, report.Sending.Next);

    /// <summary>Tries at once what waits for its time.</summary>
    /// <param name="domain">null: of all.</param>
    internal async Task SendNow(string? domain)
    {
        foreach (DomainDay report in book.Past.Where(report => report.Sending.State == SendingState.Waiting && (domain is null || report.Domain == domain)).ToArray())
        {
            while (_inHand.Count >= MostAtOnce || _inHand.ContainsKey(report))
                await Task.WhenAny(_inHand.Values.ToArray());
            if (!IsEnding && report.Sending.State == SendingState.Waiting)
                _ = Begin(report, hurries: true);
        }
        await Task.WhenAll(_inHand.Values.ToArray());
    }

    private Task Begin(DomainDay report, bool hurries)
    {
        // Those who wait look once it is not in hand any more.
        TaskCompletionSource over = new();
        _inHand.Add(report, over.Task);
        outside.Watch(Send());
        return over.Task;

        async Task Send()
        {
            await this.Send(report, hurries);
            _inHand.Remove(report);
            over.SetResult();
        }
    }

    private async Task Send(DomainDay report, bool hurries)
    {
        Sending sending = report.Sending;
        sending.Began ??= book.Now;
        if (!await FindPlaces(report))
            return;
        foreach (Sending.Place place in sending.Places.Where(place => place.IsOpen && (hurries || place.Next <= book.Now)).ToArray())
        {
            if (IsEnding)
                return;
            HandOver result = await outside.Hand(place.Uri, ContentFor(report, place));
            long now = book.Now;
            place.Attempts++;
            place.Answer = result.Answer;
            place.Done = result.IsDone ? now : null;
            place.Next = result.IsDone ? 0 : now + (long)RetryPlan.PauseAfter(place.Attempts).TotalSeconds;
            place.IsHopeless = !result.IsDone && (result.IsHopeless || IsOver(sending, place.Next));
            if (result.IsDone)
                log.Sent(report, place);
            else
                log.NotSent(report, place, now);
            await book.Save(report);
        }
        Sending.Place[] open = [.. sending.Places.Where(static place => place.IsOpen)];
        sending.Next = open.Length > 0 ? open.Min(static place => place.Next) : 0;
        if (open.Length == 0)
            sending.State = sending.Places.TrueForAll(static place => place.Done is not null) ? SendingState.Sent : SendingState.GivenUp;
        await book.Save(report);
    }

    // The record as it is now: the domain may have changed its mind. False: no report goes now.
    private async Task<bool> FindPlaces(DomainDay report)
    {
        Sending sending = report.Sending;
        RecordAnswer answer = await outside.Find(report.Domain);
        if (answer.Trouble is null && answer.Record is null)
        {
            sending.State = SendingState.Unwanted;
            log.NotWanted(report);
        }
        else if ((answer.Record ?? report.Record) is { } record)
        {
            (report.Record, sending.Trouble, sending.Next) = (record, "", 0);
            foreach (Sending.Place place in sending.Places.Where(place => place.IsOpen && !record.Uris.Contains(place.Uri)))
                (place.IsHopeless, place.Answer) = (true, "the domain does not name it any more");
            foreach (ReportUri uri in record.Uris.Where(uri => !sending.Places.Exists(place => place.Uri == uri)))
                sending.Places.Add(new Sending.Place(uri));
            return true;
        }
        else
        {
            sending.Trouble = answer.Trouble ?? "";
            sending.Next = book.Now + (long)RetryPlan.PauseAfter(++sending.Lookups).TotalSeconds;
            bool isLast = IsOver(sending, sending.Next);
            if (isLast)
                sending.State = SendingState.GivenUp;
            log.RecordUnknown(report, sending.Trouble, isLast);
        }
        await book.Save(report);
        return false;
    }

    private static bool IsOver(Sending sending, long next) => next > sending.Began + (long)RetryPlan.Patience.TotalSeconds;

    private byte[] ContentFor(DomainDay report, Sending.Place place)
    {
        if (place.Uri.Address is not { } address)
            return ReportDocument.Compressed(report, submitter);
        using MemoryStream message = new();
        ReportMessage.Write(message, report, submitter, address, book.Now);
        return message.ToArray();
    }
}
