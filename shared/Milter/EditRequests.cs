namespace PostfixNet.Milter;

/// <summary>Does what a milter asks to be done with a message, as long as all of it can be done.</summary>
internal sealed class EditRequests(IMessageEdits edits, bool keepsSpace)
{
    private Exception? _failure;
    private bool _hasBody;

    /// <summary>A new body has begun, and is not complete.</summary>
    internal bool IsWithinBody { get; private set; }

    /// <summary>Takes a request.</summary>
    /// <returns>False: it is none.</returns>
    /// <exception cref="MilterException">It is malformed, or makes no sense.</exception>
    internal bool Take(MilterAnswer answer, ReadOnlySpan<byte> octets)
    {
        if (answer != MilterAnswer.ReplaceBody && answer != MilterAnswer.Progress)
            EndBody();
        MilterPayload payload = new(octets);
        switch (answer)
        {
            case MilterAnswer.AddHeader:
                (string added, string addedValue) = (payload.Text(), payload.Text());
                payload.End();
                Named(added, "add");
                Do(() => edits.AddHeader(added, Value(addedValue)));
                return true;
            case MilterAnswer.InsertHeader:
                (uint before, string inserted, string insertedValue) = (payload.Number(), payload.Text(), payload.Text());
                payload.End();
                if (before >= int.MaxValue)
                    throw new MilterException($"bad insert header index: {unchecked((int)before)}", isNonsense: true);
                Named(inserted, "insert");
                Do(() => edits.InsertHeader((int)before, inserted, Value(insertedValue)));
                return true;
            case MilterAnswer.ChangeHeader:
                (uint which, string changed, string changedValue) = (payload.Number(), payload.Text(), payload.Text());
                payload.End();
                if (which > int.MaxValue)
                    throw new MilterException($"bad change header index: {unchecked((int)which)}", isNonsense: true);
                Named(changed, "change");
                // Sendmail takes none for the first one.
                int index = Math.Max(1, (int)which);
                Do(() =>
                {
                    if (changedValue.Length > 0)
                        edits.ChangeHeader(index, changed, Value(changedValue));
                    else
                        edits.DeleteHeader(index, changed);
                });
                return true;
            case MilterAnswer.ChangeSender:
                string sender = payload.Text(), senderParameters = payload.IsEmpty ? "" : payload.Text();
                payload.End();
                Do(() => edits.ChangeSender(sender, senderParameters));
                return true;
            case MilterAnswer.AddRecipient or MilterAnswer.AddRecipientWithParameters:
                string recipient = payload.Text(), parameters = answer == MilterAnswer.AddRecipient || payload.IsEmpty ? "" : payload.Text();
                payload.End();
                Do(() => edits.AddRecipient(recipient, parameters));
                return true;
            case MilterAnswer.DeleteRecipient:
                string deleted = payload.Text();
                payload.End();
                Do(() => edits.DeleteRecipient(deleted));
                return true;
            case MilterAnswer.ReplaceBody:
                if (_hasBody && !IsWithinBody)
                    throw new MilterException("body replacement requests can't currently be mixed with other requests", isNonsense: true);
                _hasBody = IsWithinBody = true;
                byte[] piece = octets.ToArray();
                Do(() => edits.ReplaceBody(piece));
                return true;
            default:
                return false;
        }
    }

    /// <summary>The milter has decided.</summary>
    internal void End() => EndBody();

    /// <exception cref="IOException">What it asked for could not be done.</exception>
    internal void ThrowIfFailed()
    {
        if (_failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
    }

    private void EndBody()
    {
        if (!IsWithinBody)
            return;
        IsWithinBody = false;
        Do(edits.EndBody);
    }

    private string Value(string value) => keepsSpace ? value : $" {value}";

    private static void Named(string name, string what)
    {
        // What cannot be a name would make other lines of it (RFC 5322 section 3.6.8).
        if (name.Length == 0)
            throw new MilterException($"null {what} header name", isNonsense: true);
        if (name.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || name.Contains(':', StringComparison.Ordinal))
            throw new MilterException($"bad {what} header name: {Mail.PrintableText.Of(name)}", isNonsense: true);
    }

    private void Do(Action edit)
    {
        if (_failure is not null)
            return;
        try
        {
            edit();
        }
        catch (Exception e) when (e is not MilterException and not OutOfMemoryException)
        {
            _failure = e;
        }
    }
}
