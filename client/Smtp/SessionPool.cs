namespace PostfixNet.Client.Smtp;

/// <summary>Sessions that are kept for the next message, and how many there are at once.</summary>
internal sealed class SessionPool : IDisposable
{
    private readonly PostfixNetOptions _options;
    private readonly SemaphoreSlim _places;
    private readonly Stack<SmtpSession> _idle = [];
    private readonly Timer _tidy;
    private bool _isClosed;

    internal SessionPool(PostfixNetOptions options)
    {
        _options = options;
        _places = new SemaphoreSlim(options.MaxConnections);
        _tidy = new Timer(static pool => ((SessionPool)pool!).Tidy(), this, options.IdleTimeout, options.IdleTimeout);
    }

    /// <summary>A session for one caller, who gives it back whatever happens.</summary>
    /// <param name="isNew">Not one that served somebody before.</param>
    internal async Task<SmtpSession> Take(bool isNew, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(MailQueue));
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Get(isNew, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, for who does not wait for the mail of others.</summary>
    /// <returns>null: for as long as a connection may take to come about, all were at work.</returns>
    internal async Task<SmtpSession?> TryTake(bool isNew, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(MailQueue));
        return await _places.WaitAsync(_options.ConnectTimeout, cancellationToken).ConfigureAwait(false) ? await Get(isNew, cancellationToken).ConfigureAwait(false) : null;
    }

    private async Task<SmtpSession> Get(bool isNew, CancellationToken cancellationToken)
    {
        try
        {
            while (!isNew && Pop() is { } kept)
            {
                kept.IsReused = true;
                if (kept.IsAlive)
                    return kept;
                kept.Dispose();
            }
            return await SmtpSession.Open(_options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    internal void Give(SmtpSession session)
    {
        session.IdleSince = Environment.TickCount64;
        bool isKept;
        lock (_idle)
        {
            isKept = session.IsUsable && !_isClosed;
            if (isKept)
                _idle.Push(session);
        }
        if (!isKept)
            session.Dispose();
        _places.Release();
    }

    private SmtpSession? Pop()
    {
        lock (_idle)
            return _idle.TryPop(out SmtpSession? session) ? session : null;
    }

    private void Tidy()
    {
        long limit = Environment.TickCount64 - (long)_options.IdleTimeout.TotalMilliseconds;
        SmtpSession[] old;
        lock (_idle)
        {
            SmtpSession[] all = [.. _idle.Reverse()];
            old = [.. all.Where(session => session.IdleSince <= limit)];
            _idle.Clear();
            foreach (SmtpSession session in all.Except(old))
                _idle.Push(session);
        }
        foreach (SmtpSession session in old)
            session.Dispose();
    }

    public void Dispose()
    {
        lock (_idle)
            _isClosed = true;
        _tidy.Dispose();
        while (Pop() is { } session)
            session.Dispose();
    }
}
