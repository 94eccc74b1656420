namespace PostfixNet.Tlsrpt;

/// <summary>What the DNS says of a domain's wish for reports.</summary>
/// <param name="Record">null: it wants none; or nobody knows.</param>
/// <param name="Trouble">Why nobody knows; null: it is known.</param>
internal readonly record struct RecordAnswer(ReportingRecord? Record, string? Trouble);

/// <summary>What became of an attempt to hand a report over.</summary>
/// <param name="IsDone">The other side has it.</param>
/// <param name="IsHopeless">It will never take it.</param>
/// <param name="Answer">What it said, in one line.</param>
internal readonly record struct HandOver(bool IsDone, bool IsHopeless, string Answer);

/// <summary>One file to write.</summary>
internal readonly record struct FileToWrite(DateOnly Day, string Domain, byte[] Content);

/// <summary>All that takes long: what is awaited goes on in the loop.</summary>
internal interface IOutside
{
    /// <summary>Asks whether a domain wants reports, and where.</summary>
    public ValueTask<RecordAnswer> Find(string domain);

    /// <summary>Hands a report over.</summary>
    /// <param name="content">For a mail address the message, else the compressed document.</param>
    public ValueTask<HandOver> Hand(ReportUri uri, byte[] content);

    /// <summary>Puts files on stable storage.</summary>
    /// <returns>null, or why not all of them are there.</returns>
    public ValueTask<string?> Write(IReadOnlyList<FileToWrite> files);

    /// <summary>Work that nobody awaits: a bug in it ends the process.</summary>
    public void Watch(Task work);
}
