using PostfixNet.Tlsrpt;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>A book and a sender with a clock that stands still (2026-11-21 08:00 UTC), a DNS, files, and places for reports, all in memory.</summary>
internal sealed class ReportRig : IOutside
{
    internal ReportRig() => Restart();

    internal ManualClock Clock { get; } = new();

    internal LogRecord Log { get; } = new();

    internal ReportBook Book { get; private set; } = null!;

    internal ReportSender Sender { get; private set; } = null!;

    /// <summary>Records by domain; null: there is none; a missing one cannot be asked for now.</summary>
    internal Dictionary<string, string?> Records { get; } = new() { ["example.com"] = Samples.Record };

    /// <summary>By "DAY/DOMAIN".</summary>
    internal Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>What is asked, handed over, and stored, in that order.</summary>
    internal List<string> Events { get; } = [];

    /// <summary>What a place says to a report.</summary>
    internal Func<ReportUri, HandOver> Answer { get; set; } = static _ => new HandOver(true, false, "taken");

    internal string? DiskTrouble { get; set; }

    /// <summary>What is handed over waits for this.</summary>
    internal TaskCompletionSource? Gate { get; set; }

    internal List<Exception> Bugs { get; } = [];

    /// <summary>All that was in memory is gone, as with a process that is killed; the files are there.</summary>
    internal void Restart()
    {
        PostfixNet.Tlsrpt.Log log = new(Log);
        Book = new ReportBook(this, Clock, "mta.sender.example", log);
        foreach ((string name, byte[] content) in Files)
            Book.Add(DomainDayFile.Read(DateOnly.Parse(name.Split('/')[0], System.Globalization.CultureInfo.InvariantCulture), name.Split('/')[1], content));
        Sender = new ReportSender(Book, this, Samples.Submitter, log);
    }

    /// <summary>One round of the service.</summary>
    internal void Turn()
    {
        Assert.True(Book.Run().AsTask().IsCompletedSuccessfully);
        Sender.Run();
        Assert.Empty(Bugs);
    }

    /// <summary>Results of today, stored, and then it is the next day, when all reports are due.</summary>
    internal void ADayLater()
    {
        Turn();
        Clock.Advance(24 * 3600);
    }

    public ValueTask<RecordAnswer> Find(string domain)
    {
        Events.Add($"ask {domain}");
        return ValueTask.FromResult(Records.TryGetValue(domain, out string? text)
            ? new RecordAnswer(text is null ? null : ReportingRecord.Parse(text), null) : new RecordAnswer(null, "Host not found, try again"));
    }

    public async ValueTask<HandOver> Hand(ReportUri uri, byte[] content)
    {
        Events.Add($"hand {uri.Text}");
        if (Gate is { } gate)
            await gate.Task;
        return Answer(uri);
    }

    public ValueTask<string?> Write(IReadOnlyList<FileToWrite> files)
    {
        if (DiskTrouble is not null)
            return ValueTask.FromResult<string?>(DiskTrouble);
        foreach (FileToWrite file in files)
        {
            Events.Add($"store {file.Day:yyyy-MM-dd}/{file.Domain}");
            Files[$"{file.Day:yyyy-MM-dd}/{file.Domain}"] = file.Content;
        }
        return ValueTask.FromResult<string?>(null);
    }

    public void Watch(Task work) => _ = work.ContinueWith(failed => Bugs.Add(failed.Exception!), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
