using System.Diagnostics;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Notices;

namespace PostfixNet.UnitTests.Notices;

/// <summary>bounce_template_file: the format of Postfix's bounce(5).</summary>
public sealed class TemplateFileTests
{
    private const string Good = """
        # Ours.

        failure_template = <<END
        Charset: us-ascii
        From: Postman <postman>
        Subject: It did not arrive
        Postmaster-Subject: Copy: it did not arrive

        Here is $myhostname. It costs $$5.

        It lives ${maximal_queue_lifetime_days} days, $maximal_queue_lifetime_hours hours.
        END
          delay_template=<<EOF
        Subject: Patience

        $delay_warning_time_minutes minutes
        EOF
        """;

    private static readonly MainConfig s_config = MainConfig.FromText("""
        myhostname = "mta.test"
        delay_warning_time = "90m"
        maximal_queue_lifetime = "2d"
        """);

    private static NoticeTemplates Parse(byte[] file) =>
        TemplateFile.Parse("/x/bounce.cf", file, NoticeTemplates.BuiltIn(s_config), name => NoticeTemplates.ValueOf(s_config, name));

    private static NoticeTemplates Parse(string file) => Parse(Encoding.UTF8.GetBytes(file));

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Templates_take_the_place_of_the_built_in_ones(string lineEnd)
    {
        NoticeTemplates templates = Parse(Good.Replace("\n", lineEnd, StringComparison.Ordinal));
        Assert.Equal(new NoticeTemplate("Postman <postman>", "It did not arrive", "Copy: it did not arrive",
            "Here is mta.test. It costs $5.\n\nIt lives 2 days, 48 hours.\n"), templates.Failure);
        Assert.Equal(("Patience", "Postmaster Warning: Delayed Mail", "90 minutes\n"), (templates.Delay.Subject, templates.Delay.PostmasterSubject, templates.Delay.Text));
        Assert.Equal(NoticeTemplates.BuiltIn(s_config).Success, templates.Success);
        Assert.Equal(NoticeTemplates.BuiltIn(s_config).Status, templates.Status);
    }

    [Theory]
    [InlineData("iso-8859-1")]
    [InlineData("utf-8")]
    [InlineData("koi8-r")]
    public void Text_of_any_charset_becomes_utf8(string charset)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        string words = charset == "koi8-r" ? "Ваше письмо" : "Ihre Nachricht konnte nicht zugestellt werden: für Ärger übel";
        byte[] file = Encoding.GetEncoding(charset).GetBytes($"success_template = <<E\nCharset: {charset}\n\n{words}\nE\n");
        Assert.Equal(words + "\n", Parse(file).Success.Text);
    }

    [Theory]
    [InlineData("failure_template = EOF\n", 1, "not understood")]
    [InlineData("\nsome words\n", 2, "not understood")]
    [InlineData("other_template = <<EOF\n\nx\nEOF\n", 1, "no such template: other_template")]
    [InlineData("failure_template = <<EOF\nSubject: x\n\ntext\n EOF\n", 1, "no end")]
    [InlineData("failure_template = <<EOF\nSubject x\n\ntext\nEOF\n", 2, "missing its \":\"")]
    [InlineData("failure_template = <<EOF\nSubject: J\u00f6rg\n\ntext\nEOF\n", 2, "RFC 2047")]
    [InlineData("failure_template = <<EOF\nBcc: x\n\ntext\nEOF\n", 2, "\"bcc\" is not accepted")]
    [InlineData("success_template = <<EOF\nPostmaster-Subject: x\n\ntext\nEOF\n", 2, "is not accepted")]
    [InlineData("failure_template = <<EOF\nCharset: klingon\n\ntext\nEOF\n", 2, "unknown charset: klingon")]
    [InlineData("failure_template = <<EOF\nSubject: x\nEOF\n", 3, "has no text")]
    [InlineData("failure_template = <<EOF\n\ngood\nJ\u00f6rg\nEOF\n", 4, "not us-ascii")]
    [InlineData("failure_template = <<EOF\n\n$nonsense\nEOF\n", 3, "$nonsense is not defined")]
    [InlineData("failure_template = <<EOF\n\n$delay_warning_time_years\nEOF\n", 3, "is not defined")]
    [InlineData("failure_template = <<EOF\n\ncosts 5$\nEOF\n", 3, "$$ for a dollar sign")]
    public void What_is_wrong_is_told_with_its_line(string file, int line, string problem)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => Parse(file));
        Assert.StartsWith($"/x/bounce.cf:{line}:1: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_parameter_names_a_file_beside_main_toml()
    {
        string directory = Directory.CreateTempSubdirectory("postfixnet-test-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "main.toml"), "myhostname = 'mta.test'\nbounce_template_file = 'bounce.cf'\n");
            MainConfig config = MainConfig.Load(directory);
            Assert.StartsWith($"{directory}/main.toml:2:", Assert.Throws<ConfigurationException>(() => NoticeTemplates.Load(config)).Message, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(directory, "bounce.cf"), Good);
            Assert.Equal("It did not arrive", NoticeTemplates.Load(config).Failure.Subject);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // A warning at the start of defer.
    [Theory]
    [InlineData("0", "", false)]
    [InlineData("59m", "", true)]
    [InlineData("1h", "", false)]
    [InlineData("59m", "failure_template = <<E\n\nx\nE\n", true)]
    [InlineData("59m", "delay_template = <<E\n\n$delay_warning_time_minutes minutes\nE\n", false)]
    public void Whoever_waits_less_than_an_hour_needs_a_text_of_his_own(string delay, string file, bool warns)
    {
        string directory = Directory.CreateTempSubdirectory("postfixnet-test-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "main.toml"), $"myhostname = 'mta.test'\ndelay_warning_time = '{delay}'\n" + (file.Length > 0 ? "bounce_template_file = 'bounce.cf'\n" : ""));
            File.WriteAllText(Path.Combine(directory, "bounce.cf"), file);
            Assert.Equal(warns, BounceService.TellsNoHours(MainConfig.Load(directory), new LogRecord()));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // What Postfix itself makes of the file, expanded: "postconf -b".
    [Fact]
    public void Postfix_reads_the_same_text_in_the_same_file()
    {
        string directory = Directory.CreateTempSubdirectory("postfixnet-test-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "main.cf"), "compatibility_level = 3.6\nmyhostname = mta.test\ndelay_warning_time = 90m\nmaximal_queue_lifetime = 2d\n");
            File.WriteAllText(Path.Combine(directory, "master.cf"), "");
            string file = Path.Combine(directory, "bounce.cf");
            File.WriteAllText(file, Good.Replace("  delay_template=<<EOF", "delay_template = <<EOF", StringComparison.Ordinal) + "\n");
            ProcessStartInfo start = new("/usr/sbin/postconf", ["-c", directory, "-b", file]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process postconf = Process.Start(start)!;
            string text = postconf.StandardOutput.ReadToEnd();
            string errors = postconf.StandardError.ReadToEnd();
            postconf.WaitForExit();
            Assert.True(postconf.ExitCode == 0, errors);
            NoticeTemplates ours = Parse(File.ReadAllBytes(file));
            Assert.Contains($"expanded_failure_text = <<EOF\n{ours.Failure.Text}EOF\n", text, StringComparison.Ordinal);
            Assert.Contains($"expanded_delay_text = <<EOF\n{ours.Delay.Text}EOF\n", text, StringComparison.Ordinal);
            // What the file does not have is built in, there and here.
            Assert.Contains($"expanded_success_text = <<EOF\n{ours.Success.Text}EOF\n", text, StringComparison.Ordinal);
            Assert.Contains($"expanded_verify_text = <<EOF\n{ours.Status.Text}EOF\n", text, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
