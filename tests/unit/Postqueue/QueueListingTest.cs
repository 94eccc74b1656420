using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Listing;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postqueue;

/// <summary>A queue, and what is listed of it.</summary>
public abstract class QueueListingTest : IDisposable
{
    private protected static readonly QueueRights Anybody = QueueRights.Of(MainConfig.FromText(""));

    private protected TemporaryDirectory Folder { get; } = new();

    private protected QueueDirectories Queues { get; }

    private protected QueueListingTest()
    {
        Queues = new QueueDirectories(Folder.Path, ["deferred", "defer"], 1);
        Queues.CreateMissing(owner: null, group: 0);
    }

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected string Put(QueueName queue, byte[] content, int mode = QueueFileMode.Ready)
    {
        using NewQueueFile file = NewQueueFile.Create(Queues, queue, longId: true);
        FileSystem.WriteAt(file.Handle, content, 0);
        file.Commit(mode);
        return file.Id.ToString();
    }

    private protected void PutLog(QueueName log, string text, string vector)
    {
        Assert.True(QueueId.TryParse(text, out QueueId id));
        Queues.MakeHashDirectories(log, id);
        File.WriteAllBytes(Queues.PathOf(log, id), Vectors.Bytes(vector));
    }

    private protected static string Json(Action<IListingOutput> fill)
    {
        string result = "";
        ListingText text = new(piece => result += piece);
        fill(new JsonListing(text));
        text.Flush();
        return result;
    }

    private protected static JsonElement[] Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private protected JsonElement[] List() => Parse(Json(output => new QueueListing(Queues, "MAILER-DAEMON").Run(output)));
}
