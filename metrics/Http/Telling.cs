using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using PostfixNet.Service;

namespace PostfixNet.Metrics;

/// <summary>Tells what is counted: to those who ask over HTTP, and to a collector. The only class that knows OpenTelemetry and ASP.NET.</summary>
internal sealed class Telling : IDisposable
{
    /// <summary>Whose instruments are told.</summary>
    internal const string MeterName = "postfixnet";

    /// <summary>For so long an answer is kept, whoever asks.</summary>
    internal const int HoldsMilliseconds = 300;

    private const int OtlpInterval = 30_000, OtlpPatience = 10_000, MostClients = 20;
    private static readonly TimeSpan s_headersLimit = TimeSpan.FromSeconds(5), s_idleLimit = TimeSpan.FromSeconds(60), s_lastWords = TimeSpan.FromSeconds(2);

    private readonly MeterProvider _provider;
    private readonly WebApplication? _server;

    private Telling(MeterProvider provider, WebApplication? server) => (_provider, _server) = (provider, server);

    /// <exception cref="StartException">It cannot listen.</exception>
    internal static Telling Start(MetricsOptions options, Health health)
    {
        MeterProvider provider = Provider(options);
        if (options.Listen is not { } address)
            return new Telling(provider, null);
        WebApplication server = Server(address, provider, health);
        try
        {
            server.StartAsync().GetAwaiter().GetResult();
        }
        // The address is in use; or it is not this host's, or not for us.
        catch (Exception e) when (e is IOException or SocketException)
        {
            provider.Dispose();
            throw new StartException($"no metrics at {address}: {(e.InnerException ?? e).Message}", e);
        }
        return new Telling(provider, server);
    }

    private static MeterProvider Provider(MetricsOptions options)
    {
        int most = (options.SiteLimit * Sites.Turns + 1) * Outcome.Reasons.Count;
        MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.Clear().AddService("postfix.net", serviceInstanceId: options.HostName))
            .AddMeter(MeterName)
            .AddView(DeliveryMeters.Deferred, new MetricStreamConfiguration { CardinalityLimit = most });
        if (options.Listen is not null)
        {
            builder.AddPrometheusExporter(null, static prometheus =>
            {
                prometheus.ScopeInfoEnabled = false;
                prometheus.ScrapeResponseCacheDurationMilliseconds = HoldsMilliseconds;
            });
        }
        if (options.OtlpEndpoint is { } endpoint)
        {
            builder.AddOtlpExporter((otlp, reader) =>
            {
                (otlp.Endpoint, otlp.Protocol, otlp.TimeoutMilliseconds) = (endpoint, OtlpExportProtocol.HttpProtobuf, OtlpPatience);
                reader.PeriodicExportingMetricReaderOptions = new PeriodicExportingMetricReaderOptions { ExportIntervalMilliseconds = OtlpInterval, ExportTimeoutMilliseconds = OtlpPatience };
            });
        }
        return builder.Build()!;
    }

    private static WebApplication Server(IPEndPoint address, MeterProvider provider, Health health)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            KestrelServerLimits limits = kestrel.Limits;
            (limits.MaxConcurrentConnections, limits.MaxRequestBodySize, limits.RequestHeadersTimeout, limits.KeepAliveTimeout) = (MostClients, 0, s_headersLimit, s_idleLimit);
            kestrel.Listen(address, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        // Signals are master's matter.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        WebApplication server = builder.Build();
        server.UseOpenTelemetryPrometheusScrapingEndpoint(provider, static context => IsRead(context) && context.Request.Path == "/metrics", null, null, null);
        server.Run(context => Answer(context, health));
        return server;
    }

    private static bool IsRead(HttpContext context) => HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static Task Answer(HttpContext context, Health health)
    {
        if (!IsRead(context))
            return Send(context, StatusCodes.Status405MethodNotAllowed, "{\"error\": \"only GET\"}\n");
        switch (context.Request.Path.Value)
        {
            case "/healthz":
                return Send(context, StatusCodes.Status200OK, "{\"alive\": true}\n");
            case "/readyz":
                (bool isReady, string json) = health.Readiness();
                return Send(context, isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json);
            default:
                return Send(context, StatusCodes.Status404NotFound, "{\"error\": \"there are /metrics, /healthz and /readyz\"}\n");
        }
    }

    private static Task Send(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = json.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(json);
    }

    public void Dispose()
    {
        if (_server is not null)
        {
            using CancellationTokenSource limit = new(s_lastWords);
            try
            {
                _server.StopAsync(limit.Token).GetAwaiter().GetResult();
            }
            catch (OperationCanceledException)
            {
                // Clients that do not go.
            }
        }
        _provider.Shutdown((int)s_lastWords.TotalMilliseconds);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
