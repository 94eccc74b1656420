using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command verbose: which conversations are logged line by line from now on, without a reload (S1-39).</summary>
internal static class VerboseCommand
{
    private const string Off = "off", LockFile = "pid/verbose.lock";
    private static readonly string[] s_programs = ["smtp", "smtpd"];
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(10);

    internal static int Run(string directory, IReadOnlyList<string> words, string peer, string? time)
    {
        MainConfig config = MainConfig.Load(directory);
        string queue = MasterSettings.Read(config).Queue;
        long now = MailTime.NowSeconds;
        if (words.Count == 0 && peer.Length == 0 && time is null)
            return Tell(VerboseList.Read(queue), now);
        if (words.Contains(Off) && (words.Count > 1 || peer.Length > 0 || time is not null))
            return Caller.Fail("\"off\" ends all of it, and goes alone", ExitStatus.Usage);
        if (words.Count == 0 && peer.Length == 0)
            return Caller.Fail("say of which services, or with --peer of which conversations", ExitStatus.Usage);
        long until = 0;
        if (time is not null && (until = Seconds(time)) <= 0)
            return Caller.Fail($"\"{PrintableText.Of(time)}\" is no time: 30s, 10m, 2h, 1d", ExitStatus.Usage);
        string[] services = [.. MasterConfig.Load(directory, config).Services.Where(static service => s_programs.Contains(service.Command)).Select(static service => service.Name)];
        if (words.FirstOrDefault(word => word != Off && !services.Contains(word)) is { } unknown)
            return Caller.Fail($"\"{PrintableText.Of(unknown)}\" is no service that has conversations: {string.Join(' ', services)}", ExitStatus.Usage);
        if (peer.Any(char.IsWhiteSpace))
            return Caller.Fail("one --peer at a time", ExitStatus.Usage);
        try
        {
            using SafeFileHandle only = FileSystem.OpenAppend(Path.Join(queue, LockFile), 0x180 /* 0600 */);
            if (!FileSystem.Lock(only, s_lockLimit))
                throw new IOException("another command changes what is logged");
            VerboseList list = words.Contains(Off) ? VerboseList.None : VerboseList.Read(queue);
            foreach (string service in words.Contains(Off) ? [] : words.Count == 0 ? (IEnumerable<string>)[""] : words)
                list = list.With(new Verbose(until == 0 ? 0 : now + until, service, peer), now);
            list.Write(queue);
            return ExitStatus.Ok;
        }
        catch (FormatException e)
        {
            return Caller.Fail($"--peer: {e.Message}", ExitStatus.Usage);
        }
    }

    private static int Tell(VerboseList list, long now)
    {
        foreach (Verbose entry in list.Entries.Where(entry => entry.Until == 0 || entry.Until > now))
        {
            string time = entry.Until == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" for {entry.Until - now} s more");
            _ = StandardStreams.TryWriteOutput($"{(entry.Service.Length > 0 ? entry.Service : "all services")}{(entry.Peer.Length > 0 ? $" with {entry.Peer}" : "")}{time}\n");
        }
        return ExitStatus.Ok;
    }

    // 0: none.
    private static long Seconds(string time)
    {
        long unit = time is [.., var letter] ? letter switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 } : 0;
        return unit > 0 && int.TryParse(time[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number * unit : 0;
    }
}
