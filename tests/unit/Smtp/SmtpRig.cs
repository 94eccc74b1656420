using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.MtaSts;
using PostfixNet.Net;
using PostfixNet.Queue;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Sts;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Everything around the SMTP client: names, log, records, message; all of it in memory but the content.</summary>
internal sealed class SmtpRig : IDeliveryRecords, IDisposable
{
    private readonly FakeResolver _resolver = new();
    private readonly SafeFileHandle _content;
    private readonly string _path = Path.GetTempFileName();
    private SessionCache? _cache;

    internal SmtpRig(byte[]? records = null)
    {
        File.WriteAllBytes(_path, records ?? Records(Enumerable.Repeat("some text", 9)));
        _content = File.OpenHandle(_path);
    }

    /// <summary>The defaults.</summary>
    internal static SmtpOptions Usual { get; } = SmtpConfig.Read(MainConfig.FromText("myhostname = 'mta.golden.test'"), "smtp");

    internal SmtpOptions Options { get; set; } = Usual with { UseIPv6 = false };

    internal FakeResolver Resolver => _resolver;

    /// <summary>/etc/hosts.</summary>
    internal FakeResolver HostsFile { get; } = new();

    /// <summary>Addresses of this system.</summary>
    internal Func<IReadOnlyList<IPAddress>> Own { get; set; } = static () => [IPAddress.Loopback];

    internal List<string> Lines { get; } = [];

    /// <summary>"bounce u1 5.1.1", "defer ...", "trace ...", "done 17", in the order of the calls.</summary>
    internal List<string> Records_ { get; } = [];

    internal bool BounceFails { get; set; }

    internal bool TraceFails { get; set; }

    /// <summary>So often the trace service takes nothing.</summary>
    internal int TraceFailures { get; set; }

    internal StopSignal Stop { get; set; } = StopSignal.None;

    /// <summary>Answers for the service mtasts; null: smtp_mta_sts is off.</summary>
    internal Func<PolicyQuestion, PolicyAnswer>? Policies { get; set; }

    /// <summary>The directory in which that service keeps policies.</summary>
    internal string PoliciesKept { get; set; } = "/nonexistent";

    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    internal static byte[] Records(IEnumerable<string> lines)
    {
        using MemoryStream file = new();
        foreach (string line in lines)
            Record(file, 'N', Encoding.Latin1.GetBytes(line));
        Record(file, 'X', []);
        return file.ToArray();
    }

    internal static void Record(Stream file, char type, byte[] payload)
    {
        file.WriteByte((byte)type);
        int length = payload.Length;
        do
        {
            file.WriteByte((byte)((length & 0x7f) | (length > 127 ? 0x80 : 0)));
            length >>= 7;
        }
        while (length > 0);
        file.Write(payload);
    }

    internal static DeliveryRequest Request(string nextHop, params string[] recipients)
    {
        long now = PostfixNet.Mail.MailTime.NowMicroseconds;
        Assert.True(QueueId.TryParse("3F2A81C0D5", out QueueId id));
        return new DeliveryRequest
        {
            Queue = QueueName.Active,
            Id = id,
            NextHop = nextHop,
            Sender = "sf@origin.test",
            Size = 285,
            ArrivalMicroseconds = now,
            ActiveMicroseconds = now,
            Recipients = recipients.Select((r, i) => new Recipient(r, DsnOriginal: $"rfc822;{r}", Offset: i + 100)).ToArray(),
        };
    }

    /// <summary>What the service tlsrpt is told.</summary>
    internal List<TlsAttempt> TlsAttempts { get; } = [];

    internal Surroundings Surroundings => new(Options, new(new LogRecord { Written = Lines.Add }), Clock, Stop) { TellTls = TlsAttempts.Add };

    internal DeliveryReport Deliver(DeliveryRequest request)
    {
        Surroundings surroundings = Surroundings;
        _cache ??= new SessionCache(surroundings);
        MxLookup lookup = new(_resolver, Options.NativeLookups ? HostsFile : null, new OwnAddresses(Own, Clock), surroundings) { Random = new Random(1) };
        return new SmtpConnect(Delivery(request), lookup, new ServerPolicies(_resolver, surroundings.Log, Policies is null ? null : new StsPolicies(Policies, new PolicyFiles(PoliciesKept), Clock, surroundings.Log)), _cache).Deliver();
    }

    internal DeliveryContext Delivery(DeliveryRequest request) => new(request, () => new ContentReader(_content, 0), this, Surroundings);

    /// <summary>Names are looked up with these settings; nothing is logged.</summary>
    internal static MxLookup Lookup(IResolver resolver, SmtpOptions options, IResolver? hostsFile = null, IPAddress[]? own = null, TimeProvider? clock = null)
    {
        Surroundings surroundings = new(options, new(new LogRecord()), clock ?? TimeProvider.System, StopSignal.None);
        return new MxLookup(resolver, hostsFile, new OwnAddresses(() => own ?? [], surroundings.Clock), surroundings) { Random = new Random(1) };
    }

    /// <summary>Result lines as "recipient, relay, dsn, status, text".</summary>
    internal List<string[]> Results => Lines.Select(l => Regex.Match(l, @"to=<(.*?)>.*? relay=([^,]*), .*dsn=([\d.]+), status=(\w+) \((.*)\)$"))
        .Where(m => m.Success).Select(m => new[] { m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value, m.Groups[4].Value, m.Groups[5].Value }).ToList();

    internal void CloseSession() => _cache?.Close();

    public void Dispose()
    {
        CloseSession();
        _content.Dispose();
        File.Delete(_path);
    }

    bool IDeliveryRecords.AppendBounce(Outcome result) => Note("bounce", result, !BounceFails);

    bool IDeliveryRecords.AppendDefer(Outcome result) => Note("defer", result, true);

    bool IDeliveryRecords.AppendTrace(Outcome result) => Note("trace", result, !TraceFails && TraceFailures-- <= 0);

    /// <summary>What was noted of TLS for those who ask why mail waits.</summary>
    internal List<TlsUse> TlsNotes { get; } = [];

    void IDeliveryRecords.NoteTls(TlsUse use) => TlsNotes.Add(use);

    void IDeliveryRecords.MarkDone(long offset) => Records_.Add($"done {offset}");

    /// <summary>Events of results, when they are recorded.</summary>
    internal DeliveryEvents? Events { get; set; }

    /// <summary>The events.</summary>
    internal List<MailEvent> Told { get; } = [];

    private readonly List<long> _ended = [];

    DeliveryEvents? IDeliveryRecords.Events => Events;

    void IDeliveryRecords.Tell(MailEvent told)
    {
        Told.Add(told);
        Records_.Add($"told {told.Kind.Word()}");
    }

    void IDeliveryRecords.TellEnd(MailEvent told, long offset)
    {
        Told.Add(told);
        Records_.Add($"told {told.Kind.Word()}");
        _ended.Add(offset);
    }

    void IDeliveryRecords.Settle()
    {
        if (_ended.Count > 0)
            Records_.Add("flushed");
        Records_.AddRange(_ended.Select(static offset => $"done {offset}"));
        _ended.Clear();
    }

    private bool Note(string what, Outcome r, bool success)
    {
        Records_.Add($"{what} {r.Recipient.Address} {r.Dsn.Status} {r.Dsn.Action.Word()} {r.Dsn.RemoteMta ?? "-"} {r.Dsn.DiagnosticText ?? "-"}");
        return success;
    }
}

/// <summary>Names from a table.</summary>
internal sealed class FakeResolver : IResolver
{
    private readonly Dictionary<(string, DnsType), DnsReply> _replies = [];

    internal Action WhenAsked { get; set; } = static () => { };

    internal void Mx(string name, params (int Preference, string Host)[] exchangers) =>
        _replies[(name, DnsType.Mx)] = new DnsReply(DnsStatus.Ok, exchangers.Select(e => (DnsRecord)new MxRecord(name, 60, (ushort)e.Preference, e.Host)).ToArray(), name, false);

    internal void A(string name, params string[] addresses)
    {
        _replies[(name, DnsType.A)] = new DnsReply(DnsStatus.Ok,
            addresses.Where(a => !a.Contains(':')).Select(a => (DnsRecord)new AddressRecord(name, 60, IPAddress.Parse(a))).ToArray(), name, false);
        _replies[(name, DnsType.Aaaa)] = new DnsReply(DnsStatus.Ok,
            addresses.Where(a => a.Contains(':')).Select(a => (DnsRecord)new AddressRecord(name, 60, IPAddress.Parse(a))).ToArray(), name, false);
    }

    /// <summary>A name that stands for another, which has an address.</summary>
    internal void Alias(string name, string canonical, string address)
    {
        A(name, address);
        foreach (DnsType type in (DnsType[])[DnsType.A, DnsType.Aaaa])
            _replies[(name, type)] = _replies[(name, type)] with { CanonicalName = canonical };
    }

    /// <summary>DNSSEC vouches for what is said of these names, absence included.</summary>
    internal void Vouch(params string[] names)
    {
        foreach ((string name, DnsType type) in _replies.Keys.Where(key => names.Contains(key.Item1)).ToArray())
            _replies[(name, type)] = _replies[(name, type)] with { IsAuthentic = true };
    }

    /// <summary>TLSA records, each as usage, selector, matching type and data; DNSSEC vouches for them.</summary>
    internal void Tlsa(string name, params (byte Usage, byte Selector, byte MatchingType, byte[] Data)[] records) =>
        _replies[(name, DnsType.Tlsa)] = new DnsReply(DnsStatus.Ok, [.. records.Select(r => (DnsRecord)new TlsaRecord(name, 60, r.Usage, r.Selector, r.MatchingType, r.Data))], name, true);

    internal void Says(string name, DnsType type, DnsReply reply) => _replies[(name, type)] = reply;

    internal void Texts(string name, params string[] texts) =>
        _replies[(name, DnsType.Txt)] = new DnsReply(DnsStatus.Ok, [.. texts.Select(text => new TxtRecord(name, 60, text))], name, false);

    internal void Fails(string name, DnsType type, DnsStatus status) => _replies[(name, type)] = new DnsReply(status, [], name, false);

    public DnsReply Query(string name, DnsType type)
    {
        WhenAsked();
        return _replies.TryGetValue((name, type), out DnsReply? reply) ? reply : new DnsReply(DnsStatus.NotFound, [], name, false);
    }

    public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types)
    {
        List<DnsReply> replies = [];
        foreach (DnsType type in types)
            replies.Add(Query(name, type));
        return replies;
    }
}
