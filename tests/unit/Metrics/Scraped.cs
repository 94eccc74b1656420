using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Configuration;
using PostfixNet.Metrics;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Metrics;

/// <summary>The meters of the program behind its HTTP server: what a scrape gets.</summary>
internal sealed class Scraped : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Meter _meter = new(Telling.MeterName);
    private readonly Telling _telling;
    private readonly HttpClient _http;

    internal Scraped(int siteLimit = 50, string more = "")
    {
        int port = FreePort();
        MainConfig config = MainConfig.FromText($"myhostname = 'mta.golden.test'\nqueue_directory = '{_directory.Path}'\nmetrics_listen = '127.0.0.1:{port}'\nmetrics_site_limit = {siteLimit}\n{more}");
        MetricsOptions options = MetricsOptions.Read(config);
        Sites = new Sites(siteLimit);
        _telling = Telling.Start(options, new Health(options.ReadyAgeLimit, () => State, TimeProvider.System));
        Deliveries = new DeliveryMeters(_meter, Sites, _directory.Path + "/position");
        _ = new StateMeters(_meter, () => State, Sites, TimeProvider.System);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    internal Sites Sites { get; }

    internal DeliveryMeters Deliveries { get; }

    internal SystemState? State { get; set; }

    internal (HttpStatusCode Status, string Text) Get(string path)
    {
        using HttpResponseMessage response = _http.GetAsync(path).GetAwaiter().GetResult();
        return (response.StatusCode, response.Content.ReadAsStringAsync().GetAwaiter().GetResult());
    }

    /// <summary>Lines of samples, after the time for which an answer is kept.</summary>
    internal string[] Samples()
    {
        Thread.Sleep(Telling.HoldsMilliseconds + 50);
        return [.. Get("/metrics").Text.Split('\n').Where(static line => line.Length > 0 && line[0] != '#')];
    }

    /// <summary>The value of a series, labels in any order; null: there is none.</summary>
    internal static double? Value(string[] samples, string name, params string[] labels)
    {
        string? line = samples.SingleOrDefault(sample => sample.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => sample.Contains(label, StringComparison.Ordinal)));
        return line is null ? null : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>What promtool says of an exposition; empty: all is well, or there is no promtool.</summary>
    internal static string Promtool(string text)
    {
        const string path = "/usr/bin/promtool";
        if (!File.Exists(path))
            return "";
        using Process process = Process.Start(new ProcessStartInfo(path, "check metrics") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : output.Result + error.Result;
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        _http.Dispose();
        _telling.Dispose();
        _meter.Dispose();
        _directory.Dispose();
    }
}
