using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Where a queue file can be changed after it was written: records that a pointer to the end of the file, where what is new stands, can take the place
/// of. They are the places that real Postfix keeps, so that each can read, and change, what the other wrote.</summary>
internal sealed class EditPlaces
{
    /// <summary>The record of the sender.</summary>
    internal long Sender { get; set; }

    /// <summary>What follows it.</summary>
    internal long AfterSender { get; set; }

    /// <summary>The pointer after the last recipient, and where it leads when it leads nowhere.</summary>
    internal Anchor? Recipients { get; set; }

    /// <summary>The first header.</summary>
    internal long Content { get; private set; }

    /// <summary>The pointer after the last header.</summary>
    internal Anchor Headers { get; private set; } = new(0, 0);

    /// <summary>The octets of headers and body, as they count for the size of the message.</summary>
    internal long BodyStart { get; private set; }

    /// <summary>The record that ends the content.</summary>
    internal long End { get; private set; }

    /// <summary>The pointer among what was extracted, for instructions.</summary>
    internal Anchor Instructions { get; private set; } = new(0, 0);

    /// <summary>A pointer record.</summary>
    /// <param name="At">Of the pointer that is to be changed next.</param>
    /// <param name="After">Where reading goes on after what is added.</param>
    internal sealed record Anchor(long At, long After);

    /// <summary>The sender was written.</summary>
    internal void AfterSenderAt(long offset, int length, RecordWriter output)
    {
        output.Fill(length, RecordType.ContinueAt);
        (Sender, AfterSender) = (offset, output.Position);
    }

    /// <summary>All recipients were written that come before this.</summary>
    internal void AfterRecipients(RecordWriter output) => Recipients ??= Put(output);

    internal void BeginContent(RecordWriter output) => Content = output.Position;

    internal void AfterHeaders(RecordWriter output)
    {
        Headers = Put(output);
        BodyStart = output.Position;
    }

    internal void AfterBody(RecordWriter output)
    {
        output.WritePointer(0);
        End = output.Position;
    }

    internal void AmongExtracted(RecordWriter output) => Instructions = Put(output);

    private static Anchor Put(RecordWriter output) => new(output.WritePointer(0), output.Position);

    /// <summary>Adds records at an anchor: they stand at the end of the file, and a pointer leads back.</summary>
    /// <param name="write">Writes them; if it writes nothing, nothing changes.</param>
    /// <returns>The anchor for what comes after them.</returns>
    internal static Anchor Append(RecordWriter output, Anchor anchor, Action write)
    {
        long start = output.Position;
        write();
        if (output.Position == start)
            return anchor;
        long back = output.WritePointer(anchor.After);
        // Last: until then readers see the file as it was.
        output.OverwriteByPointer(anchor.At, start);
        return anchor with { At = back };
    }

    /// <summary>Adds headers after the last one.</summary>
    internal void AppendHeaders(RecordWriter output, Action write) => Headers = Append(output, Headers, write);

    /// <summary>Adds recipients.</summary>
    internal void AppendRecipients(RecordWriter output, Action write) => Recipients = Append(output, Recipients!, write);

    /// <summary>Adds instructions for the queue manager.</summary>
    internal void AppendInstructions(RecordWriter output, Action write) => Instructions = Append(output, Instructions, write);

    /// <summary>A new body, at the end of the file, stands in the place of the present one.</summary>
    internal void BeginBody(RecordWriter output)
    {
        long start = output.Position;
        output.OverwriteByPointer(Headers.At, start);
        Headers = Headers with { After = start };
    }
}
