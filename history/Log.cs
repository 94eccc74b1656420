using System.Globalization;
using PostfixNet.Events;
using PostfixNet.Log;
using PostfixNet.Mail;

namespace PostfixNet.History;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <summary>For the consumer of events, which says what keeps it waiting.</summary>
    internal ILog Lines => log;

    internal void Damaged(string why, string path) =>
        log.Warning($"the database of the history is damaged ({PrintableText.Of(why)}): it was renamed to {path}, and a new one is made of the events that are kept; mail is not affected");

    internal void NotTaken(MailEvent told, string why) => log.Warning($"event {PrintableText.Of(told.Id)} is not in the history: {PrintableText.Of(why)}");

    internal void TooMuch(int messages) => log.Warning(string.Create(CultureInfo.InvariantCulture, $"the history reached history_size_limit: the {messages} oldest messages were removed"));

    internal void NotAnswered(string why) => log.Warning($"a question could not be answered: {PrintableText.Of(why)}");

    internal void BadRequest(string why) => log.Warning(PrintableText.Of(why));

    internal void Bug(Exception e) => log.Write(Severity.Panic, $"{e.GetType().Name}: {e.Message} {e.StackTrace}");
}
