namespace PostfixNet.Smtp;

/// <summary>Servers that took mail in plain text after their TLS had failed. For a while mail that may go in plain text does so at once: it need not wait, and fail, once more.</summary>
/// <remarks>Where TLS is no requirement, nobody is protected from somebody on the way who spoils it; this makes that no easier, only the mail quicker.</remarks>
internal sealed class BrokenTls
{
    private const int Most = 1000;

    private static readonly TimeSpan s_time = TimeSpan.FromMinutes(30);

    // When it was seen, microseconds since 1970.
    private readonly Dictionary<(string Address, int Port), long> _seen = [];

    /// <summary>The server is one.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    internal void Note(SmtpPeer peer, long now)
    {
        if (_seen.Count >= Most)
            _seen.Clear();
        _seen[(peer.Address, peer.Port)] = now;
    }

    /// <summary>Whether it is one.</summary>
    /// <inheritdoc cref="Note"/>
    internal bool Has(SmtpPeer peer, long now)
    {
        if (!_seen.TryGetValue((peer.Address, peer.Port), out long seen))
            return false;
        if (now >= seen && now - seen < s_time.TotalMicroseconds)
            return true;
        _seen.Remove((peer.Address, peer.Port));
        return false;
    }
}
