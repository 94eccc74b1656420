using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Cleanup;

/// <summary>
/// NAME
///   cleanup - complete messages and put them into the queue
/// SYNOPSIS
///   cleanup   (started by master, not by hand)
/// DESCRIPTION
///   Takes messages, as queue file records, from pickup, bounce and defer; writes each to a new file in incoming; answers
///   once the file is on stable storage; then wakes qmgr. On the way it completes addresses with myorigin, changes them by canonical maps
///   and masquerade_domains, expands recipients by virtual_alias_maps, names of this host by alias_maps, adds those who get copies, drops duplicate
///   recipients and the headers of message_drop_headers, adds missing From:, Date: and Message-Id: headers, writes lists of
///   addresses anew when one changes, and replaces stray CR and LF within lines. docs/rewriting.md tells the order, docs/differences.md where that is not
///   what Postfix does. A client may send message after message over one connection.
///   Mail to an alias that has an owner- alias goes to its members as a message of its own, from the owner; the message to the list is
///   delivered with that. All of it is on stable storage before the client hears "ok".
///   Mail from pickup that has gone through too many systems is queued to be returned to its sender, and so is mail that is
///   too large, as far as it was read. When a sender asked to hear of success (NOTIFY=SUCCESS), an alias is reported as expanded, by
///   the trace service, and the success of its members is no longer reported.
///   header_checks, mime_header_checks, nested_header_checks and body_checks look at headers and lines as they come in, with the actions of
///   header_checks(5): docs/checks.md. strict_8bitmime and its kin refuse what is not as MIME has it. Mail of pickup that they refuse is queued to be returned.
///   Milters (non_smtpd_milters) are told of mail that no server took in, as if a client on this host had sent it; for mail of smtpd, the connections
///   that smtpd has to its milters are handed over. They see the content as it will be sent, and what they want to be changed is
///   changed in the queue file (milter_header_checks looks at headers that they add or change): added text stands at its end, and pointers lead there and back, as in Postfix's files.
/// STANDARDS
///   RFC 5322 (messages), RFC 3461 (requests for notifications), RFC 6531 (which mail needs SMTPUTF8), RFC 8689 (TLS-Required).
/// SECURITY
///   Records come from local processes, but through pickup from any user: types, order, sizes and line ends within
///   records are checked. Of the network, only milters, and name servers for their names.
/// DIAGNOSTICS
///   "ID: message-id=..." for each message. "ID: message rejected: ..." warns of records that no correct client sends;
///   the client is told only "internal protocol error". Also refused: too many hops, no recipients, too big. Told to try
///   again later: there is less free space than queue_minfree or queue_minfree_percent, virtual_alias_maps or alias_maps run in a circle, a table has no
///   address for an entry or cannot be asked, or the trace service fails. A refused message leaves nothing.
///   "ID: reject: header ... from ...; from=&lt;&gt; to=&lt;&gt;: 5.7.1 text", likewise "warning:", "hold:", "discard:" and so on: what a check did. "unknown
///   command in header_checks map: ..." and the like warn of results that do nothing.
///   "ID: milter-reject:", "milter-hold:", "milter-discard:"; "milter inet:...: can't read SMFIC_... reply packet header: ..." warns of a milter that
///   broke down or misbehaves: milter_default_action holds.
///   Exit 0: told to end, or long idle. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   alias_maps, allow_percent_hack, always_add_missing_headers, always_bcc, append_at_myorigin, append_dot_mydomain, body_checks, body_checks_size_limit, canonical_classes, canonical_maps,
///   cleanup_replace_stray_cr_lf, delay_logging_resolution_limit, delay_warning_time, detect_8bit_encoding_header, disable_mime_input_processing, dns_nameservers, duplicate_filter_limit,
///   empty_address_recipient, enable_long_queue_ids, enable_original_recipient, expand_owner_alias, hash_queue_depth, hash_queue_names,
///   header_address_token_limit, header_checks, header_size_limit, hopcount_limit, in_flow_delay, inet_interfaces, internal_mail_filter_classes, line_length_limit, local_transport, luser_relay, masquerade_classes, masquerade_domains, masquerade_exceptions,
///   message_drop_headers, message_reject_characters, message_size_limit, message_strip_characters, mime_boundary_length_limit, milter_header_checks, mime_header_checks, mime_nesting_limit, mydestination, mydomain, myhostname, myorigin, nested_header_checks, non_smtpd_milters,
///   propagate_unmatched_extensions, proxy_interfaces, queue_minfree, queue_minfree_percent, queue_service_name, recipient_bcc_maps, recipient_canonical_classes,
///   recipient_canonical_maps, recipient_delimiter, remote_header_rewrite_domain, requiretls_enable, requiretls_esmtp_header, sender_bcc_maps, sender_canonical_classes, sender_canonical_maps, strict_7bit_headers, strict_8bitmime, strict_8bitmime_body, strict_mime_encoding_domain, smtputf8_autodetect_classes,
///   smtputf8_enable, swap_bangpath, tls_required_enable, trace_keep_header, trace_sample_ratio, trace_service_name, traces_enable, undisclosed_recipients_header, verp_delimiter_filter,
///   virtual_alias_address_length_limit, virtual_alias_expansion_limit,
///   virtual_alias_maps, virtual_alias_recursion_limit, virtual_maps; for the check of transports default_process_limit, history_enable, master_service_disable, metrics_enable, smtp_tlsrpt_enable, web_enable, webhooks_enable; and those of shared/Milter/MilterOptions.cs, shared/Events/EventOptions.cs and shared/Service/SingleServer.cs. max_use is also the number of
///   messages that come over one connection.
/// BUGS
///   A crash between the report of an alias and the end
///   of the message leaves a file in trace that nothing refers to.
/// </summary>
internal static class Program
{
    internal static readonly SingleServer<CleanupSettings> Service = new("cleanup", static (config, _) => CleanupSettings.Read(config), Start)
    {
        Examine = static settings => settings.Examine(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static Action<Channel> Start(ServiceContext context, CleanupSettings settings)
    {
        CleanupServer server = new(settings.Options, settings.Queues, TimeProvider.System, (id, recipients) => Trace(settings, id, recipients), new Log(MailLog.Lines), EventLog.Open(settings.Events, context.Name, MailLog.Lines));
        InFlow flow = new(settings.Queues, settings.InFlowDelay);
        int idle = (int)settings.IpcTimeout.TotalMilliseconds;
        return channel =>
        {
            int messages = 0;
            server.Serve(channel, () => messages++ < settings.MessagesPerConnection && WaitForRequest(context, channel, idle, flow));
        };
    }

    private static string? Trace(CleanupSettings settings, QueueId id, IReadOnlyList<Outcome> outcomes)
    {
        using BounceClient client = new(settings.IpcTimeout);
        foreach (Outcome outcome in outcomes)
        {
            if (client.Append(settings.TraceService, id, outcome) is { } trouble)
                return trouble;
        }
        return null;
    }

    // A client that keeps its connection for the next message must not keep this process from ending.
    private static bool WaitForRequest(ServiceContext context, Channel channel, int milliseconds, InFlow flow)
    {
        if (channel.Socket.Wait(Readiness.Readable, milliseconds, context.Lifeline).This == Readiness.None)
            return false;
        TimeSpan pause = flow.Pause();
        if (pause > TimeSpan.Zero)
            _ = context.Lifeline.Wait(Readiness.Readable, (int)Math.Min(pause.TotalMilliseconds, milliseconds));
        return true;
    }
}
