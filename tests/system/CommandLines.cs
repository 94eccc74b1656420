namespace PostfixNet.SystemTests;

/// <summary>Verbs, long options and help on the programs as built: what finds them by reflection must have stayed in.</summary>
public sealed class CommandLines
{
    [Theory]
    [InlineData("master", "--help", "usage: master", "start-fg", "resume")]
    [InlineData("master", "pause --help", "usage: master", "--config=DIRECTORY", "[transport NAME]")]
    [InlineData("master", "passwd --help", "--delete", "--crypt", "--list", "USER")]
    [InlineData("master", "help check", "usage: master", "--config=DIRECTORY")]
    [InlineData("postqueue", "--help", "usage: postqueue", "list", "flush", "explain")]
    [InlineData("postqueue", "flush --help", "--id=QUEUE_ID", "--site=DOMAIN")]
    [InlineData("postsuper", "--help", "usage: postsuper", "--delete=QUEUE_ID", "--structure")]
    [InlineData("master", "--help", "SYNOPSIS", "master [-c config_directory] config --for", "DIAGNOSTICS", "77: not permitted")]
    [InlineData("master", "status --help", "--json", "DIAGNOSTICS", "77: not permitted")]
    [InlineData("sendmail", "--help", "SYNOPSIS", "sendmail -bs", "DIAGNOSTICS", "Exit 0: queued")]
    [InlineData("mailq", "--help", "SYNOPSIS", "mailq | sendmail -bp")]
    [InlineData("postconf", "--help", "SYNOPSIS", "postconf [-c config_directory]", "Exit status 0")]
    [InlineData("posttool", "--help", "SYNOPSIS", "posttool postconf|")]
    [InlineData("posttool", "postmap --help", "SYNOPSIS", "postmap [-c config_directory] -q")]
    [InlineData("sendmail", "--version", "sendmail (Postfix.Net) ")]
    [InlineData("postcat", "--version", "postcat (Postfix.Net) ")]
    [InlineData("master", "--version", "master (Postfix.Net) ")]
    [InlineData("postqueue", "--version", "postqueue (Postfix.Net) ")]
    [InlineData("postsuper", "--version", "postsuper (Postfix.Net) ")]
    public void HelpGoesToStandardOutput(string program, string line, params string[] wants)
    {
        CommandResult result = MailSystem.Tool(program, line.Split(' ')).Ok();
        Assert.Equal("", result.Error);
        Assert.All(wants, want => Assert.Contains(want, result.Output));
    }

    [Theory]
    [InlineData("master", "", "no command given; usage: master")]
    [InlineData("master", "strat", "unknown command \"strat\", did you mean \"start\"?; usage: master")]
    [InlineData("master", "-t", "unknown option -t; options: --config")]
    [InlineData("master", "--confg", "unknown option --confg, did you mean \"--config\"?")]
    [InlineData("master", "-c", "option -c needs a value; usage: master")]
    [InlineData("master", "-c /etc", "no command given; usage: master")]
    [InlineData("master", "stop now", "\"now\" is one word too many; see \"master stop --help\"")]
    [InlineData("master", "check --config", "option --config needs a value; see \"master check --help\"")]
    [InlineData("postqueue", "explian A", "unknown command \"explian\", did you mean \"explain\"?; usage: postqueue")]
    [InlineData("postqueue", "flush --sit a.test", "unknown option --sit, did you mean \"--site\"?")]
    [InlineData("postsuper", "--delte A", "unknown option --delte, did you mean \"--delete\"?")]
    [InlineData("postsuper", "--delete A --delete B", "option --delete is given twice; usage: postsuper")]
    public void WhatIsWrongAndWhatIsAcceptedIsOneLine(string program, string line, string want)
    {
        CommandResult result = MailSystem.Tool(program, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((64, ""), (result.Status, result.Output));
        string error = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"{program}: fatal: {want}", error);
    }

    [Fact]
    public void HelpThatCannotBeWrittenIsNoSuccess()
    {
        CommandResult result = Command.Run("sh", ["-c", "\"$0\" --help >/dev/full", Repository.Program("master")]);
        Assert.Equal((75, "fatal: write standard output: No space left on device\n"), (result.Status, result.Error));
    }

    [Fact]
    public void LongNamesDoWhatLettersDo() => MailSystem.Run(mail =>
    {
        mail.Start();
        Assert.Equal("Mail queue is empty\n", mail.Postqueue("list").Ok().Output);
        mail.Postqueue("flush").Ok();
        mail.Master("pause", "destination", "sink.test").Ok();
        mail.Submit(MailSystem.Message("waits"), "-f", "alice@origin.test", "bob@sink.test");
        string id = "";
        Wait.For("the paused message", () => mail.Postqueue("list", "--json").Ok().Output is { Length: > 0 } line
            && (id = line.Split("\"queue_id\": \"")[1].Split('"')[0]).Length > 0 && !line.Contains("\"maildrop\"") && !line.Contains("\"incoming\""));
        Assert.Contains("bob@sink.test: ", mail.Postqueue("explain", id).Ok().Output);
        Assert.StartsWith("{\"queue_name\": ", mail.Postqueue("explain", "--json", "sink.test").Ok().Output);
        Assert.Contains("Placed on hold: 1 message", mail.Postsuper(["--hold", id]).Ok().Error);
        Assert.Contains("Released from hold: 0 messages", mail.Postsuper(["--release=ALL", "deferred"]).Ok().Error);
        Assert.Contains("Released from hold: 1 message", mail.Postsuper(["--release", $"{id},{id}"]).Ok().Error);
        Assert.Contains("Deleted: 1 message", mail.Postsuper(["--delete", "ALL"]).Ok().Error);
        mail.Master("resume").Ok();
        mail.Stop();
    });
}
