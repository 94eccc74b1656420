using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Web;

/// <summary>The HTTP server. It knows nothing of mail: each request goes through the gate, and then to a file or to the API.</summary>
internal sealed class WebServer : IDisposable
{
    private const string ApiRoot = "/api/v1/";
    private const int MostClients = 50, LargestOrder = 64 * 1024, LargestHeaders = 16 * 1024, LongestLine = 8 * 1024, MostAnswered = 4;
    private static readonly TimeSpan s_headersLimit = TimeSpan.FromSeconds(5), s_idleLimit = TimeSpan.FromSeconds(15), s_turnLimit = TimeSpan.FromSeconds(10), s_lastWords = TimeSpan.FromSeconds(2);

    private readonly WebOptions _options;
    private readonly Gate _gate;
    private readonly Api _api;
    private readonly Log _log;
    private readonly SemaphoreSlim _turns = new(MostAnswered);
    private readonly LocalClients _local = new();
    private readonly WebApplication _server;

    /// <param name="secrets">For who may ask.</param>
    internal WebServer(WebOptions options, WebSecrets secrets, Api api, Log log)
    {
        (_options, _gate, _api, _log) = (options, new Gate(options, secrets.Token, log), api, log);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            KestrelServerLimits limits = kestrel.Limits;
            // Who says nothing, or does not listen, is gone soon, and takes no other's place for long.
            (limits.MaxConcurrentConnections, limits.MaxRequestBodySize, limits.RequestHeadersTimeout, limits.KeepAliveTimeout) = (MostClients, LargestOrder, s_headersLimit, s_idleLimit);
            (limits.MaxRequestHeadersTotalSize, limits.MaxRequestLineSize) = (LargestHeaders, LongestLine);
            kestrel.Listen(_local.EndPoint, static listen => listen.Protocols = HttpProtocols.Http1);
            if (options.Listen is not null)
            {
                kestrel.Listen(options.Listen, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    if (secrets.Certificate is { } certificate)
                        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(new System.Net.Security.SslServerAuthenticationOptions { ServerCertificateContext = certificate }), HandshakeTimeout = s_headersLimit });
                });
            }
        });
        builder.Services.AddSingleton<IConnectionListenerFactory>(_local);
        // Signals are master's matter.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        _server = builder.Build();
        _server.Run(Answer);
    }

    /// <summary>Begins.</summary>
    /// <exception cref="StartException">It cannot listen.</exception>
    internal void Start()
    {
        try
        {
            _server.StartAsync().GetAwaiter().GetResult();
        }
        // The address is in use; or it is not this host's, or not for us.
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new StartException($"no web server at {_options.Listen}: {(e.InnerException ?? e).Message}", e);
        }
    }

    /// <summary>A client of the Unix socket.</summary>
    /// <param name="client">Owned from now on.</param>
    internal void Take(Descriptor client) => _local.Take(client);

    private async Task Answer(HttpContext context)
    {
        Reply reply;
        try
        {
            reply = await Find(context);
        }
        catch (RequestException e)
        {
            reply = Reply.Problem(e.Status, e.Message);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            reply = Reply.Problem(e.StatusCode, e.Message);
        }
        // The client is gone, or does not speak on.
        catch (Exception e) when (e is OperationCanceledException or ConnectionResetException)
        {
            context.Abort();
            return;
        }
        // One request; the next may be answered.
        catch (Exception e)
        {
            _log.Bug(e);
            reply = Reply.Problem(StatusCodes.Status500InternalServerError, "that went wrong, see the log");
        }
        await Send(context, reply);
    }

    private async Task<Reply> Find(HttpContext context)
    {
        HttpRequest request = context.Request;
        Client client = context.Features.Get<Client>() ?? new Client(null, context.Connection.RemoteIpAddress?.ToString() ?? "");
        string path = request.Path.Value ?? "";
        if (_gate.RefuseClient(request, client) is { } refusal)
            return refusal;
        bool isQuestion = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (isQuestion && StaticFiles.Find(path) is { } file)
            return file;
        if (!path.StartsWith(ApiRoot, StringComparison.Ordinal))
            return Reply.Problem(StatusCodes.Status404NotFound, "there is nothing of that name; /api/v1/openapi.json tells what there is");
        string name = path[ApiRoot.Length..];
        if (isQuestion)
            return _gate.RefuseQuestion(request, client) ?? await Work(() => _api.Ask(name, request.Query), context.RequestAborted);
        if (!HttpMethods.IsPost(request.Method))
            return Reply.Problem(StatusCodes.Status405MethodNotAllowed, "GET asks, POST orders") with { Header = ("Allow", "GET, HEAD, POST") };
        if (_gate.RefuseOrder(request, client) is { } refused)
            return refused;
        using StreamReader body = new(request.Body, new UTF8Encoding(false, throwOnInvalidBytes: false));
        string text = await body.ReadToEndAsync(context.RequestAborted);
        return await Work(() => _api.Order(name, text, client), context.RequestAborted);
    }

    // Whatever looks at the queue gives way to those who handle mail, and few do that at a time.
    private async Task<Reply> Work(Func<Reply> work, CancellationToken gone)
    {
        if (!await _turns.WaitAsync(s_turnLimit, gone))
            return Reply.Problem(StatusCodes.Status503ServiceUnavailable, "too many ask at once; try again");
        try
        {
            return await Task.Run(() =>
            {
                _ = IdlePriority.Take();
                return work();
            }, CancellationToken.None);
        }
        finally
        {
            _turns.Release();
        }
    }

    private static Task Send(HttpContext context, Reply reply)
    {
        HttpResponse response = context.Response;
        Gate.Protect(response);
        (response.StatusCode, response.ContentType, response.ContentLength) = (reply.Status, reply.Type, reply.Content.Length);
        if (reply.Header is { } header)
            response.Headers[header.Name] = header.Value;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(reply.Content, context.RequestAborted).AsTask();
    }

    public void Dispose()
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
        _turns.Dispose();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
