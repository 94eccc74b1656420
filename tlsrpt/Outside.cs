using PostfixNet.Dns;
using PostfixNet.Ipc;

namespace PostfixNet.Tlsrpt;

/// <summary>The DNS, the files, and those who get reports, each on another thread.</summary>
internal sealed class Outside(EventLoop loop, IResolver resolver, ReportStore store, MailHandOver mail, HttpsHandOver https) : IOutside
{
    public ValueTask<RecordAnswer> Find(string domain) => loop.Elsewhere(() =>
    {
        string name = ReportingRecord.NameOf(domain);
        DnsReply reply = resolver.Query(name, DnsType.Txt);
        return reply.Status switch
        {
            DnsStatus.Ok => new RecordAnswer(ReportingRecord.Of(reply.Records.OfType<TxtRecord>().Select(static record => record.Text)), null),
            DnsStatus.NotFound or DnsStatus.NoData or DnsStatus.Loop or DnsStatus.InvalidName => new RecordAnswer(null, null),
            _ => new RecordAnswer(null, reply.Explain(name, DnsType.Txt)),
        };
    });

    public ValueTask<HandOver> Hand(ReportUri uri, byte[] content) => loop.Elsewhere(() =>
        uri.Address is { } address ? Task.FromResult(mail.Run(address, content)) : https.Run(uri.Text, content));

    public ValueTask<string?> Write(IReadOnlyList<FileToWrite> files) => loop.Elsewhere(() =>
    {
        string? trouble = null;
        foreach (FileToWrite file in files)
        {
            try
            {
                store.Write(file.Day, file.Domain, file.Content);
            }
            catch (IOException e)
            {
                trouble ??= e.Message;
            }
        }
        return trouble;
    });

    public void Watch(Task work) => loop.Mind(work);
}
