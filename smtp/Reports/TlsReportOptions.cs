using PostfixNet.Configuration;

namespace PostfixNet.Smtp;

/// <summary>Which results of TLS are told to the service tlsrpt.</summary>
/// <param name="Sender">Whom reports come from (tlsrpt_sender): results of their own delivery are no news, and would lead to a report about each report.</param>
/// <param name="SkipsReused">smtp_tlsrpt_skip_reused_handshakes.</param>
internal sealed record TlsReportOptions(string Sender, bool SkipsReused)
{
    /// <summary>Reads them; null: none are told.</summary>
    internal static TlsReportOptions? Read(MainConfig config, string service)
    {
        bool skips = config.ForTransport(Parameters.SmtpTlsrptSkipReusedHandshakes, service);
        string sender = config.Get(Parameters.TlsrptSender);
        return config.ForTransport(Parameters.SmtpTlsrptEnable, service) && service != "lmtp" ? new TlsReportOptions(sender, skips) : null;
    }
}
