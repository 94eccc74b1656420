using PostfixNet.Mail;

namespace PostfixNet.Log;

/// <summary>The time stamp of a syslog line, "Nov 21 05:34:19", made anew once a second.</summary>
internal static class MailLogTime
{
    private static long s_second;
    private static string s_stamp = "";

    internal static string Stamp()
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (now != s_second)
        {
            s_stamp = MailTime.LogStamp(now);
            s_second = now;
        }
        return s_stamp;
    }
}
