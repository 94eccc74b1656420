using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Mtasts;
using PostfixNet.MtaSts;
using PostfixNet.Native;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>The service as its clients see it, over a socket, with the policies of a real HTTPS server.</summary>
public sealed class PolicyServerTests : IDisposable
{
    private const int Domains = 50;

    private readonly TemporaryDirectory _directory = new();
    private readonly LogRecord _lines = new();
    private readonly TextResolver _resolver = new();

    private sealed class TextResolver : IResolver
    {
        public DnsReply Query(string name, DnsType type) => Query(name, [type])[0];

        public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types)
        {
            List<DnsReply> replies = [];
            foreach (DnsType type in types)
            {
                DnsRecord? record = type == DnsType.Txt && !name.Contains("without", StringComparison.Ordinal) ? new TxtRecord(name, 1, "v=STSv1; id=7")
                    : type == DnsType.A ? new AddressRecord(name, 1, System.Net.IPAddress.Loopback) : null;
                replies.Add(record is null ? new DnsReply(DnsStatus.NotFound, [], name, false) : new DnsReply(DnsStatus.Ok, [record], name, false));
            }
            return replies;
        }
    }

    private void Serve(PolicyHost host, Action clients)
    {
        string authority = _directory.File("ca.pem", System.Text.Encoding.ASCII.GetBytes(TestCertificates.Authority.ExportCertificatePem()));
        Directory.CreateDirectory($"{_directory.Path}/private");
        Directory.CreateDirectory($"{_directory.Path}/mtasts");
        using Descriptor listener = Descriptor.ListenUnix($"{_directory.Path}/{PolicyQuestion.Socket}", 0x180);
        Exception? failure = null;
        using EventLoop events = new();
        (Descriptor end, Descriptor ending) = Descriptor.Pair();
        events.Add(end, Readiness.Readable, _ => events.Stop());
        Thread loop = new(() =>
        {
            PostfixNet.Mtasts.Log log = new(_lines);
            MtaStsOptions options = MtaStsOptions.Read(MainConfig.FromText($"inet_protocols = 'ipv4'\nmta_sts_tls_CAfile = '{authority}'"));
            PolicyStore store = new(new PolicyFiles($"{_directory.Path}/mtasts"), 100, TimeProvider.System, log);
            store.Load();
            PolicyBook book = new(events, new PolicySource(events, _resolver, new PolicyFetch(_resolver, options, host.Port)), store, TimeProvider.System, log);
            PolicyServer server = new(events, book, log);
            events.Add(listener, Readiness.Readable, _ =>
            {
                while (listener.TryAccept() is { } client)
                    server.Serve(client).ContinueWith(task => failure ??= task.Exception, TaskContinuationOptions.OnlyOnFaulted);
            });
            events.Run();
        });
        loop.Start();
        try
        {
            clients();
        }
        finally
        {
            ending.Dispose();
            loop.Join();
            end.Dispose();
        }
        Assert.Null(failure);
    }

    private PolicyAnswer Ask(string domain) => new PolicyQuestion(domain, false).Ask(_directory.Path);

    [Fact]
    public void Fifty_domains_at_once_have_their_policies_and_those_without_are_not_kept_waiting()
    {
        string[] domains = [.. Enumerable.Range(0, Domains).Select(static i => $"d{i}.a.test")];
        using PolicyHost host = new(TestCertificates.For("any", [.. domains.Select(StsDomain.PolicyHostOf)]),
            PolicyHost.Serves("version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n"));
        Serve(host, () =>
        {
            PolicyAnswer[] answers = new PolicyAnswer[2 * Domains];
            Thread[] clients = [.. Enumerable.Range(0, answers.Length).Select(i => new Thread(() => answers[i] = Ask(domains[i % Domains])))];
            foreach (Thread client in clients)
                client.Start();
            Assert.Equal(PolicyAnswer.None, Ask("without.test"));
            foreach (Thread client in clients)
                client.Join();
            Assert.All(answers, static answer => Assert.Equal((StsMode.Enforce, "7", "mx.a.test"), (answer.Known!.Policy.Mode, answer.Known.Id, answer.Known.Policy.Mx[0])));
            // Each was fetched once, and is known from now on.
            Assert.Equal(Domains, host.Requests.Count);
            Assert.NotNull(Ask("d7.a.test").Known);
            Assert.Equal(Domains, host.Requests.Count);
        });
        // A process that comes after this one begins with them.
        Assert.Equal(Domains, new PolicyFiles($"{_directory.Path}/mtasts").Domains().Count());
    }

    [Fact]
    public void Master_wakes_it_and_nonsense_ends_a_client_only()
    {
        using PolicyHost host = new(TestCertificates.For("any", "mta-sts.a.test"), PolicyHost.Serves("version: STSv1\nmode: none\nmax_age: 86400\n"));
        Serve(host, () =>
        {
            PostfixNet.Service.Trigger.Send($"{_directory.Path}/{PolicyQuestion.Socket}", "W"u8);
            Assert.Throws<IpcException>(() => Ask("../etc"));
            Assert.Equal(StsMode.None, Ask("a.test").Known!.Policy.Mode);
        });
        Assert.Equal("warning: asked for the policy of \"../etc\", which is no domain", _lines.Lines[0]);
    }

    public void Dispose() => _directory.Dispose();
}
