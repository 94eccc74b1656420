using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Milters;

/// <summary>Changes of a queue file, beside the same changes of a list.</summary>
public sealed class QueueFileEditsTests
{
    private static readonly CleanupOptions s_options = CleanupOptions.From(MainConfig.FromText("myhostname = 'mx.test'\nmyorigin = 'mx.test'\nalways_add_missing_headers = false"));

    [Fact]
    public void Any_changes_of_headers_are_those_of_a_list()
    {
        using TemporaryDirectory directory = new();
        QueueDirectories queues = new(directory.Path, [], 1);
        Directory.CreateDirectory(queues.DirectoryOf(QueueName.Incoming));
        for (int seed = 0; seed < 400; seed++)
        {
            Random random = new(seed);
            List<string> expected = ["Received: by mx.test\n\tid 1"];
            for (int i = random.Next(6); i > 0; i--)
                expected.Add(Header(random));
            using NewQueueFile file = NewQueueFile.Create(queues, QueueName.Incoming, longId: false);
            (QueueFileEdits edits, EditPlaces places) = Write(file, expected);
            List<string> done = [];
            for (int i = random.Next(1, 12); i > 0; i--)
                Change(random, edits, expected, done);
            file.Writer.Flush();
            string[] lines = [.. MailFlow.Records(file.Path).SkipWhile(static record => record.Type != 'M').Skip(1).TakeWhile(static record => record.Type != 'X')
                .Where(static record => record.Type is 'N' or 'L').Select(static record => record.Payload)];
            Assert.True(lines.SequenceEqual([.. expected.SelectMany(static header => header.Split('\n')), "", "body"]), $"seed {seed}: {string.Join("; ", done)}\n{string.Join('\n', lines)}");
        }
    }

    private static string Header(Random random) =>
        $"{"ABC"[random.Next(3)]}: {(random.Next(3) == 0 ? $"long value {random.Next(100)} that needs no filling" : $"{random.Next(100)}")}{(random.Next(3) == 0 ? "\n more" : "")}{(random.Next(5) == 0 ? "\n\tand more" : "")}";

    private static void Change(Random random, QueueFileEdits edits, List<string> expected, List<string> done)
    {
        string header = Header(random), name = header[..1], value = header[2..];
        int index = random.Next(7);
        // Of those with a name, milters do not count the first Received: but it has another name here.
        int at = expected.Select((text, i) => (text, i)).Where(item => item.text.StartsWith(name + ":", StringComparison.Ordinal)).Skip(index).Select(static item => item.i).FirstOrDefault(-1);
        switch (random.Next(4))
        {
            case 0:
                done.Add($"add {header}");
                edits.AddHeader(name, value);
                expected.Add(header);
                break;
            case 1:
                done.Add($"insert {index} {header}");
                edits.InsertHeader(index, name, value);
                expected.Insert(Math.Min(index, expected.Count), header);
                break;
            case 2:
                done.Add($"change {index + 1} {header}");
                edits.ChangeHeader(index + 1, name, value);
                if (at < 0)
                    expected.Add(header);
                else
                    expected[at] = header;
                break;
            default:
                done.Add($"delete {index + 1} {name}");
                edits.DeleteHeader(index + 1, name);
                if (at >= 0)
                    expected.RemoveAt(at);
                break;
        }
    }

    private static (QueueFileEdits, EditPlaces) Write(NewQueueFile file, IReadOnlyList<string> headers)
    {
        EditPlaces places = new();
        Message message = new() { Id = file.Id, Log = new PostfixNet.Cleanup.Log(new LogRecord()), CreateTime = 1, HeaderCompletion = null, Places = places };
        string records = $"T1 0|Arewrite_context=remote|Sa@b.test|Rc@d.test|M|{string.Join('|', headers.SelectMany(static header => header.Split('\n')).Select(static line => $"N{line}"))}|N|Nbody|X|E";
        byte[] octets = MailFlow.Encode(records);
        int at = 0;
        file.ReserveSize();
        MessageIntake intake = new(s_options, message, new RecordReader(buffer =>
        {
            int n = Math.Min(buffer.Length, octets.Length - at);
            octets.AsSpan(at, n).CopyTo(buffer);
            at += n;
            return n;
        }, 2048), file.Writer, TimeProvider.System);
        file.WriteSize(intake.Run());
        return (new QueueFileEdits(s_options, message, places, new RecipientList(s_options, message, file.Writer), file.Handle, file.Writer), places);
    }

    [Fact]
    public void Descriptors_go_to_another_process_and_stay_open_here()
    {
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        (Descriptor first, Descriptor other) = Descriptor.Pair();
        Assert.True(ours.TryPass([first, other]));
        IReadOnlyList<Descriptor> taken = theirs.TryTakePassed()!;
        Assert.Equal(2, taken.Count);
        Assert.NotEqual(first.Number, taken[0].Number);
        taken[0].Write("x"u8);
        byte[] octet = new byte[2];
        Assert.Equal(1, other.Read(octet));
        // Nothing yet; then data without descriptors; then the end.
        Assert.Null(theirs.TryTakePassed());
        ours.Write("y"u8);
        Assert.Empty(theirs.TryTakePassed()!);
        ours.Dispose();
        Assert.Empty(theirs.TryTakePassed()!);
        // Ended for all who have it.
        taken[0].Break();
        Assert.Equal(0, first.Read(octet));
    }
}
