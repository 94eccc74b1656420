using System.Globalization;
using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Display;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue destinations: what the queue manager has in memory of transports and destinations.</summary>
internal static class DestinationsCommand
{
    internal static int Run(PostqueueSettings settings, CallerLog log, bool asJson)
    {
        DestinationReport report;
        try
        {
            report = DestinationReport.From(ShowqQuestion.Ask(settings.Queues.Root, settings.Service, settings.IpcTimeout, ShowqQuestion.Destinations));
        }
        catch (SystemCallException e)
        {
            return log.Fatal($"Queue report unavailable - mail system is down ({e.Reason})", ExitStatus.Unavailable);
        }
        return StandardStreams.TryWriteOutput(asJson ? Json(report, MailTime.NowSeconds) : Text(report, MailTime.NowSeconds)) ? ExitStatus.Ok : ExitStatus.Unavailable;
    }

    internal static string Json(DestinationReport report, long now) =>
        string.Concat(report.Transports.Select(transport => transport.Json(now) + "\n").Concat(report.Told.Select(destination => destination.Json(now) + "\n")));

    internal static string Text(DestinationReport report, long now)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{report.Destinations} destinations with mail or in trouble; {report.Dead} of them left alone after failures\n");
        TextTable transports = new("TRANSPORT", "STATE", "SINCE", "UNTIL", "BUSY", "WAITING", "PUT OFF", "DESTS", "DEAD", "WHY");
        foreach (TransportState transport in report.Transports)
        {
            transports.Row(transport.Name, transport.Code?.Word() ?? "-", Since(transport.Trouble, now), Until(transport.Left, now),
                Number(transport.Busy) + (transport.ProcessLimit > 0 ? $"/{Number(transport.ProcessLimit)}" : ""), Number(transport.Waiting), Number(transport.Trouble.PutOff),
                Number(transport.Destinations), Number(transport.Dead), transport.Reason ?? "");
        }
        TextTable destinations = new("DESTINATION", "TRANSPORT", "STATE", "SINCE", "UNTIL", "BUSY", "WAITING", "PUT OFF", "WHY");
        foreach (DestinationState destination in report.Told)
        {
            WaitState state = destination.State;
            destinations.Row(state.NextHop, state.Transport, state.Code?.Word() ?? "-", Since(destination.Trouble, now), Until(state.Left, now),
                $"{Number(state.Load?.Busy ?? 0)}/{Number(state.Load?.Window ?? 0)}", Number(state.Load?.Waiting ?? 0), Number(destination.Trouble.PutOff), state.Reason ?? "");
        }
        if (transports.HasRows)
            text.Append('\n').Append(transports);
        if (destinations.HasRows)
            text.Append('\n').Append(destinations);
        if (report.Destinations > report.Told.Count)
            text.Append(CultureInfo.InvariantCulture, $"... and {report.Destinations - report.Told.Count} others with less mail\n");
        return text.ToString();
    }

    private static string Since(TroubleSpan trouble, long now) => trouble.Lasts is { } lasts ? MailTime.LogStamp(now - lasts / 1000) : "-";

    private static string Until(long? left, long now) => left is { } milliseconds ? MailTime.LogStamp(now + (milliseconds + 999) / 1000) : "-";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
