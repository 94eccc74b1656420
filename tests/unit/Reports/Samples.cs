using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Reports;

/// <summary>What servers of many kinds send back, written after the public descriptions of their formats.</summary>
internal static class Samples
{
    private const string Original = "From: News <news@a.test>\nTo: bob@q.test\nSubject: Hello\nMessage-ID: <1@a.test>\n\nText.\n";

    /// <summary>Name, message, kind, status, address.</summary>
    internal static readonly (string Name, string Message, string Kind, string Status, string Address)[] All =
    [
        ("Postfix", Report("Undelivered Mail Returned to Sender", "This is the mail system at host mx.q.test.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n",
            "Reporting-MTA: dns; mx.q.test\nX-Postfix-Queue-ID: 4A5B6C\nX-Postfix-Sender: rfc822; news@a.test\nArrival-Date: Mon,  1 Jan 2026 00:00:00 +0000 (UTC)",
            "Final-Recipient: rfc822; bob@q.test\nOriginal-Recipient: rfc822;bob@q.test\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; in.q.test\nDiagnostic-Code: smtp; 550 5.1.1 <bob@q.test>: Recipient address\n    rejected: User unknown"),
            "Failure", "5.1.1", "bob@q.test"),
        ("Postfix, delayed", Report("Delayed Mail (still being retried)", "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n", "Reporting-MTA: dns; mx.q.test",
            "Final-Recipient: rfc822; bob@q.test\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to in.q.test[192.0.2.1]:25: Connection timed out\nWill-Retry-Until: Sat, 6 Jan 2026 00:00:00 +0000"),
            "Delay", "4.4.1", "bob@q.test"),
        ("Exchange Online", Report("Undeliverable: Hello", "Your message to bob@q.test couldn't be delivered.\nbob wasn't found at q.test.\n",
            "Reporting-MTA: dns;AM0PR01MB.example.prod.outlook.com\nReceived-From-MTA: dns;out.a.test\nArrival-Date: Mon, 1 Jan 2026 00:00:00 +0000",
            "Final-Recipient: rfc822;bob@q.test\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@q.test not found by SMTP address lookup"),
            "Failure", "5.1.10", "bob@q.test"),
        ("Exchange 2003, in capitals", Report("Delivery Status Notification (Failure)", "This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       bob@q.test\n",
            "Reporting-MTA: dns;mail.q.test\nReceived-From-MTA: dns;out.a.test", "FINAL-RECIPIENT: RFC822; BOB@Q.TEST\nACTION: FAILED\nSTATUS: 5.1.1"), "Failure", "5.1.1", "BOB@Q.TEST"),
        ("Gmail", Report("Delivery Status Notification (Failure)", "** Address not found **\n\nYour message wasn't delivered to bob@gmail.test because the address couldn't be found, or is unable to receive mail.\n",
            "Reporting-MTA: dns; googlemail.test\nReceived-From-MTA: dns; news@a.test\nArrival-Date: Mon, 01 Jan 2026 00:00:00 -0800 (PST)\nX-Original-Message-ID: <1@a.test>",
            "Final-Recipient: rfc822; bob@gmail.test\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; gmail-smtp-in.l.test. (192.0.2.5, the server for the domain gmail.test.)\n"
            + "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n 550 5.1.1  https://support.example/mail/?p=NoSuchUser x - gsmtp\nLast-Attempt-Date: Mon, 01 Jan 2026 00:00:01 -0800 (PST)"),
            "Failure", "5.1.1", "bob@gmail.test"),
        ("Gmail, delayed", Report("Delivery Status Notification (Delay)", "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to bob@q.test. Gmail will retry for 46 more hours.\n",
            "Reporting-MTA: dns; googlemail.test", "Final-Recipient: rfc822; bob@q.test\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; The recipient server did not accept our requests to connect.\nWill-Retry-Until: Wed, 03 Jan 2026 00:00:00 -0800 (PST)"),
            "Delay", "4.4.1", "bob@q.test"),
        ("Exim with a status", Report("Mail delivery failed: returning message to sender", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error.\n",
            "Reporting-MTA: dns; mx.q.test", "Action: failed\nFinal-Recipient: rfc822;bob@q.test\nStatus: 5.0.0\nRemote-MTA: dns; in.q.test\nDiagnostic-Code: smtp; 550 5.1.1 unknown user"), "Failure", "5.1.1", "bob@q.test"),
        ("sendmail", Report("Returned mail: see transcript for details", "The original message was received at Mon, 1 Jan 2026 00:00:00 GMT\nfrom out.a.test [192.0.2.7]\n\n   ----- The following addresses had permanent fatal errors -----\n<bob@q.test>\n"
            + "    (reason: 550 5.1.1 <bob@q.test>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to in.q.test.:\n>>> DATA\n<<< 550 5.1.1 <bob@q.test>... User unknown\n",
            "Reporting-MTA: dns; mx.q.test\nReceived-From-MTA: DNS; out.a.test\nArrival-Date: Mon, 1 Jan 2026 00:00:00 GMT",
            "Final-Recipient: RFC822; bob@q.test\nAction: failed\nStatus: 5.1.1\nRemote-MTA: DNS; in.q.test\nDiagnostic-Code: SMTP; 550 5.1.1 <bob@q.test>... User unknown\nLast-Attempt-Date: Mon, 1 Jan 2026 00:00:01 GMT"),
            "Failure", "5.1.1", "bob@q.test"),
        ("Amazon SES", Report("Delivery Status Notification (Failure)", "An error occurred while trying to deliver the mail to the following recipients:\nbob@q.test\n", "Reporting-MTA: dns; a8-31.smtp-out.ses.test",
            "Action: failed\nFinal-Recipient: rfc822; bob@q.test\nDiagnostic-Code: smtp; 550 5.1.1 <bob@q.test>: Recipient address rejected\nStatus: 5.1.1"), "Failure", "5.1.1", "bob@q.test"),
        ("Yahoo", Report("Failure Notice", "Sorry, we were unable to deliver your message to the following address.\n\n<bob@yahoo.test>:\n554: delivery error: dd Not a valid recipient - mta1.example\n", "Reporting-MTA: dns;sonic.yahoo.test",
            "Final-Recipient: rfc822;bob@yahoo.test\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp;554 delivery error: dd Not a valid recipient"), "Failure", "5.0.0", "bob@yahoo.test"),
        ("Domino", Report("DELIVERY FAILURE: User bob not listed in Domino Directory", "Your message\n\n  Subject: Hello\n\nwas not delivered to:\n\n  bob@q.test\n\nbecause:\n\n  User bob not listed in Domino Directory\n",
            "Reporting-MTA: dns;notes.q.test", "Final-Recipient: rfc822;bob@q.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: X-Notes; User bob (bob@q.test) not listed in Domino\n Directory"), "Failure", "5.1.1", "bob@q.test"),
        ("A gateway that expires with a temporary status", Report("Undeliverable", "Too long in the queue.\n", "Reporting-MTA: dns; gw.q.test", "Final-Recipient: rfc822; <bob@q.test>\nAction: failed\nStatus: 4.4.7 (unable to deliver this message after 5 days)"),
            "Failure", "4.4.7", "bob@q.test"),
        ("One without Action", Report("Undeliverable", "No.\n", "Reporting-MTA: dns; gw.q.test", "Final-Recipient: rfc822; bob@q.test\nStatus: 5.2.2"), "Failure", "5.2.2", "bob@q.test"),
        ("A delivery", Report("Successful Mail Delivery Report", "Your message was delivered.\n", "Reporting-MTA: dns; mx.q.test", "Final-Recipient: rfc822; bob@q.test\nAction: delivered\nStatus: 2.0.0"), "Success", "2.0.0", "bob@q.test"),
        ("An international address", Report("Undelivered", "No.\n", "Reporting-MTA: dns; mx.q.test", "Final-Recipient: utf-8; b\\x{F6}b@q.test\nAction: failed\nStatus: 5.1.1").Replace("message/delivery-status", "message/global-delivery-status", StringComparison.Ordinal),
            "Failure", "5.1.1", ByteText.Decode("b\u00f6b@q.test"u8)),
        ("Base64 around the status", Report("Undelivered", "No.\n", "Reporting-MTA: dns; mx.q.test", "Final-Recipient: rfc822; bob@q.test\nAction: failed\nStatus: 5.1.1", isEncoded: true), "Failure", "5.1.1", "bob@q.test"),

        ("Exim, text alone", "From: Mail Delivery System <Mailer-Daemon@mx.q.test>\nAuto-Submitted: auto-replied\nX-Failed-Recipients: bob@q.test\nSubject: Mail delivery failed: returning message to sender\n\n"
            + "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
            + "  bob@q.test\n    SMTP error from remote mail server after RCPT TO:<bob@q.test>:\n    host in.q.test [192.0.2.1]: 550 5.1.1 unknown\n\n------ This is a copy of the message, including all the headers. ------\n\n" + Original, "Failure", "5.1.1", "bob@q.test"),
        ("Exim, delayed", "From: Mail Delivery System <Mailer-Daemon@mx.q.test>\nAuto-Submitted: auto-replied\nSubject: Warning: message 1abcde-000001-AB delayed 24 hours\n\n"
            + "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.q.test.\n\nNo action is required on your part. Delivery attempts will continue for\nsome time.\n",
            "Delay", "4.0.0", ""),
        ("qmail", "From: MAILER-DAEMON@mx.q.test\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.q.test.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            + "<bob@q.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <news@a.test>\n" + Original, "Failure", "5.1.1", ""),
        ("Old sendmail, a warning", "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.q.test>\nSubject: Warning: could not send message for past 4 hours\n\n    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n"
            + "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n   ----- The following addresses had transient non-fatal errors -----\n<bob@q.test>\n", "Delay", "4.0.0", ""),
        ("Exchange 2000, text alone", "From: System Administrator <postmaster@q.test>\nSubject: Undeliverable: Hello\n\nYour message\n\n  To:      bob@q.test\n  Subject: Hello\n\ndid not reach some or all of the intended recipients.\n\n"
            + "The following recipient(s) could not be reached:\n\n      bob@q.test on 1/1/2026 0:00 AM\n            The e-mail account does not exist at the organization this message was sent to.\n            <mail.q.test #5.1.1>\n", "Failure", "5.1.1", ""),
        ("IronPort", "From: \"Mail Delivery System\" <MAILER-DAEMON@gw.q.test>\nSubject: Delivery Status Notification (Failure)\n\nThe following message to <bob@q.test> was undeliverable.\nThe reason for the problem:\n5.1.0 - Unknown address error 550-'5.1.1 unknown'\n",
            "Failure", "5.1.0", ""),
        ("HTML alone", "From: postmaster@q.test\nSubject: Undeliverable: Hello\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<html><body><p><b>Delivery has failed to these recipients or groups:</b></p><p><a href=\"mailto:bob@q.test\">bob</a></p>"
            + "<p>#550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized ##</p></body></html>\n", "Failure", "5.7.1", ""),

        ("Yahoo, complaint", Complaint("Feedback-Type: abuse\nUser-Agent: Yahoo!-Mail-Feedback/2.0\nVersion: 0.1\nOriginal-Mail-From: <r5@bounces.test>\nOriginal-Rcpt-To: bob@yahoo.test\nReceived-Date: Mon, 1 Jan 2026 00:00:00 PST\nReported-Domain: a.test"),
            "Complaint", "", "bob@yahoo.test"),
        ("ARF of RFC 5965", Complaint("Feedback-Type: abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1"), "Complaint", "", ""),
        ("AOL, recipient removed", Complaint("Version: 0.1\nUser-Agent: AOL SComp\nFeedback-Type: abuse\nRedacted-Address: redacted\nSource-IP: 192.0.2.1"), "Complaint", "", ""),
        ("Amazon SES, complaint", Complaint("User-Agent: Amazon SES Mailbox Simulator\nVersion: 0.1\nFeedback-Type: abuse\nOriginal-Mail-From: <r5@bounces.test>\nOriginal-Rcpt-To: <bob@q.test>"), "Complaint", "", "bob@q.test"),
        ("Praise", Complaint("Feedback-Type: not-spam\nUser-Agent: x\nVersion: 1"), "Other", "", ""),
        ("A report on signatures", Complaint("Feedback-Type: auth-failure\nUser-Agent: x\nVersion: 1\nAuth-Failure: dkim"), "Other", "", ""),
        ("Outlook.com, junk mail reporting", "From: staff@hotmail.test\nSubject: complaint about message from 192.0.2.1\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n"
            + "X-HmXmrOriginalRecipient: bob@hotmail.test\n" + Original + "--b--\n", "Complaint", "", "bob@hotmail.test"),

        ("A person who is away", "From: bob@q.test\nSubject: Automatic reply: Hello\nAuto-Submitted: auto-replied\n\nI am on holiday. If your message is urgent, and was undeliverable elsewhere, ask carol.\n", "Other", "", ""),
        ("A person who quotes", "From: bob@q.test\nSubject: Re: Hello\n\nWhy does your list say \"user unknown\" to me?\n", "Other", "", ""),
        ("A bounce in a message", "From: bob@q.test\nSubject: Fwd: look\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nSee below.\n--b\nContent-Type: message/rfc822\n\n"
            + Report("Undelivered", "No.\n", "Reporting-MTA: dns; x.test", "Final-Recipient: rfc822; carol@q.test\nAction: failed\nStatus: 5.1.1").Replace("\"bnd\"", "\"inner\"", StringComparison.Ordinal).Replace("--bnd", "--inner", StringComparison.Ordinal) + "\n--b--\n",
            "Other", "", ""),
        ("Nothing", "", "Other", "", ""),
    ];

    internal static string Report(string subject, string text, string message, string recipient, bool isEncoded = false)
    {
        string status = $"{message}\n\n{recipient}\n";
        string part = isEncoded ? $"Content-Transfer-Encoding: base64\n\n{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(status))}\n" : $"\n{status}";
        return $"From: MAILER-DAEMON@mx.q.test (Mail Delivery System)\nSubject: {subject}\nTo: r5@bounces.test\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"bnd\"\n\n"
            + $"This is a MIME-encapsulated message.\n\n--bnd\nContent-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n{text}\n--bnd\nContent-Type: message/delivery-status\n{part}\n--bnd\nContent-Type: message/rfc822\n\n{Original}\n--bnd--\n";
    }

    private static string Complaint(string fields) => "From: <feedback@arf.q.test>\nSubject: FW: Hello\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report;\n\tboundary=\"bnd\"\n\n"
        + $"--bnd\nContent-Type: text/plain; charset=\"US-ASCII\"\n\nThis is an email abuse report.\n\n--bnd\nContent-Type: message/feedback-report\n\n{fields}\n\n--bnd\nContent-Type: message/rfc822\nContent-Disposition: inline\n\n{Original}\n--bnd--\n";
}
