using System.Globalization;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Display;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;
using PostfixNet.Suppression;

namespace PostfixNet.Master;

/// <summary>What is asked of <c>master suppress</c>.</summary>
/// <param name="Sender">For mail of this sender or domain alone; null: for all.</param>
/// <param name="Reason">Why; null: not told.</param>
/// <param name="Time">How long; null: until it is removed.</param>
internal sealed record SuppressOptions(string? Sender, string? Reason, string? Time, bool Json);

/// <summary>The command suppress: shows the suppression list, and has it changed by the queue manager, or, when that has no list, changes it itself.</summary>
internal static class SuppressCommand
{
    internal const string Usage = "usage: master suppress list [--json] | check ADDRESS [--sender SENDER] [--json] | add ADDRESS... [--sender SENDER] [--reason TEXT] [--time TIME]"
        + " | remove ADDRESS... [--sender SENDER] | import [FILE] | export";

    private const int PageLength = 1 << 16, MostTold = 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    internal static int Run(string directory, string[] words, SuppressOptions options)
    {
        MainConfig config = MainConfig.Load(directory);
        SuppressionSettings settings = new(config);
        string? file = words is ["import", not "-"] ? Path.GetFullPath(words[1]) : null;
        // The path of a socket must be short.
        FileSystem.ChangeDirectory(MasterSettings.Read(config).Queue);
        try
        {
            return words switch
            {
                ["list"] => List(settings, options.Json),
                ["export"] => Export(settings),
                ["check", var address] => Check(settings, Address.FromExternal(address), options),
                ["add", _, ..] => Add(settings, words[1..], options),
                ["remove", _, ..] => Remove(settings, words[1..], options),
                ["import"] or ["import", _] => Import(settings, file),
                _ => Caller.Fail(Usage, ExitStatus.Usage),
            };
        }
        catch (FormatException e)
        {
            return Caller.Fail(e.Message, ExitStatus.Usage);
        }
    }

    private static int List(SuppressionSettings settings, bool json)
    {
        Warn(settings);
        using SuppressionList list = SuppressionList.Open(".", settings.Form);
        if (json)
            return Print(list.Entries().Select(static entry => entry.ToJson() + "\n"));
        TextTable table = new("ADDRESS", "FOR MAIL OF", "SINCE", "UNTIL", "BY", "REASON");
        long now = MailTime.NowSeconds;
        foreach (SuppressionEntry entry in list.Entries())
            table.Row(Shown(entry.Address), entry.Sender.Length > 0 ? Shown(entry.Sender) : "all", MailTime.DateWithYear(entry.Since), UntilOf(entry, now), entry.By, PrintableText.Of(entry.Reason));
        return Output.Print(table.HasRows ? table.ToString() : "no address is on the suppression list\n", ExitStatus.Ok);
    }

    private static string UntilOf(SuppressionEntry entry, long now) => entry.Until == 0 ? "it is removed" : $"{MailTime.DateWithYear(entry.Until)}{(entry.IsOver(now) ? ", over" : "")}";

    private static int Export(SuppressionSettings settings)
    {
        using SuppressionList list = SuppressionList.Open(".", settings.Form);
        return Print(SuppressionTable.Lines(list.Entries()));
    }

    private static int Check(SuppressionSettings settings, string address, SuppressOptions options)
    {
        Warn(settings);
        using SuppressionList list = SuppressionList.Open(".", settings.Form);
        SuppressionEntry? entry = list.Find(SenderOf(options), address, MailTime.NowSeconds);
        string text = options.Json ? $"{{\"address\": {JsonText.Quote(Shown(address))}, \"suppressed\": {(entry is null ? "false" : "true")}, \"entry\": {(entry is null ? "null" : entry.ToJson())}}}\n"
            : entry is null ? $"{Shown(address)}: not on the suppression list\n"
            : $"{Shown(address)}: on the suppression list as {Shown(entry.Address)}{(entry.Sender.Length > 0 ? $" for mail of {Shown(entry.Sender)}" : "")}, since {MailTime.DateWithYear(entry.Since)}, "
                + $"until {UntilOf(entry, MailTime.NowSeconds)}, by {entry.By}: {PrintableText.Of(entry.Reason)}\n";
        return Output.Print(text, entry is null ? 1 : ExitStatus.Ok);
    }

    private static int Add(SuppressionSettings settings, string[] addresses, SuppressOptions options)
    {
        long now = MailTime.NowSeconds, until = 0;
        if (options.Time is { } time)
            until = MainConfig.Time(time) is { } length && length > TimeSpan.Zero ? now + (long)length.TotalSeconds : throw new FormatException($"--time: \"{PrintableText.Of(time)}\" is no time, as 2h, 30d, 8w");
        return Change(settings, new([.. addresses.Select(address =>
            SuppressionEntry.Of(Address.FromExternal(address), SenderOf(options), options.Reason ?? "", now, until, SuppressedBy.Operator))], []), "on the suppression list");
    }

    private static int Remove(SuppressionSettings settings, string[] addresses, SuppressOptions options)
    {
        (string, string)[] removes = [.. addresses.Select(address => (SenderOf(options), Address.FromExternal(address)))];
        if (removes.FirstOrDefault(static remove => !SuppressionEntry.IsAddress(remove.Item2)) is { Item2: { } wrong })
            throw new FormatException($"\"{PrintableText.Of(wrong)}\" is not a mail address");
        Warn(settings);
        SuppressionReply reply = Ask(settings, new([], removes));
        if (reply.Refusal is { } why)
            return Caller.Fail(why, ExitStatus.TemporaryFailure);
        return Output.Print($"{reply.Changed} of {removes.Length} taken off the suppression list\n", reply.Changed > 0 ? ExitStatus.Ok : 1);
    }

    private static int Change(SuppressionSettings settings, SuppressionRequest request, string done)
    {
        Warn(settings);
        SuppressionReply reply = Ask(settings, request);
        return reply.Refusal is { } why ? Caller.Fail(why, ExitStatus.TemporaryFailure) : Output.Print($"{reply.Changed} of {request.Adds.Count} new {done}\n", ExitStatus.Ok);
    }

    private static int Import(SuppressionSettings settings, string? path)
    {
        Warn(settings);
        using Stream input = path is null ? StandardStreams.Input() : new FileStream(FileSystem.OpenRegular(path), FileAccess.Read);
        SuppressionTable table = new(input, MailTime.NowSeconds);
        List<SuppressionEntry> entries = [];
        int read = 0, changed = 0, wrong = 0;
        bool isMore = true;
        while (isMore)
        {
            try
            {
                isMore = table.TryRead(out SuppressionEntry? entry);
                if (entry is not null)
                    entries.Add(entry);
            }
            catch (FormatException e)
            {
                if (++wrong <= MostTold)
                    StandardStreams.WriteError($"master: warning: {path ?? "standard input"}:{table.Line}: {e.Message}\n");
            }
            if (entries.Count == SuppressionRequest.Most || (!isMore && entries.Count > 0))
            {
                SuppressionReply reply = Ask(settings, new(entries, []));
                changed += reply.Changed;
                if (reply.Refusal is { } why)
                    return Caller.Fail($"{why}; {read} addresses were taken before", ExitStatus.TemporaryFailure);
                read += entries.Count;
                entries = [];
            }
        }
        return Output.Print(string.Create(CultureInfo.InvariantCulture, $"{read} addresses read, {changed} new on the suppression list, {wrong} lines not understood\n"), wrong > 0 ? 1 : ExitStatus.Ok);
    }

    private static void Warn(SuppressionSettings settings)
    {
        if (!settings.IsOn)
            StandardStreams.WriteError("master: warning: suppression_enable is off: mail is delivered to addresses on the list\n");
    }

    // The queue manager has the list while it runs and suppression_enable is on.
    private static SuppressionReply Ask(SuppressionSettings settings, SuppressionRequest request)
    {
        string silent = "";
        try
        {
            using Channel channel = Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, s_limit);
            channel.Send(request.ToAttributes());
            SuppressionReply reply = SuppressionReply.From(channel.ReceiveReply());
            if (!reply.IsOff)
                return reply;
        }
        catch (IpcException e)
        {
            silent = $": {e.Message}";
        }
        using SuppressionList? list = SuppressionList.TryOpen(".", settings.Form, MailTime.NowSeconds);
        return list is null ? new SuppressionReply($"another process has the suppression list{silent}", false, 0) : request.ApplyTo(list, MailTime.NowSeconds);
    }

    private static string SenderOf(SuppressOptions options) => options.Sender is { } sender ? Address.FromExternal(sender) : "";

    private static string Shown(string address) => PrintableText.Of(Address.ToExternal(address));

    // A list may be long.
    private static int Print(IEnumerable<string> lines)
    {
        StringBuilder page = new();
        int status = ExitStatus.Ok;
        foreach (string line in lines)
        {
            page.Append(line);
            if (page.Length < PageLength)
                continue;
            if ((status = Output.Print(page.ToString(), ExitStatus.Ok)) != ExitStatus.Ok)
                return status;
            page.Clear();
        }
        return Output.Print(page.ToString(), ExitStatus.Ok);
    }
}
