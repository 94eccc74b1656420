namespace PostfixNet.Client.Smtp;

/// <summary>Content on its way after DATA: lines that begin with a dot get another one, and all of them end with CRLF (RFC 5321 sections 4.5.2 and 2.3.8).</summary>
/// <param name="write">Sends a piece.</param>
internal sealed class ContentStream(Func<ReadOnlyMemory<byte>, CancellationToken, Task> write) : Stream
{
    private const int Size = 32 * 1024;

    // An octet becomes two at most, and the end takes five.
    private readonly byte[] _buffer = new byte[(2 * Size) + 8];
    private int _length;
    private byte _last = (byte)'\n';

    /// <summary>Sends what is left and the end of the content.</summary>
    /// <remarks>Before it nothing is queued, whatever happens.</remarks>
    internal Task End(CancellationToken cancellationToken)
    {
        if (_last != '\n')
            Put("\r\n"u8);
        Put(".\r\n"u8);
        return Send(cancellationToken);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            ReadOnlyMemory<byte> piece = buffer[..Math.Min(buffer.Length, Size)];
            buffer = buffer[piece.Length..];
            if (_length + (2 * piece.Length) + 8 > _buffer.Length)
                await Send(cancellationToken).ConfigureAwait(false);
            Take(piece.Span);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private void Take(ReadOnlySpan<byte> octets)
    {
        foreach (byte octet in octets)
        {
            if (_last == '\n' && octet == '.')
                _buffer[_length++] = octet;
            else if (octet == '\n' && _last != '\r')
                _buffer[_length++] = (byte)'\r';
            _buffer[_length++] = octet;
            _last = octet;
        }
    }

    private void Put(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(_buffer.AsSpan(_length));
        _length += octets.Length;
    }

    private async Task Send(CancellationToken cancellationToken)
    {
        await write(_buffer.AsMemory(0, _length), cancellationToken).ConfigureAwait(false);
        _length = 0;
    }

    // The message is written once, asynchronously; whoever does else is told.
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
