using PostfixNet.Ipc;

namespace PostfixNet.Cleanup;

/// <summary>The raw data that a client sends, as a stream that ends with the data.</summary>
internal sealed class DataStream(Channel channel) : Stream
{
    private byte[] _piece = new byte[16 * 1024];
    private int _start, _end;
    private bool _isOver;

    public override int Read(Span<byte> buffer)
    {
        if (_start < _end)
        {
            int n = Math.Min(buffer.Length, _end - _start);
            _piece.AsSpan(_start, n).CopyTo(buffer);
            _start += n;
            return n;
        }
        if (_isOver)
            return 0;
        ReadOnlySpan<byte> piece = channel.ReceiveData();
        _isOver = piece.IsEmpty;
        int taken = Math.Min(buffer.Length, piece.Length);
        piece[..taken].CopyTo(buffer);
        piece = piece[taken..];
        if (piece.Length > _piece.Length)
            _piece = new byte[piece.Length];
        piece.CopyTo(_piece);
        (_start, _end) = (0, piece.Length);
        return taken;
    }

    /// <summary>Passes over what is left, so that the connection can be used again.</summary>
    internal void Drain()
    {
        while (!_isOver)
            _isOver = channel.ReceiveData().IsEmpty;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
