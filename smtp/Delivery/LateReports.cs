using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Smtp;

/// <summary>Success reports that the trace service did not take when the server had taken the mail. They are offered again, because
/// the mail itself must not be sent again for their sake.</summary>
internal sealed class LateReports(DeliveryContext delivery)
{
    private static readonly TimeSpan[] s_pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(6)];

    /// <summary>Offers them until they are taken, the time is over, or this program must stop; those that are lost are logged.</summary>
    internal void Send(IReadOnlyList<Outcome> reports)
    {
        List<Outcome> left = [.. reports];
        for (int i = 0; left.Count > 0 && i < s_pauses.Length && Rest(s_pauses[i]); i++)
            left.RemoveAll(delivery.Records.AppendTrace);
        foreach (Outcome report in left)
            delivery.Log.ReportLost(delivery.QueueId, report.Recipient.Address);
    }

    private bool Rest(TimeSpan pause)
    {
        Deadline end = Deadline.In(pause);
        while (!end.IsOver)
        {
            (_, bool word) = Descriptor.WaitAny([], Readiness.None, end.RemainingMilliseconds, delivery.Surroundings.Stop.Line);
            if (word && delivery.Surroundings.Stop.IsStopping)
                return false;
            if (word)
                return true;
        }
        return true;
    }
}
