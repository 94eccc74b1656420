using System.Globalization;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Postqueue;
using PostfixNet.Service;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Sendmail;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of sendmail and postqueue, and those of all programs.</summary>
public sealed class SubmissionRows
{
    private const uint Somebody = 12345;

    private static readonly Func<string, string> s_nobody = Sendmail("Subject: s\n\ntext\n");

    internal static readonly Row[] All =
    [
        new("authorized_submit_users", "'a.certain.user'", Sendmail("Subject: s\n\ntext\n", "a@b.test"), "is not allowed to submit mail"),
        new("sendmail_fix_line_endings", "'never'", Sendmail("Subject: s\r\n\r\ntext\r\n", "a@b.test"), "N text\r"),
        new("requiretls_enable", "false", Sendmail("Subject: s\n\ntext\n", "--require-tls", "a@b.test"), "REQUIRETLS is asked for, and requiretls_enable is off"),
        new("future_release_limit", "0", Sendmail("Subject: s\n\ntext\n", "--hold-for", "1h", "a@b.test"), "mail cannot wait for a time of its own: future_release_limit is 0"),
        new("default_verp_delimiters", "'-='", Sendmail("Subject: s\n\ntext\n", "-XV", "a@b.test"), "V -="),
        new("message_size_limit", "10", Sendmail("Subject: s\n\ntext\n", "a@b.test"), "message file too big"),
        new("line_length_limit", "600", Sendmail($"Subject: {new string('s', 1000)}\n\ntext\n", "a@b.test"), "L Subject: sss"),
        new("enable_long_queue_ids", "false", Sendmail("Subject: s\n\ntext\n", "a@b.test"), "file with a short id"),
        new("queue_directory", "'DIR/other'", Sendmail("Subject: s\n\ntext\n", "a@b.test"), "/other/maildrop/"),
        new("pickup_service_name", "'pickup2'", Sendmail("Subject: s\n\ntext\n", "a@b.test"), "woke pickup2"),

        new("syslog_name", "'mine'", s_nobody, " mine/sendmail["),
        new("multi_instance_name", "'second'", s_nobody, " second/sendmail["),
        new("maillog_file", "'DIR/another'", s_nobody, "/another 640 "),
        new("maillog_file_prefixes", "['/var/log']", s_nobody, "begins with none of maillog_file_prefixes"),
        new("maillog_file_permissions", "'0644'", s_nobody, "/log 644 "),
        new("maillog_format", "'json'", s_nobody, "\"severity\": \"fatal\""),
        new("syslog_facility", "'local1'", static toml => LogOptions.Read(MainConfig.FromText(toml)).ToString(), $"Facility = {17 << 3}"),

        new("mail_owner", "'no-such-account'", Refused(static config => MailOwner.Of(config)), "no such account: no-such-account"),
        new("setgid_group", "'no-such-group'", Refused(static config => MailOwner.GroupOf(config)), "no such group: no-such-group"),
        new("compatibility_level", "2", Refused(static config => config.Validate()), "the defaults are those of level 3.6"),
        new("config_directory", "'/etc/elsewhere'", Refused(static config => config.Get(Parameters.ConfigDirectory)), "cannot be set: it is where this file is"),

        new("authorized_mailq_users", "'a.certain.user'", static toml => QueueRights.Of(MainConfig.FromText(toml)).RefuseListing(Somebody) ?? "", "is not allowed to view the mail queue"),
        new("authorized_flush_users", "'a.certain.user'", static toml => QueueRights.Of(MainConfig.FromText(toml)).RefuseFlush(Somebody) ?? "", "is not allowed to flush the mail queue"),
        new("showq_service_name", "'showq2'", Postqueue("showq2"), "answered"),
        new("ipc_timeout", "'1s'", Postqueue("showq"), "") { IsSlow = true, Hides = "answered" },
    ];

    static SubmissionRows() => Array.ForEach(All, static row => row.Begin());

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }

    // The program sendmail: what it says, the files that it makes, and whom it wakes. Without recipients it has something to
    // log. DIR is its directory.
    private static Func<string, string> Sendmail(string input, params string[] arguments) => toml =>
    {
        using Drop drop = new();
        string usual = $"queue_directory = '{drop.Root}'\nmaillog_file = '{drop.Root}/log'\n";
        string main = Path.Join(drop.Root, "main.toml");
        File.WriteAllText(main, Row.Merge(usual, toml.Replace("DIR", drop.Root, StringComparison.Ordinal)));
        Directory.CreateDirectory($"{drop.Root}/other/maildrop");
        using Descriptor pickup = Descriptor.ListenUnix($"{drop.Root}/public/pickup2", 0x180);
        (int status, _, string error) = drop.Run(Encoding.Latin1.GetBytes(input), arguments);
        List<string> seen = [string.Create(CultureInfo.InvariantCulture, $"exit {status}"), error];
        if (pickup.TryAccept() is { } client)
        {
            client.Dispose();
            seen.Add("woke pickup2");
        }
        foreach (string path in Directory.EnumerateFiles(drop.Root, "*", SearchOption.AllDirectories).Where(path => path != main && !path.EndsWith("/pickup2", StringComparison.Ordinal)))
        {
            bool isMail = Path.GetDirectoryName(path)!.EndsWith("/maildrop", StringComparison.Ordinal);
            seen.Add(isMail ? $"file with a {(Path.GetFileName(path).Length > 13 ? "long" : "short")} id" : "");
            string mode = Convert.ToString(FileSystem.Status(path)!.Value.Mode, 8);
            seen.Add($"{path} {mode} {(isMail ? string.Join('\n', DropRecord.Read(File.ReadAllBytes(path))) : File.ReadAllText(path))}");
        }
        return string.Join('\n', seen);
    };

    private static Func<string, string> Refused(Action<MainConfig> read) => toml =>
    {
        try
        {
            read(MainConfig.FromText(toml));
            return "";
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    };

    // The command, and a service that answers after a while.
    private static Func<string, string> Postqueue(string service) => toml =>
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory($"{directory.Path}/public");
        using Descriptor listener = Descriptor.ListenUnix($"{directory.Path}/public/{service}", 0x180);
        PostqueueSettings settings = PostqueueSettings.Read(Row.Config($"queue_directory = '{directory.Path}'\nmyhostname = 'a.test'\n", toml));
        Thread server = new(() =>
        {
            Thread.Sleep(1500);
            if (listener.TryAccept() is not { } client)
                return;
            using Channel channel = new(client, "postqueue", TimeSpan.FromSeconds(20));
            try
            {
                _ = channel.Receive();
                channel.Send(new FlushReply(1).ToAttributes());
            }
            catch (IpcException)
            {
                // The command has given up.
            }
        });
        server.Start();
        try
        {
            using Channel channel = settings.ConnectToShowq();
            channel.Send(new ShowqRequest.FlushAll().ToAttributes());
            return $"answered {FlushReply.From(channel.ReceiveReply()).Count}";
        }
        catch (Exception e) when (e is IpcException or SystemCallException)
        {
            return e.Message;
        }
        finally
        {
            server.Join();
        }
    };
}
