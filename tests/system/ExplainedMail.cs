using System.Text.Json;

namespace PostfixNet.SystemTests;

/// <summary>postqueue explain tells why mail waits, from the files and from the queue manager's memory.</summary>
public sealed class ExplainedMail
{
    // S1-29, S3-07
    [Fact]
    public void EachMessageHasItsReason() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt later@* 450 4.2.0 come back later", "rcpt slow* delay 600s");
        mail.Set("minimal_backoff_time", "300s");
        mail.Set("maximal_backoff_time", "4000s");
        mail.Set("default_destination_concurrency_limit", 1);
        mail.Start();
        string deferred = Submit(mail, "later@sink.test", "deferred");
        string busy = Submit(mail, "slow1@sink.test", "active");
        Wait.For("a delivery under way", () => Code(mail, busy) == "delivering");
        string waits = Submit(mail, "slow2@other.test", "active");
        Assert.Contains(mail.Pids("smtp"), pid => pid == Recipient(mail, busy).GetProperty("process").GetInt32());
        Assert.Equal("destination_full", Code(mail, waits));
        JsonElement later = Recipient(mail, deferred);
        Assert.Equal("backoff", later.GetProperty("code").GetString());
        Assert.InRange(later.GetProperty("until").GetInt64() - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 200, 400);
        Assert.Contains("450 4.2.0 come back later", later.GetProperty("delay_reason").GetString());
        Assert.Equal($"[127.0.0.1]:{receiver.Port}", later.GetProperty("next_hop").GetString());
        Assert.Equal(1, later.GetProperty("concurrency_limit").GetInt32());

        mail.Postsuper(["-h", deferred]).Ok();
        Assert.Equal("held", Code(mail, deferred));
        mail.Master("pause", "destination", "other.test").Ok();
        Wait.For("the pause", () => Code(mail, waits) == "paused");
        string[] text = mail.Postqueue("explain", "other.test").Ok().Lines;
        Assert.StartsWith($"{waits}: ", text[0]);
        Assert.Equal("  slow2@other.test: paused by an operator (paused)", text[1]);

        Assert.Equal(69, mail.Postqueue("explain", "nobody.test").Status);
        mail.Stop();
        Assert.Equal(69, mail.Postqueue("-x", waits).Status);
    });

    private static string Submit(MailSystem mail, string recipient, string queue)
    {
        string[] before = mail.Ids(queue);
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", recipient);
        Wait.For($"{recipient} in {queue}", () => mail.Ids(queue).Length == before.Length + 1 && mail.Ids("maildrop", "incoming").Length == 0);
        return Assert.Single(mail.Ids(queue).Except(before));
    }

    private static JsonElement Recipient(MailSystem mail, string id) =>
        JsonDocument.Parse(mail.Postqueue("-j", "-x", id).Ok().Output).RootElement.GetProperty("recipients")[0];

    private static string? Code(MailSystem mail, string id) => Recipient(mail, id).GetProperty("code").GetString();
}
