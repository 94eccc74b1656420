using PostfixNet.Ipc;

namespace PostfixNet.Cleanup;

/// <summary>The raw data that a client sends, up to its end.</summary>
internal sealed class ReceivedData(Channel channel)
{
    private byte[] _piece = [];
    private int _start, _end;
    private bool _isOver;

    /// <summary>Takes what comes next, as much as fits; 0 at the end.</summary>
    /// <exception cref="IpcException">The client is gone.</exception>
    internal int Read(Span<byte> buffer)
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
}
