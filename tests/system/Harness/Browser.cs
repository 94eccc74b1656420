using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace PostfixNet.SystemTests.Harness;

/// <summary>Debian's Chromium without a window, driven by Playwright. Whatever a page does wrong while it is shown is a failure.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly List<string> wrong = [];

    private Browser(IPlaywright playwright, IBrowser browser) => (this.playwright, this.browser) = (playwright, browser);

    /// <summary>Why pages cannot be shown here; null: they can.</summary>
    public static string? WhyNot { get; } = File.Exists(Program) ? null : $"there is no {Program}: run ./test.sh as root, or install the Debian package chromium";

    /// <summary>Scripts that broke, what the browser refused, and requests to elsewhere.</summary>
    public IReadOnlyList<string> Wrong => wrong;

    public static async Task<Browser> Start()
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        // It runs as root here, of which its own sandbox wants nothing; the pages are ours.
        IBrowser browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Headless = true, ChromiumSandbox = false, Args = ["--disable-gpu", "--disable-dev-shm-usage"] });
        return new Browser(playwright, browser);
    }

    /// <summary>A page of a reader.</summary>
    /// <param name="root">Of the server.</param>
    /// <param name="width">Of the window, in pixels; below 600 it is a phone's.</param>
    /// <param name="isDark">He wants it dark.</param>
    public async Task<IPage> Open(string root, int width = 1280, bool isDark = false)
    {
        IBrowserContext context = await browser.NewContextAsync(new()
        {
            BaseURL = root,
            ViewportSize = new ViewportSize { Width = width, Height = width < 600 ? 800 : 900 },
            IsMobile = width < 600,
            HasTouch = width < 600,
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(180_000);
        IPage page = await context.NewPageAsync();
        page.PageError += (_, error) => wrong.Add($"script: {error}");
        page.Console += (_, message) =>
        {
            // What the API refuses is told on the page, and in the console by the browser itself.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource: the server responded with a status of", StringComparison.Ordinal))
                wrong.Add($"console: {message.Text}");
        };
        page.Dialog += (_, dialog) =>
        {
            wrong.Add($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(root, StringComparison.Ordinal))
                wrong.Add($"request: {request.Url}");
        };
        return page;
    }

    /// <summary>What axe-core finds that keeps people from using the page: faults of the impacts serious and critical.</summary>
    public static async Task<string[]> Faults(IPage page)
    {
        AxeResult result = await page.RunAxe();
        return [.. result.Violations.Where(static fault => fault.Impact is "serious" or "critical").Select(static fault => $"{fault.Id}: {string.Join("; ", fault.Nodes.Select(static node => node.Html))}")];
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}

/// <summary>A test that shows pages; passed over, with a reason, where there is no browser.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Browser.WhyNot;
}
