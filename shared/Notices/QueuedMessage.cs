using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Notices;

/// <summary>A message in the queue, as the thing a notice is about.</summary>
/// <remarks>Read leniently: the sender of a damaged message is told as well, with what can be read of it.</remarks>
public sealed class QueuedMessage : IOriginalMessage, IDisposable
{
    private readonly QueueFile _file;

    private QueuedMessage(QueueFile file, Envelope envelope) => (_file, Envelope) = (file, envelope);

    /// <summary>What the queue file says; parts may be missing.</summary>
    public Envelope Envelope { get; }

    /// <inheritdoc/>
    public long Size => Envelope.Size?.ContentSize ?? 0;

    /// <summary>Opens a queue file; null when it is not there.</summary>
    /// <param name="write">Also to mark recipients done.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static QueuedMessage? Open(string path, bool write = false)
    {
        QueueFile file;
        try
        {
            file = QueueFile.Open(path, write);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return null;
        }
        try
        {
            return new QueuedMessage(file, file.ReadWhatIsThere([], 0, out _));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ContentPiece> Content()
    {
        if (Envelope.DataOffset == 0)
            yield break;
        ContentReader reader = _file.ReadContent(Envelope);
        byte[] piece = new byte[4096];
        while (TryRead(reader))
        {
            int length = reader.Piece.Length;
            if (length > piece.Length)
                piece = new byte[length];
            reader.Piece.CopyTo(piece);
            yield return new ContentPiece(piece.AsMemory(0, length), reader.EndsLine);
        }
    }

    /// <summary>Marks recipients done, wherever the file lies meanwhile; on return that is on stable storage.</summary>
    /// <exception cref="QueueFileException">One has no record where its log says; those before it are marked.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    internal void MarkDone(IEnumerable<Outcome> outcomes)
    {
        foreach (Outcome outcome in outcomes)
            QueueFile.MarkDone(_file.Handle, outcome.Recipient.Offset);
        FileSystem.Flush(_file.Handle, "queue file");
    }

    /// <summary>Whether a recipient needs no more work. One that has no record where its log says counts as open.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal bool IsDone(Recipient recipient)
    {
        try
        {
            return recipient.Offset > 0 && QueueFile.IsDone(_file.Handle, recipient.Offset);
        }
        catch (QueueFileException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static bool TryRead(ContentReader reader)
    {
        try
        {
            return reader.Read();
        }
        catch (QueueFileException)
        {
            return false;
        }
    }
}
