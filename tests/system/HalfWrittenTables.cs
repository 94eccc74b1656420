namespace PostfixNet.SystemTests;

/// <summary>A lookup table is being written while a service starts, or is broken for long.</summary>
public sealed class HalfWrittenTables
{
    private const string Whole = "/^192\\.0\\.2\\./ REJECT\n", Half = "/^192\\.0\\.2\\./ REJECT\n/^19";

    [Fact]
    public void WhoComesWhileItIsWrittenIsServed() => WithTable((mail, table, port) =>
    {
        File.WriteAllText(table, Half);
        Task<SmtpDialogue> client = Task.Run(() => new SmtpDialogue(port));
        Wait.For("a process that meets the table", () => mail.Pids("smtpd").Length > 0);
        File.WriteAllText(table, Whole);
        using SmtpDialogue dialogue = client.Result;
        Assert.StartsWith("220 ", dialogue.Greeting, StringComparison.Ordinal);
        Assert.Empty(mail.Log("throttling|bad command startup"));
    });

    [Fact]
    public void WhileItIsBrokenClientsAreToldToComeBack() => WithTable((mail, table, port) =>
    {
        mail.Set("service_throttle_time", "3s");
        mail.Master("reload").Ok();
        File.WriteAllText(table, Half);
        using (SmtpDialogue first = new(port))
            Assert.StartsWith("421 4.3.0 ", first.Greeting, StringComparison.Ordinal);
        File.WriteAllText(table, Whole);
        Wait.For("service", () =>
        {
            using SmtpDialogue dialogue = new(port);
            return dialogue.Greeting.StartsWith("220 ", StringComparison.Ordinal);
        });
    });

    private static void WithTable(Action<MailSystem, string, int> scenario) => MailSystem.Run(mail =>
    {
        string table = mail.PathOf("clients");
        File.WriteAllText(table, Whole);
        File.SetUnixFileMode(table, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        mail.Set("smtpd_client_restrictions", $"check_client_access regexp:{table}");
        int port = mail.Serve();
        mail.Start();
        scenario(mail, table, port);
    });
}
