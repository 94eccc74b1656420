using PostfixNet.Checks;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Looks at headers that milters add, insert or change (milter_header_checks).</summary>
/// <param name="table">What is done about which.</param>
/// <param name="copy">Adds a recipient.</param>
internal sealed class MilterHeaderChecks(CheckTable table, Message message, Action<string> copy)
{
    /// <summary>Does what the table wants.</summary>
    /// <param name="header">LF between its lines.</param>
    /// <returns>What takes its place; null: nothing, and all stays as it was.</returns>
    /// <exception cref="Refusal">The message is refused.</exception>
    /// <exception cref="Tables.LookupException">The table cannot say now.</exception>
    internal string? Look(string header)
    {
        // Once it is decided what becomes of the message, nothing is looked at.
        if (message.IsPassed || table.Find(ByteText.Encode(header)) is not { } value)
            return header;
        CheckAction action = CheckAction.Parse(value);
        if (action.Problem(value, table.Name, ofHeader: true, CheckUse.OfMilters) is { } problem)
        {
            message.Log.CheckTrouble(problem);
            return header;
        }
        switch (action.Word)
        {
            case CheckWord.Dunno:
                return header;
            case CheckWord.Ignore:
                return null;
            case CheckWord.Warn or CheckWord.Info or CheckWord.Replace or CheckWord.Strip:
                Tell(action.Word == CheckWord.Warn ? "warning" : action.Word.ToString().ToLowerInvariant(), header, action.Text);
                return action.Word == CheckWord.Replace ? action.Text : action.Word == CheckWord.Strip ? null : header;
            default:
                return Decide(action, header);
        }
    }

    private string? Decide(CheckAction action, string header)
    {
        switch (action.Word)
        {
            case CheckWord.Reject:
                Refusal refusal = Rejection.Of(action.Text, message.Log);
                Tell("reject", header, $"{refusal.Status} {refusal.Message}");
                message.IsPassed = true;
                throw refusal;
            case CheckWord.Hold when message.IsHeld:
                return header;
        }
        Tell(action.Word.ToString().ToLowerInvariant(), header, action.Text);
        switch (action.Word)
        {
            case CheckWord.Bcc:
                copy(action.Text);
                break;
            case CheckWord.Discard:
                message.IsDiscarded = message.IsPassed = true;
                return null;
            case CheckWord.Filter:
                message.Filter = action.Text;
                break;
            case CheckWord.Hold:
                message.IsHeld = true;
                break;
            case CheckWord.Redirect:
                message.Redirect = action.Text;
                message.IsPassed = true;
                break;
        }
        return header;
    }

    private void Tell(string word, string header, string text) =>
        message.Log.MilterChecked(message, word, header, message.Milters?.Client ?? "localhost[127.0.0.1]", text);
}
