using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>"master status": what runs, what waits, and what is wrong.</summary>
public sealed class SystemAtAGlance
{
    private static JsonElement Status(MailSystem mail, int exitStatus = 0)
    {
        CommandResult told = mail.Master("status", "--json");
        Assert.Equal((exitStatus, ""), (told.Status, told.Error));
        return JsonDocument.Parse(told.Output).RootElement;
    }

    private static JsonElement Service(JsonElement status, string name) => status.GetProperty("services").EnumerateArray().Single(service => service.GetProperty("name").ValueEquals(name));

    [Fact]
    public void Services_and_queues_are_told_to_people_and_programs() => MailSystem.Run(mail =>
    {
        Assert.False(Status(mail, exitStatus: 1).GetProperty("running").GetBoolean());
        mail.Start();
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@sink.test");
        mail.Submit(MailSystem.Message("two"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("two deferred", () => mail.Ids("deferred").Length == 2 && mail.Ids("active").Length == 0);
        mail.Master("pause", "transport", "smtp").Ok();

        JsonElement status = Status(mail);
        int pid = Assert.Single(mail.Pids("master"));
        Assert.Equal(pid, status.GetProperty("pid").GetInt32());
        Assert.InRange(status.GetProperty("uptime").GetInt64(), 0, 300);
        Assert.Equal(Assert.Single(mail.Pids("qmgr")), Assert.Single(Service(status, "qmgr").GetProperty("pids").EnumerateArray()).GetInt32());
        Assert.True(Service(status, "cleanup").GetProperty("requests").GetInt64() >= 1);
        Assert.Equal(2, status.GetProperty("queues").GetProperty("deferred").GetProperty("messages").GetInt32());
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - status.GetProperty("queues").GetProperty("deferred").GetProperty("oldest").GetInt64(), 0, 300);
        Assert.Equal("transport smtp", Assert.Single(status.GetProperty("paused").EnumerateArray()).GetProperty("what").GetString());
        Assert.Empty(status.GetProperty("problems").EnumerateArray());

        CommandResult text = mail.Master("status").Ok();
        Assert.StartsWith($"master: the Postfix.Net mail system is running: PID: {pid}\nmaster: paused since ", text.Error);
        Assert.Matches(@"^version \S+, up \d+ s since .*\n\nSERVICE +STATE ", text.Output);
        Assert.Matches(@"\nQUEUE +MESSAGES +OLDEST\n(.*\n)*deferred +2 +\d+ s\n", text.Output);
        mail.Stop();
        JsonElement stopped = Status(mail, exitStatus: 1);
        Assert.Equal(JsonValueKind.Null, stopped.GetProperty("pid").ValueKind);
        Assert.Equal(2, stopped.GetProperty("queues").GetProperty("deferred").GetProperty("messages").GetInt32());
        Assert.False(File.Exists(Path.Combine(mail.QueueDirectory, "public", "status")));
    });

    [Fact]
    public void A_service_that_does_not_start_and_damaged_mail_are_told() => MailSystem.Run(mail =>
    {
        mail.Set("service_throttle_time", "60s");
        mail.Start();
        mail.Place("corrupt/4jbXXX1111z1abcd", "nothing"u8.ToArray());
        // What a reload would refuse: the file goes while the system runs.
        string table = mail.PathOf("table");
        File.WriteAllText(table, "a b\n");
        mail.Set("smtp_generic_maps", "texthash:" + table);
        mail.Master("reload").Ok();
        File.Delete(table);
        mail.Submit(MailSystem.Message("x"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("smtp to be held back", () => Service(Status(mail), "smtp").GetProperty("state").ValueEquals("throttled"));
        JsonElement status = Status(mail);
        Assert.Equal(1, Service(status, "smtp").GetProperty("crashes").GetInt32());
        string[] problems = [.. status.GetProperty("problems").EnumerateArray().Select(static problem => problem.GetString()!)];
        Assert.Contains(problems, static problem => Regex.IsMatch(problem, "^service smtp is held back, its process does not start: exit status 78; the log tells why$"));
        Assert.Contains(problems, static problem => problem.StartsWith("1 damaged files in corrupt: ", StringComparison.Ordinal));
        Assert.Equal(problems.Length, Regex.Count(mail.Master("status").Ok().Error, "master: warning: "));
    });

    [Fact]
    public void Monitors_need_no_rights() => MailSystem.Run(mail =>
    {
        if (!MailSystem.IsRoot)
            return;
        foreach (string directory in (string[])[mail.Root, mail.ConfigDirectory, mail.QueueDirectory])
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        mail.Start();
        CommandResult told = Command.Run("setpriv", ["--reuid=65533", "--regid=65533", "--clear-groups", Repository.Program("master"), "-c", mail.ConfigDirectory, "status", "--json"]).Ok();
        JsonElement status = JsonDocument.Parse(told.Output).RootElement;
        Assert.Equal(Assert.Single(mail.Pids("master")), status.GetProperty("pid").GetInt32());
        Assert.Equal(0, status.GetProperty("queues").GetProperty("deferred").GetProperty("messages").GetInt32());
    });

    [Fact]
    public void A_dead_destination_and_a_suspended_transport_are_told_with_why_and_how_long() => MailSystem.Run(mail =>
    {
        mail.Set("default_destination_concurrency_failed_cohort_limit", 1);
        mail.Set("initial_destination_concurrency", 1);
        mail.Set("minimal_backoff_time", "300s");
        mail.Set("maximal_backoff_time", "4000s");
        mail.Set("transport_maps", "inline:{ odd.test=relay: }");
        mail.Set("defer_transports", "relay");
        // Nobody listens there.
        mail.Set("relayhost", $"[127.0.0.1]:{Ports.Take("127.0.0.1")}");
        mail.Start();
        for (int i = 0; i < 8; i++)
            mail.Submit(MailSystem.Message("x"), "-f", "alice@origin.test", $"bob{i}@sink.test");
        mail.Submit(MailSystem.Message("x"), "-f", "alice@origin.test", "bob@odd.test");
        Wait.For("all deferred", () => mail.Ids("deferred").Length == 9);
        JsonElement status = Status(mail);
        Assert.Equal((1, 1), (status.GetProperty("destinations").GetProperty("total").GetInt32(), status.GetProperty("destinations").GetProperty("dead").GetInt32()));
        JsonElement[] suspended = [.. status.GetProperty("suspended").EnumerateArray()];
        JsonElement dead = Assert.Single(suspended, static one => one.TryGetProperty("next_hop", out _));
        Assert.Equal("dead_destination", dead.GetProperty("state").GetString());
        Assert.Contains("Connection refused", dead.GetProperty("reason").GetString());
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.InRange(dead.GetProperty("since").GetInt64(), now - 300, now);
        Assert.InRange(dead.GetProperty("until").GetInt64(), now + 1, now + 500);
        JsonElement transport = Assert.Single(suspended, static one => !one.TryGetProperty("next_hop", out _));
        Assert.Equal(("relay", "transport_suspended", 1),
            (transport.GetProperty("transport").GetString(), transport.GetProperty("state").GetString(), transport.GetProperty("put_off").GetInt32()));
        string text = mail.Master("status").Ok().Output;
        Assert.Matches(@"\nSUSPENDED +TRANSPORT +FOR +STILL +WAITING +PUT OFF +WHY\nall +relay +- +- +0 +1 +deferred transport\n\[127.0.0.1\]:\d+ +smtp +\d+ s +\d+ (s|min) +0 +\d+ +.*Connection refused", text);
        string[] lines = mail.Postqueue("destinations", "--json").Ok().Lines;
        Assert.Equal(["relay", "smtp", "smtp"], lines.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("transport").GetString()));
        Assert.StartsWith("1 destinations with mail or in trouble; 1 of them left alone after failures\n\nTRANSPORT ", mail.Postqueue("destinations").Ok().Output);
        mail.Stop();
        Assert.Equal(69, mail.Postqueue("destinations").Status);
        Assert.Equal(JsonValueKind.Null, Status(mail, exitStatus: 1).GetProperty("suspended").ValueKind);
    });

    [Fact]
    public void Clients_that_do_not_read_hold_nothing_up() => MailSystem.Run(mail =>
    {
        mail.Start();
        List<System.Net.Sockets.Socket> clients = [];
        for (int i = 0; i < 200; i++)
        {
            System.Net.Sockets.Socket client = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
            client.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(mail.QueueDirectory, "public", "status")));
            client.Send("anything at all\n"u8);
            clients.Add(client);
        }
        Assert.True(Status(mail).GetProperty("running").GetBoolean());
        Assert.True(Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{mail.Pids("master")[0]}/fd")).Count() < 100);
        clients.ForEach(static client => client.Dispose());
    });
}
