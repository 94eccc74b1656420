using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Milter;

/// <summary>The milters of one client, one after the other: the first one that has something to say is heard, and those after it are not asked.</summary>
public sealed class MilterChain : IDisposable
{
    private const string FieldValues = "values", FieldHeaderMacros = "header_macros", FieldBodyMacros = "body_macros";

    private readonly MilterSettings _settings;
    private readonly List<MilterConnection> _milters = [];
    private readonly List<(IReadOnlyList<KeyValuePair<string, string>> Headers, IReadOnlyList<KeyValuePair<string, string>> Body)>? _handed;

    /// <param name="settings">Macros.</param>
    /// <param name="milters">In their order.</param>
    /// <param name="network">Reaches them.</param>
    /// <param name="warn">Takes a line for the log, of severity warning.</param>
    public MilterChain(MilterSettings settings, IReadOnlyList<MilterOptions> milters, IMilterNetwork network, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(milters);
        _settings = settings;
        foreach (MilterOptions milter in milters)
            _milters.Add(new MilterConnection(milter, network, settings.IsSoft, warn));
    }

    // Those that another process has handed over.
    private MilterChain(MilterSettings settings)
    {
        _settings = settings;
        _handed = [];
    }

    /// <summary>What a macro stands for now, by its name without braces; null: it has no value.</summary>
    public Func<string, string?> Values { get; set; } = static _ => null;

    /// <summary>The client has connected: so do we.</summary>
    public ValueTask<MilterVerdict?> Connect(MilterClient client) => Ask(MilterStage.Connect, async (milter, macros) => await milter.Connect(client, macros()), opens: true);

    /// <summary>HELO or EHLO.</summary>
    public ValueTask<MilterVerdict?> Helo(string name) => Ask(MilterStage.Helo, (milter, macros) => milter.Helo(name, macros()));

    /// <summary>MAIL: the path as it was given, then each parameter.</summary>
    public ValueTask<MilterVerdict?> Mail(IReadOnlyList<string> words) => Ask(MilterStage.Mail, (milter, macros) => milter.Mail(words, macros()));

    /// <summary>RCPT.</summary>
    /// <param name="isRefused">It is refused already; only those who want to know of such are told, and not heard.</param>
    public async ValueTask<MilterVerdict?> Rcpt(IReadOnlyList<string> words, bool isRefused) =>
        await Ask(MilterStage.Rcpt, (milter, macros) => isRefused && !milter.WantsRejectedRecipients ? default : milter.Rcpt(words, macros()));

    /// <summary>DATA, or the first BDAT.</summary>
    public ValueTask<MilterVerdict?> Data() => Ask(MilterStage.Data, (milter, macros) => milter.Data(macros()));

    /// <summary>A command that is not known.</summary>
    public ValueTask<MilterVerdict?> Unknown(string line) => Ask(MilterStage.Unknown, (milter, macros) => milter.Unknown(line, macros()));

    /// <summary>What holds for any other command.</summary>
    public MilterVerdict? Standing => _milters.Select(static milter => milter.Standing).FirstOrDefault(static verdict => verdict is not null);

    private async ValueTask<MilterVerdict?> Ask(
        MilterStage stage, Func<MilterConnection, Func<IReadOnlyList<KeyValuePair<string, string>>>, ValueTask<MilterVerdict?>> ask, bool opens = false)
    {
        IReadOnlyList<KeyValuePair<string, string>>? shared = null;
        foreach (MilterConnection milter in _milters)
        {
            if (opens)
                await milter.Open();
            if (await ask(milter, () => milter.OwnMacros(stage) is { } own ? _settings.Macros.Evaluate(own, Values) : shared ??= _settings.Macros.Evaluate(_settings.Macros.Names[(int)stage], Values)) is { } verdict)
                return verdict;
        }
        return null;
    }

    private List<KeyValuePair<string, string>> MacrosOf(MilterConnection milter, MilterStage stage, Func<string, string?> values) =>
        _settings.Macros.Evaluate(milter.OwnMacros(stage) ?? _settings.Macros.Names[(int)stage], values);

    /// <summary>Shows the message to one milter after the other, each as those before it have left it.</summary>
    /// <param name="content">Reads it from its start.</param>
    /// <param name="edits">Changes it.</param>
    /// <exception cref="IOException">It cannot be read, or a change could not be made.</exception>
    public async ValueTask<MilterVerdict?> Inspect(Func<IMilterContent> content, IMessageEdits edits)
    {
        ArgumentNullException.ThrowIfNull(content);
        for (int i = 0; i < _milters.Count; i++)
        {
            MilterConnection milter = _milters[i];
            IReadOnlyList<KeyValuePair<string, string>> headers = _handed is null ? MacrosOf(milter, MilterStage.EndOfHeaders, Values) : Filled(_handed[i].Headers);
            IReadOnlyList<KeyValuePair<string, string>> body = _handed is null ? MacrosOf(milter, MilterStage.EndOfMessage, Values) : Filled(_handed[i].Body);
            if (await milter.Inspect(content(), edits, headers, body) is { } verdict)
                return verdict;
        }
        return null;
    }

    // The one thing that the other process did not know.
    private List<KeyValuePair<string, string>> Filled(IReadOnlyList<KeyValuePair<string, string>> macros) =>
        [.. macros.Select(macro => macro.Value.Length == 0 && MilterMacros.Bare(macro.Key) == "i" ? new(macro.Key, Values("i") ?? "") : macro)];

    /// <summary>The message is not to be, or is done: the next may come.</summary>
    public void Abort()
    {
        foreach (MilterConnection milter in _milters)
            milter.Abort();
    }

    /// <summary>The client is gone.</summary>
    public async ValueTask Close()
    {
        foreach (MilterConnection milter in _milters)
            await milter.Close();
    }

    /// <summary>Who had the connections meanwhile is gone, and nobody knows what was said on them.</summary>
    public void GiveUp()
    {
        foreach (MilterConnection milter in _milters)
            milter.GiveUp(new MilterVerdict(MilterDecision.Refuse, "421 4.3.0 Mail system error"));
    }

    /// <summary>What another process needs to show these milters the content: a list, and a descriptor, for each that is to see it.</summary>
    public async ValueTask<(IReadOnlyList<AttributeList> Milters, IReadOnlyList<Descriptor> Sockets)> HandOver()
    {
        List<AttributeList> milters = [];
        List<Descriptor> sockets = [];
        foreach (MilterConnection milter in _milters)
        {
            if (await milter.HandOver() is not { } handed)
                continue;
            milters.Add(handed.ToAttributes()
                .Add(FieldHeaderMacros, Pairs(MacrosOf(milter, MilterStage.EndOfHeaders, ButId)))
                .Add(FieldBodyMacros, Pairs(MacrosOf(milter, MilterStage.EndOfMessage, ButId))));
            sockets.Add(milter.Socket);
        }
        return (milters, sockets);

        // The queue ID is for the other process to say.
        string? ButId(string name) => name == "i" ? "" : Values(name);
    }

    /// <summary>Takes over what another process has handed.</summary>
    /// <param name="settings">For soft_bounce.</param>
    /// <param name="milters">As made by <see cref="HandOver"/>.</param>
    /// <param name="streams">As many; owned.</param>
    /// <param name="warn">As above.</param>
    /// <exception cref="IpcException">Malformed.</exception>
    public static MilterChain Take(MilterSettings settings, IReadOnlyList<AttributeList> milters, IReadOnlyList<IMilterLink> streams, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(milters);
        ArgumentNullException.ThrowIfNull(streams);
        MilterChain chain = new(settings);
        for (int i = 0; i < milters.Count; i++)
        {
            chain._milters.Add(MilterConnection.Take(MilterHandover.From(milters[i]), streams[i], settings.IsSoft, warn));
            chain._handed!.Add((Pairs(milters[i].Lists(FieldHeaderMacros)), Pairs(milters[i].Lists(FieldBodyMacros))));
        }
        return chain;
    }

    private static List<AttributeList> Pairs(IReadOnlyList<KeyValuePair<string, string>> pairs) =>
        [.. pairs.Select(static pair => new AttributeList().Add(FieldName, pair.Key).Add(FieldValues, pair.Value))];

    private static List<KeyValuePair<string, string>> Pairs(IReadOnlyList<AttributeList> lists) =>
        [.. lists.Select(static list => new KeyValuePair<string, string>(list.Text(FieldName), list.Text(FieldValues)))];

    private const string FieldName = "name";

    /// <summary>Closes all connections.</summary>
    public void Dispose()
    {
        foreach (MilterConnection milter in _milters)
            milter.Dispose();
    }
}
