using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>One message to several destinations: each has its own agent, and none waits for another.</summary>
public sealed class SeveralDestinations
{
    [Fact]
    public void ADestinationThatHangsDoesNotDelayTheOthers() => MailSystem.Run((mail, receiver) =>
    {
        using SmtpReceiver slow = Ports.Receiver();
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

    // Twelve processes for twenty destinations: two slow ones alone could take ten for a minute each.
    [Fact]
    public void ThreeDeadAndTwoSlowDestinationsDoNotDelayFifteenHealthyOnes() => MailSystem.Run((mail, _) =>
    {
        const int Healthy = 15, Messages = 5;
        using SmtpReceiver slow1 = Ports.Receiver(), slow2 = Ports.Receiver();
        slow1.SetRules("dot * delay 120s");
        slow2.SetRules("dot * delay 120s");
        List<SmtpReceiver> healthy = [];
        try
        {
            StringBuilder table = new("[transport_maps]\n");
            List<string> domains = [];
            Add("slow1.test", slow1.Port);
            Add("slow2.test", slow2.Port);
            for (int i = 0; i < 3; i++)
                Add($"dead{i}.test", Ports.Take("127.0.0.1"));
            for (int i = 0; i < Healthy; i++)
            {
                healthy.Add(Ports.Receiver());
                Add($"well{i}.test", healthy[i].Port);
            }
            mail.AddTable(table.ToString());
            mail.Set("default_process_limit", 12);
            mail.Start();
            for (int i = 0; i < Messages; i++)
                mail.Submit(MailSystem.Message($"to all {i}"), ["-f", "alice@origin.test", .. domains.Select(domain => $"r{i}@{domain}")]);
            Wait.For("all mail to the healthy ones", () => healthy.All(receiver => receiver.Messages.Count == Messages), TimeSpan.FromSeconds(60));
            // The slow ones still have the first that they were given.
            Assert.Equal((0, 0), (slow1.Messages.Count, slow2.Messages.Count));
            Assert.True(slow1.MostAtOnce + slow2.MostAtOnce < 12, $"{slow1.MostAtOnce} and {slow2.MostAtOnce} of 12 processes");
            Assert.Empty(mail.Log(@"to=<r\d@well\d+\.test>.*status=deferred"));
            Assert.NotEmpty(mail.Log(@"to=<r\d@dead\d\.test>.*status=deferred"));

            void Add(string domain, int port)
            {
                domains.Add(domain);
                table.Append($"\"{domain}\" = \"smtp:[127.0.0.1]:{port}\"\n");
            }
        }
        finally
        {
            healthy.ForEach(receiver => receiver.Dispose());
        }
    });
}
