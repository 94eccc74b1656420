namespace PostfixNet.SystemTests;

/// <summary>One message to several destinations: each has its own agent, and none waits for another.</summary>
public sealed class SeveralDestinations
{
    [Fact]
    public void ADestinationThatHangsDoesNotDelayTheOthers() => MailSystem.Run((mail, receiver) =>
    {
        using SmtpReceiver slow = new(new ReceiverOptions());
        slow.SetRules("greeting * delay 20s");
        mail.AddTable($"[transport_maps]\n\"slow.test\" = \"smtp:[127.0.0.1]:{slow.Port}\"\n\"fast.test\" = \"smtp:[127.0.0.1]:{receiver.Port}\"\n");
        mail.Start();
        for (int i = 0; i < 3; i++)
            mail.Submit(MailSystem.Message($"mixed {i}"), "-f", "alice@origin.test", $"a{i}@slow.test", $"b{i}@fast.test");
        Wait.For("the quick ones", () => receiver.Messages.Count == 3);
        // The first attempt of each did it: no recipient of the quick destination was put off because of the other.
        Assert.Empty(mail.Log(@"to=<b\d@fast\.test>.*status=deferred"));
        Assert.Empty(mail.Log("delivery put off"));
    });
}
