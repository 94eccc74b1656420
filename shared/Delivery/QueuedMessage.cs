using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

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
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static QueuedMessage? Open(string path)
    {
        QueueFile file;
        try
        {
            file = QueueFile.Open(path);
        }
        catch (FileNotFoundException)
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
