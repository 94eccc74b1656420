using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>A log of failed recipients that waits for a digest, with what it says of its message.</summary>
/// <param name="Path">Of the log.</param>
/// <param name="Arrival">Of the message, seconds since 1970; 0 when not known.</param>
/// <param name="IsExpired">The recipients failed because of the message's age.</param>
public sealed record HeldNotice(string Path, string QueueId, string Sender, string Subject, long Arrival, SmtpUtf8 SmtpUtf8, bool IsExpired)
{
    /// <summary>Names of the notes in a held log.</summary>
    internal const string SenderNote = "digest_sender", QueueIdNote = "digest_queue_id", ExpiredNote = "digest_expired",
        SmtpUtf8Note = "digest_smtputf8", ArrivalNote = "digest_arrival", SubjectNote = "digest_subject";

    /// <summary>Recipients whose sender wants to hear of their failure, lazily from the file.</summary>
    public IEnumerable<Outcome> Recipients()
    {
        foreach (Outcome outcome in RecipientLog.ReadOnce(Path, IsExpired ? DsnClass.Transient : DsnClass.Permanent))
        {
            if (outcome.Recipient.Notify.Wants(Notify.Failure))
                yield return outcome;
        }
    }

    /// <summary>The notes of a log.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static HeldNotice Read(string path)
    {
        Dictionary<string, string> notes = RecipientLog.ReadNotes(path, "digest_");
        return new HeldNotice(path, Text(QueueIdNote), Text(SenderNote), Text(SubjectNote), Number(ArrivalNote), SmtpUtf8Flags.FromNumber(Number(SmtpUtf8Note)), Number(ExpiredNote) != 0);

        string Text(string name) => notes.GetValueOrDefault(name, "");
        long Number(string name) => long.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
    }

    /// <summary>The notes of this, for <see cref="RecipientLog.AddNotes"/>.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Notes() =>
    [
        new(SenderNote, Sender), new(QueueIdNote, QueueId), new(SubjectNote, Subject),
        new(ArrivalNote, Arrival.ToString(CultureInfo.InvariantCulture)),
        new(SmtpUtf8Note, ((long)SmtpUtf8).ToString(CultureInfo.InvariantCulture)),
        new(ExpiredNote, IsExpired ? "1" : "0"),
    ];
}
