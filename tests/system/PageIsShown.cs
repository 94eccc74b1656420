using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.SystemTests;

/// <summary>The page of the service web, as a browser shows it. With PFN_SCREENSHOTS=DIRECTORY it is seen there, wide and narrow, light and dark.</summary>
public sealed class PageIsShown
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private const string Script = "<img/src=x/onerror=alert(1)>", Reply = "<script>alert(2)</script> try later";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private static void Run(Func<MailSystem, Browser, string, Task> scenario, ReceiverOptions? options = null, bool withActions = false) => MailSystem.Run((mail, _) =>
    {
        int port = Ports.Take("127.0.0.1");
        string token = mail.PathOf("token"), root = $"http://127.0.0.1:{port}";
        File.WriteAllText(token, Token);
        File.SetUnixFileMode(token, UnixFileMode.UserRead);
        mail.Set("web_enable", true);
        mail.Set("web_listen", $"127.0.0.1:{port}");
        if (withActions)
        {
            mail.Set("web_token_file", token);
            mail.Set("web_actions", true);
        }
        mail.Set("events_enable", true);
        mail.Set("history_enable", true);
        mail.Set("suppression_enable", true);
        mail.Set("minimal_backoff_time", "1h");
        mail.Set("maximal_backoff_time", "1h");
        // One refused connection is enough to leave a destination alone.
        mail.Set("initial_destination_concurrency", 1);
        mail.Start();
        using HttpClient http = new() { Timeout = s_patience };
        Wait.For("the web server", () => IsThere(http, root), s_patience);
        Show().GetAwaiter().GetResult();

        async Task Show()
        {
            await using Browser browser = await Browser.Start();
            await scenario(mail, browser, root);
            Assert.Empty(browser.Wrong);
        }
    }, options);

    private static bool IsThere(HttpClient http, string root)
    {
        try
        {
            using HttpResponseMessage response = http.Send(new HttpRequestMessage(HttpMethod.Get, root + "/"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task Picture(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("PFN_SCREENSHOTS") is { Length: > 0 } directory)
            await page.ScreenshotAsync(new() { Path = Path.Combine(directory, $"{name}.png"), FullPage = true });
    }

    private static string Deferred(MailSystem mail, string sender, string recipient)
    {
        mail.Submit(MailSystem.Message("private words"), "-f", sender, recipient);
        string pattern = $@" ([0-9A-Za-z]+): to=<{Regex.Escape(recipient)}>.* status=deferred";
        return Regex.Match(mail.WaitForLog(pattern, s_patience), pattern).Groups[1].Value;
    }

    [BrowserFact]
    public void WhatWaitsIsShownOnEachScreenAndWhatServersAndSendersSayIsInert() => Run(async (mail, browser, root) =>
    {
        string id = Deferred(mail, $"\"{Script}\"@origin.test", "\"<b>bob</b>\"@sink.test");
        Wait.For("the history to have it", () => mail.Postqueue("history", id).Output.Contains("put off", StringComparison.Ordinal), s_patience);
        mail.Master("suppress", "add", "gone@sink.test", "--reason", Script).Ok();
        foreach ((int width, bool isDark) in ((int, bool)[])[(1280, false), (1280, true), (390, false), (390, true)])
        {
            IPage page = await browser.Open(root, width, isDark);
            string look = $"{(width < 600 ? "narrow" : "wide")}-{(isDark ? "dark" : "light")}";
            await See("overview", "Overview", page.Locator(".cards").GetByText("deferred"));
            await page.GetByRole(AriaRole.Button, new() { Name = "Count it" }).ClickAsync();
            await page.GetByText("1 message for 1 recipients").WaitForAsync();
            await See(null, "Overview", page.GetByRole(AriaRole.Table, new() { Name = "Reasons", Exact = true }).GetByText("try later"), "shape");
            await See("queue", "Queue", page.GetByRole(AriaRole.Link, new() { Name = id }));
            Assert.Contains(Reply, await page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
            Assert.Contains(Script, await page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
            Assert.Contains("<b>bob</b>", await page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
            await page.GetByRole(AriaRole.Link, new() { Name = id }).ClickAsync();
            await See(null, $"Message {id}", page.Locator(".story").GetByText("accepted"), "message");
            Assert.Contains(Reply, await page.Locator(".story").InnerTextAsync(), StringComparison.Ordinal);
            await See("destinations", "Destinations", page.GetByRole(AriaRole.Table, new() { Name = "Transports" }));
            await See("suppressions", "Suppressions", page.GetByText("gone@sink.test"));
            // Nothing of it became part of the page.
            Assert.Equal(0, await page.Locator("main img, main script, main b, [onerror]").CountAsync());
            await page.Context.CloseAsync();

            async Task See(string? view, string title, ILocator what, string? name = null)
            {
                if (view is not null)
                    await page.GotoAsync($"/#/{view}");
                await page.GetByRole(AriaRole.Heading, new() { Name = title, Level = 1 }).WaitForAsync();
                await what.First.WaitForAsync();
                await Picture(page, $"{view ?? name}-{look}");
                Assert.Empty(await Browser.Faults(page));
                // Nothing is beside the screen.
                Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{view ?? name} is wider than {look}");
            }
        }
    }, new ReceiverOptions { Rules = [Rule.Parse($"rcpt * 451 4.3.0 {Reply}")] });

    [BrowserFact]
    public void ADestinationThatIsLeftAloneSaysWhy() => Run(async (mail, browser, root) =>
    {
        mail.Set("relayhost", "[127.0.0.1]:1");
        mail.Master("reload").Ok();
        Deferred(mail, "alice@origin.test", "bob@sink.test");
        IPage page = await browser.Open(root);
        await page.GotoAsync("/#/destinations");
        ILocator row = page.GetByRole(AriaRole.Table, new() { Name = "Next hops" }).GetByRole(AriaRole.Row, new() { NameRegex = new Regex(@"\[127\.0\.0\.1\]:1 .*left alone.*Connection refused") });
        await row.WaitForAsync();
        await Picture(page, "dead-wide-light");
        await page.GotoAsync("/#/overview");
        await page.GetByRole(AriaRole.Table, new() { Name = "Destinations and transports in trouble" }).GetByText("Connection refused").WaitForAsync();
        await page.GetByText("1 destination left alone").WaitForAsync();
    });

    [BrowserFact]
    public void MailIsActedOnWithTheTokenAndTheKeyboardAlone() => Run(async (mail, browser, root) =>
    {
        mail.Set("relayhost", "[127.0.0.1]:1");
        mail.Master("reload").Ok();
        string id = Deferred(mail, "alice@origin.test", "bob@sink.test");
        IPage page = await browser.Open(root);
        await page.GotoAsync("/#/queue");
        // Nobody sees anything before he has shown it.
        await page.Locator("#token-text").WaitForAsync();
        Assert.DoesNotContain("bob@sink.test", await page.ContentAsync(), StringComparison.Ordinal);
        Assert.Empty(await Browser.Faults(page));
        await page.Keyboard.TypeAsync(Token);
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = $"Choose {id}" }).WaitForAsync();
        Assert.DoesNotContain(Token, await page.ContentAsync(), StringComparison.Ordinal);
        await Picture(page, "actions-wide-light");
        await TabTo("Choose");
        await page.Keyboard.PressAsync("Space");
        await TabTo("Hold");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("1 message put on hold.").WaitForAsync();
        await page.GetByRole(AriaRole.Table).GetByText("hold", new() { Exact = true }).WaitForAsync();
        Assert.NotEmpty(mail.Log($@"ordered by web client 127\.0\.0\.1: hold {id}$"));

        await page.GotoAsync($"/#/message/{id}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        // The one who only presses keys on has changed nothing.
        await page.GetByText("1 message will be deleted").WaitForAsync();
        Assert.Empty(await Browser.Faults(page));
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#sure-dialog").WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        Assert.Contains(id, mail.Postqueue("list", "--json").Ok().Output, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.Locator("#sure-yes").ClickAsync();
        await page.GetByText("1 message deleted.").WaitForAsync();
        Assert.Equal("", mail.Postqueue("list", "--json").Ok().Output);

        async Task TabTo(string name)
        {
            for (int i = 0; i < 60; i++)
            {
                await page.Keyboard.PressAsync("Tab");
                if ((await page.EvaluateAsync<string>("(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || '').trim()")).StartsWith(name, StringComparison.Ordinal))
                    return;
            }
            Assert.Fail($"no key leads to {name}");
        }
    }, withActions: true);

    [BrowserFact]
    public void AQueueOfAHundredThousandIsShown() => Run(async (mail, browser, root) =>
    {
        const int Count = 100_000;
        string last = Fill(mail, Count);
        IPage page = await browser.Open(root);
        await page.GotoAsync("/#/overview");
        await page.GetByText("running, 100,000 messages").WaitForAsync();
        await Picture(page, "many-overview");
        await page.GotoAsync("/#/queue");
        await page.GetByText("user000001@sink.test").WaitForAsync();
        Assert.Equal(50, await page.Locator("tbody tr").CountAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await page.GetByText("user000051@sink.test").WaitForAsync();
        await Picture(page, "many-queue");
        await page.GetByRole(AriaRole.Button, new() { Name = "Page before" }).ClickAsync();
        await page.GetByText("user000001@sink.test").WaitForAsync();
        // One among them, by a filter: what is found in the time for a page is shown.
        await page.GotoAsync($"/#/queue/{Uri.EscapeDataString($"recipient=user000007@sink.test or id={last}")}");
        await page.GetByText("user000007@sink.test").WaitForAsync();

        // No more memory than for a page: the resident set at its largest, in kB.
        Assert.InRange(PeakOf(Assert.Single(mail.Pids("web"))), 1, 200_000);
    }, new ReceiverOptions { Rules = [Rule.Parse("rcpt * 451 4.3.0 later")] });

    // Returns the last of the queue IDs.
    private static string Fill(MailSystem mail, int count)
    {
        string first = Deferred(mail, "alice@origin.test", "user000000@sink.test"), last = "";
        mail.Postsuper(["-h", first]).Ok();
        string hold = Path.Combine(mail.QueueDirectory, "hold"), message = Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(hold, first)));
        // Made beside the queue: what comes into it has its owner, and the name of its inode.
        string stage = Directory.CreateDirectory(mail.PathOf("stage")).FullName;
        List<string> names = [];
        for (int i = 1; i < count; i++)
        {
            string path = Path.Combine(stage, "new");
            File.WriteAllBytes(path, Encoding.Latin1.GetBytes(message.Replace("user000000", string.Create(CultureInfo.InvariantCulture, $"user{i:000000}"), StringComparison.Ordinal)));
            FileSystem.ChangeMode(path, QueueFileMode.Ready);
            names.Add(last = QueueId.Create(1_795_000_000 + i, 0, FileSystem.Status(path)!.Value.Inode, longForm: true).ToString());
            File.Move(path, Path.Combine(stage, last));
        }
        Command.Run("chown", ["-R", string.Create(CultureInfo.InvariantCulture, $"{mail.OwnerUid}:{mail.OwnerGid}"), stage]).Ok();
        names.ForEach(name => File.Move(Path.Combine(stage, name), Path.Combine(hold, name)));
        return last;
    }

    private static int PeakOf(int pid) => int.Parse(Regex.Match(File.ReadAllText($"/proc/{pid}/status"), @"VmHWM:\s+(\d+) kB").Groups[1].Value, CultureInfo.InvariantCulture);
}
