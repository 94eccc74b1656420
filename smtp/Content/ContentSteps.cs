using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>What content passes on its way out of the queue file, before it is cut into lines for the wire; steps that are not needed are not there.</summary>
/// <param name="ToSevenBit">8-bit MIME content becomes quoted-printable or base64.</param>
/// <param name="Generic">Rewrites addresses in the header; null: nothing is rewritten.</param>
/// <param name="Checks">Makes the step that looks at what goes to the one after it; null: nothing is looked at.</param>
/// <param name="ToAsciiReport">A notice of this system gets the form for servers without SMTPUTF8.</param>
internal sealed record ContentSteps(bool ToSevenBit = false, GenericMap? Generic = null, Func<LineSink, CheckedContent>? Checks = null, bool ToAsciiReport = false)
{
    /// <summary>Content goes as it is.</summary>
    internal static readonly ContentSteps None = new();

    /// <summary>Has the content pass.</summary>
    /// <param name="wire">Takes what comes out; its last line may be open.</param>
    /// <param name="isOver">Says that no more is wanted.</param>
    /// <exception cref="QueueFileException">The content is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal void Copy(ContentReader content, LineSink wire, Func<bool>? isOver = null)
    {
        // From the wire back to the file: what is looked at is what would go out, addresses as they are here.
        GenericHeaders? headers = Generic is null ? null : new GenericHeaders(Generic, wire);
        LineSink sink = headers is null ? wire : headers.Add;
        CheckedContent? looked = Checks?.Invoke(sink);
        sink = looked is null ? sink : looked.Add;
        SevenBitContent? converter = ToSevenBit ? new SevenBitContent(sink) : null;
        sink = converter is null ? sink : converter.Add;
        AsciiReport? report = ToAsciiReport ? new AsciiReport(sink) : null;
        sink = report is null ? sink : report.Add;
        while (content.Read())
        {
            sink(content.Piece, content.EndsLine);
            if (isOver?.Invoke() == true)
                return;
        }
        report?.End();
        converter?.End();
        looked?.End();
        headers?.End();
    }
}
