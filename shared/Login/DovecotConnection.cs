namespace PostfixNet.Login;

/// <summary>The one connection to Dovecot that all logins share, made when it is needed, and anew when it broke.</summary>
/// <remarks>For one thread, or loop; see <see cref="AuthoritySettings.Open"/>.</remarks>
internal sealed class DovecotConnection(Func<ValueTask<Stream>> connect, Action<string> warn, TimeProvider clock)
{
    private DovecotSession? _session;
    private Task<DovecotSession?>? _opening;

    /// <summary>What the last session offered; null: there was none yet.</summary>
    internal IReadOnlyList<DovecotMechanism>? LastMechanisms { get; private set; }

    /// <summary>A session that works; null: there is none to be had, of which a warning told.</summary>
    internal async ValueTask<DovecotSession?> SessionAsync()
    {
        if (_session is { IsBroken: false })
            return _session;
        // Who comes meanwhile waits for the same one.
        Task<DovecotSession?> opening = _opening ??= OpenAsync();
        DovecotSession? session = await opening;
        if (_opening == opening)
            _opening = null;
        return session;
    }

    private async Task<DovecotSession?> OpenAsync()
    {
        try
        {
            DovecotSession session = await DovecotSession.OpenAsync(await connect(), warn, clock);
            LastMechanisms = session.Mechanisms;
            return _session = session;
        }
        catch (IOException e)
        {
            warn($"SASL: Connect to Dovecot auth socket failed: {e.Message}");
            return null;
        }
    }
}
