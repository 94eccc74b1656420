using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What master gives every service: a listening socket, and a line to master.</summary>
public sealed class ServiceContext
{
    /// <summary>Descriptor number of the line to master in every service.</summary>
    public const int LifelineNumber = 3;

    /// <summary>Descriptor number of the listening socket in every service; further ones follow.</summary>
    public const int ListenerNumber = 4;

    /// <summary>What master writes to a service before it closes the line, when the system stops.</summary>
    public const byte StopRequest = (byte)'S';

    /// <summary>What master writes to a service that said it can read its configuration anew without ending.</summary>
    public const byte ReloadRequest = (byte)'R';

    private readonly Func<string?> _changedTable;
    private bool _ended, _reload;

    /// <param name="program">The program.</param>
    /// <param name="name">The service.</param>
    /// <param name="changedTable">A file of a lookup table that is no longer what was read; null: there is none.</param>
    /// <param name="listeners">How many sockets master handed over.</param>
    /// <exception cref="IOException">Master did not start this process.</exception>
    internal ServiceContext(string program, string name, Func<string?> changedTable, int listeners)
    {
        (Program, Name, _changedTable) = (program, name, changedTable);
        Lifeline = Inherit(LifelineNumber, "line to master");
        Listeners = [.. Enumerable.Range(ListenerNumber, listeners).Select(static number => Inherit(number, "listening socket"))];
    }

    /// <summary>The program, e.g. "smtp".</summary>
    public string Program { get; }

    /// <summary>The service, e.g. "relay".</summary>
    public string Name { get; }

    /// <summary>Line to master: what we write says if we are busy; its end means: finish and exit.</summary>
    public Descriptor Lifeline { get; }

    /// <summary>The service's sockets, opened by master and shared with sister processes.</summary>
    public IReadOnlyList<Descriptor> Listeners { get; }

    /// <summary>The socket of a service that has one.</summary>
    public Descriptor Listener => Listeners[0];

    /// <summary>True when master wants this process to end, after the work in hand: it is gone, or stops, or has reloaded its configuration.</summary>
    public bool MustEnd
    {
        get
        {
            ReadLifeline();
            return _ended || MustHurry;
        }
    }

    /// <summary>True when the whole system stops: work in hand that can be put off without harm is put off.</summary>
    public bool MustHurry { get; private set; }

    /// <summary>For waiting: readable when <see cref="MustHurry"/> should be asked again; null when it will never become true.</summary>
    public Descriptor? HurryLine => _ended || MustHurry ? null : Lifeline;

    /// <summary>Takes in what master said, without waiting.</summary>
    /// <returns>The new value of <see cref="MustHurry"/>.</returns>
    public bool ReadLifeline()
    {
        Span<byte> words = stackalloc byte[16];
        int n;
        while (!_ended && (n = Lifeline.Read(words)) >= 0)
        {
            _ended = n == 0;
            MustHurry |= words[..n].Contains(StopRequest);
            _reload |= words[..n].Contains(ReloadRequest);
        }
        return MustHurry;
    }

    /// <summary>True once after each time that master asked for a reload.</summary>
    internal bool TakeReloadRequest()
    {
        bool reload = _reload;
        _reload = false;
        return reload;
    }

    /// <summary>The file of a lookup table that has changed since this process read it (S4-23); null: there is none.</summary>
    public string? ChangedTable() => _changedTable() ?? AlsoChanged?.Invoke();

    /// <summary>Asks the same of further files that this process has read; null: there are none.</summary>
    public Func<string?>? AlsoChanged { get; set; }

    /// <summary>Tells master whether this process waits for a client. A master that is gone is noticed elsewhere.</summary>
    internal void Tell(ServiceState state)
    {
        try
        {
            Lifeline.Write([(byte)state]);
        }
        catch (IOException)
        {
            // MustEnd is true from now on.
        }
    }

    private static Descriptor Inherit(int number, string what)
    {
        try
        {
            Descriptor descriptor = new(number);
            descriptor.CloseOnExec();
            return descriptor;
        }
        catch (IOException e)
        {
            throw new IOException($"no {what}: this program is started by master, not by hand", e);
        }
    }
}

/// <summary>What a service tells master, one byte each.</summary>
public enum ServiceState : byte
{
    /// <summary>Waiting for a client.</summary>
    Idle = (byte)'I',
    /// <summary>Serving a client.</summary>
    Busy = (byte)'B',
    /// <summary>Said once: this process takes <see cref="ServiceContext.ReloadRequest"/>, and need not end at a reload.</summary>
    CanReload = (byte)'R',
}
