using System.Net.Security;
using System.Security.Authentication;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Tls;

/// <summary>Octets over TLS over another stream. All waiting is the other stream's: its deadlines, its reading ahead, and its
/// attention to the end of this program.</summary>
#pragma warning disable CA1711 // A stream of octets in the sense of TCP (RFC 9293), with deadlines: not one of System.IO.
public sealed class TlsStream : ByteStream, IChannelSecurity
#pragma warning restore CA1711
{
    private readonly Records _records;
    private readonly SslStream _tls;
    private readonly ICertificateCheck _check;
    private byte[] _ahead = [];
    private int _aheadStart;
    private int _aheadEnd;
    private bool _mayHoldMore;
    private bool _isBroken;

    private TlsStream(Records records, SslStream tls, ICertificateCheck check)
    {
        (_records, _tls, _check) = (records, tls, check);
        IsResumed = records.Hello is { IsResumption: true };
        records.Hello = null;
    }

    /// <summary>Does the handshake of the client.</summary>
    /// <param name="lower">Carries the records; closed with this one.</param>
    /// <param name="time">For the whole handshake.</param>
    /// <param name="check">Knows the certificate of the peer after the handshake.</param>
    /// <exception cref="ConnectionException">It failed; the lower stream stays the caller's.</exception>
    /// <exception cref="StoppingException">This program was told to stop.</exception>
    public static TlsStream Open(ByteStream lower, SslClientAuthenticationOptions options, TimeSpan time, ICertificateCheck check)
    {
        Records records = new(lower) { Deadline = Deadline.In(time), Hello = options.AllowTlsResume ? new ServerHello() : null };
        SslStream tls = new(records, leaveInnerStreamOpen: true);
        try
        {
            tls.AuthenticateAsClient(options);
            return new TlsStream(records, tls, check);
        }
        catch (Exception e)
        {
            tls.Dispose();
            throw Cause(e, records);
        }
    }

    /// <summary>The version that was agreed on.</summary>
    public SslProtocols Protocol => _tls.SslProtocol;

    /// <summary>The ciphers that were agreed on.</summary>
    public TlsCipherSuite CipherSuite => _tls.NegotiatedCipherSuite;

    /// <inheritdoc/>
    public override IChannelSecurity? Security => this;

    /// <inheritdoc/>
    string IChannelSecurity.Protocol => TlsProtocols.NameOf(Protocol);

    /// <inheritdoc/>
    public string Cipher => CipherSuites.Find(CipherSuite)?.Name ?? CipherSuite.ToString();

    /// <inheritdoc/>
    public bool IsResumed { get; }

    /// <inheritdoc/>
    public bool IsPeerVerified => _check.IsMatched;

    /// <inheritdoc/>
    public byte[]? ServerEndPoint => _check.Certificate is { } certificate ? ChannelBinding.ServerEndPoint(certificate) : null;

    /// <inheritdoc/>
    public override bool HeedsStop
    {
        get => _records.Lower.HeedsStop;
        set => _records.Lower.HeedsStop = value;
    }

    /// <inheritdoc/>
    public override Deadline Limit
    {
        get => _records.Lower.Limit;
        set => _records.Lower.Limit = value;
    }

    /// <inheritdoc/>
    public override bool HasInput => _aheadStart < _aheadEnd || ((_mayHoldMore || _records.Lower.HasInput) && Peek());

    /// <inheritdoc/>
    public override bool IsQuiet => !HasInput;

    // Whether a record holds anything for us shows only when it is read: session tickets may come at any time.
    private bool Peek()
    {
        try
        {
            if (_ahead.Length == 0)
                _ahead = new byte[4096];
            (_aheadStart, _aheadEnd) = (0, Read(_ahead, Deadline.Now));
            return true;
        }
        catch (ConnectionException e)
        {
            _mayHoldMore = false;
            return e.Failure != StreamFailure.TimedOut;
        }
        catch (StoppingException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer, Deadline deadline)
    {
        if (_aheadStart < _aheadEnd)
        {
            int taken = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
            _ahead.AsSpan(_aheadStart, taken).CopyTo(buffer);
            _aheadStart += taken;
            return taken;
        }
        _records.Deadline = deadline;
        try
        {
            int n = _tls.Read(buffer);
            // What did not fit waits where the lower stream knows nothing of it.
            _mayHoldMore = n == buffer.Length;
            return n;
        }
        catch (Exception e)
        {
            throw Cause(e);
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> octets, TimeSpan patience)
    {
        _records.Patience = patience;
        try
        {
            _tls.Write(octets);
        }
        catch (Exception e)
        {
            _isBroken = true;
            throw Cause(e);
        }
    }

    /// <inheritdoc/>
    public override void ThrowIfStopping() => _records.Lower.ThrowIfStopping();

    /// <inheritdoc/>
    public override void Pause(TimeSpan time) => _records.Lower.Pause(time);

    /// <summary>Says that nothing more follows (RFC 8446 section 6.1), if that can be said without waiting, and closes.</summary>
    public override void Dispose()
    {
        if (!_isBroken && !_records.HasEnded)
        {
            _records.Lower.HeedsStop = false;
            _records.Patience = TimeSpan.Zero;
            try
            {
                _tls.ShutdownAsync().GetAwaiter().GetResult();
            }
            catch (Exception)
            {
                // It knows from what was said before.
            }
        }
        _tls.Dispose();
        _records.Lower.Dispose();
        _check.Certificate?.Dispose();
    }

    // What went wrong below comes wrapped. All else is what a peer can bring SslStream to throw, and that is not of a few kinds only: the connection is of
    // no more use.
    private Exception Cause(Exception e) => Cause(e, _records);

    private static Exception Cause(Exception e, Records records)
    {
        Exception innermost = e;
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is ConnectionException or StoppingException)
                return inner;
            innermost = inner;
        }
        return new ConnectionException(records.HasEnded ? StreamFailure.Lost : StreamFailure.Tls, innermost.Message);
    }

    /// <summary>The other stream, as SslStream wants it.</summary>
    private sealed class Records(ByteStream lower) : Stream
    {
        internal ByteStream Lower => lower;

        /// <summary>Sees the handshake; null: nobody has to, or it is over.</summary>
        internal ServerHello? Hello { get; set; }

        // Records can be without content. A server that has always another one is never waited for, so the time is checked
        // here, too; but a few are read at any time, by who only wants to know what is there.
        private const int MostReadsAfterTheEnd = 16;

        private int _readsAfterTheEnd;

        internal Deadline Deadline
        {
            get;
            set => (field, _readsAfterTheEnd) = (value, 0);
        }

        /// <summary>Null: writing ends with <see cref="Deadline"/>, too.</summary>
        internal TimeSpan? Patience { get; set; }

        /// <summary>The server closed the connection.</summary>
        internal bool HasEnded { get; private set; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            if (Deadline.RemainingMilliseconds == 0 && ++_readsAfterTheEnd > MostReadsAfterTheEnd)
                throw new ConnectionException(StreamFailure.TimedOut);
            int n = buffer.Length == 0 ? 0 : lower.Read(buffer, Deadline);
            HasEnded |= n == 0 && buffer.Length > 0;
            Hello?.Take(buffer[..n]);
            return n;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) =>
            lower.Write(buffer, Patience ?? TimeSpan.FromMilliseconds(Deadline.RemainingMilliseconds));

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
