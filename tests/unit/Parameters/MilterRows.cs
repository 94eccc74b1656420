using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Milter;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Milters;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of milters, of smtpd and of cleanup.</summary>
public sealed class MilterRows
{
    // Nobody listens there.
    private const string Nobody = "inet:127.0.0.1:1", Zork = "milter_macro_defaults = 'zork=1'";

    internal static readonly Row[] All =
    [
        new("smtpd_milters", $"'{Nobody}'", Mail, "451 4.7.1 Service unavailable"),
        new("smtpd_milter_maps", $"{{ '127.0.0.1' = '{Nobody}' }}", Mail, "451 4.7.1 Service unavailable"),
        new("non_smtpd_milters", $"'{Nobody}'", static toml => Clean(toml, isInternal: false), $"connect to Milter service {Nobody}"),
        new("internal_mail_filter_classes", "'bounce'", static toml => Clean(toml, isInternal: true), $"connect to Milter service {Nobody}") { With = $"non_smtpd_milters = '{Nobody}'" },
        new("milter_default_action", "'reject'", Mail, "550 5.5.0 Service unavailable") { With = $"smtpd_milters = '{Nobody}'" },
        new("milter_protocol", "'4'", Heard, "O 00000004"),
        new("milter_connect_timeout", "'9s'", Options, "ConnectTimeout = 00:00:09"),
        new("milter_command_timeout", "'9s'", Options, "CommandTimeout = 00:00:09"),
        new("milter_content_timeout", "'9s'", Options, "ContentTimeout = 00:00:09"),
        new("milter_connect_macros", "'{zork}'", Heard, "D C{zork} 1") { With = Zork },
        new("milter_helo_macros", "'{zork}'", Heard, "D H{zork} 1") { With = Zork },
        new("milter_mail_macros", "'{zork}'", Heard, "D M{zork} 1") { With = Zork },
        new("milter_rcpt_macros", "'{zork}'", Heard, "D R{zork} 1") { With = Zork },
        new("milter_data_macros", "'{zork}'", Heard, "D T{zork} 1") { With = Zork },
        new("milter_end_of_header_macros", "'{zork}'", Heard, "D N{zork} 1") { With = Zork },
        new("milter_end_of_data_macros", "'{zork}'", Heard, "D E{zork} 1") { With = Zork },
        new("milter_unknown_command_macros", "'{zork}'", Heard, "D U{zork} 1") { With = Zork },
        new("milter_macro_defaults", "'zork=1'", Heard, "D Hzork 1") { With = "milter_helo_macros = 'zork {zork}'" },
        new("milter_macro_daemon_name", "'zork'", Heard, "{daemon_name} zork"),
        new("milter_macro_v", "'zork'", Heard, "v zork"),
    ];

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_value_shows(int number, string parameter)
    {
        Assert.Equal(parameter, All[number].Parameter);
        All[number].Check();
    }

    private static string Mail(string toml)
    {
        using SmtpdRig rig = new(toml);
        return rig.Talk("EHLO c", "MAIL FROM:<a@b.test>");
    }

    private static string Heard(string toml)
    {
        using ScriptedMilter milter = new("");
        using SmtpdRig rig = new($"smtpd_milters = '{milter.Name}'\n{toml}");
        rig.Talk("EHLO c", "ZORK", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\r\n\r\nx\r\n.");
        return string.Join('\n', milter.Heard);
    }

    private static string Clean(string toml, bool isInternal)
    {
        using MailFlow flow = new() { Options = PostfixNet.Cleanup.CleanupOptions.From(Row.Config("myhostname = 'mx.golden.test'", toml)) };
        using (CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(isInternal)))
        {
            client.Send(MailFlow.Encode("Sa@b.test|Rc@d.test|M|NSubject: s|N|X|E"));
            _ = client.Finish();
        }
        return string.Join('\n', flow.Log);
    }

    private static string Options(string toml)
    {
        MainConfig config = Row.Config("smtpd_milters = 'inet:h.test:1'", toml);
        return MilterSettings.Read(config).List(config, Parameters.SmtpdMilters)[0].ToString();
    }
}
