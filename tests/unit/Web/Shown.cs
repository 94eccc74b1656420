using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Web;

namespace PostfixNet.UnitTests.Web;

/// <summary>The HTTP server of the program web over a queue.</summary>
internal sealed class Shown : IDisposable
{
    internal const string Secret = "0123456789abcdef0123456789abcdef";

    private readonly WebServer _server;

    /// <param name="queue">queue_directory.</param>
    /// <param name="more">Lines of main.toml.</param>
    /// <param name="token">null: there is none.</param>
    internal Shown(string queue, string more = "", string? token = null)
    {
        Port = FreePort();
        string withToken = token is null ? "" : "web_token_file = '/token'\n";
        MainConfig config = MainConfig.FromText($"myhostname = 'mta.golden.test'\nqueue_directory = '{queue}'\nweb_listen = '127.0.0.1:{Port}'\n{withToken}{more}");
        WebOptions options = WebOptions.Read(config);
        PostfixNet.Web.Log log = new(Lines);
        _server = new WebServer(options, new WebSecrets(token is null ? null : new Token(token), WebSecrets.Read(MainConfig.FromText(more)).Certificate), new Api(options, log), log);
        _server.Start();
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}") };
    }

    internal int Port { get; }

    internal LogRecord Lines { get; } = new();

    internal HttpClient Http { get; }

    internal string Text(string path) => Http.GetStringAsync(path).GetAwaiter().GetResult();

    /// <summary>Asks.</summary>
    internal HttpResponseMessage Ask(string path, string? token = null, string? host = null, string? site = null, HttpMethod? method = null, HttpContent? content = null)
    {
        using HttpRequestMessage request = new(method ?? HttpMethod.Get, path) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Host = host;
        if (site is not null)
            request.Headers.Add("Sec-Fetch-Site", site);
        return Http.Send(request);
    }

    internal static string TextOf(HttpResponseMessage response) => response.Content.ReadAsStringAsync().GetAwaiter().GetResult();

    internal HttpStatusCode Status(string path, string? token = null, string? host = null, string? site = null)
    {
        using HttpResponseMessage response = Ask(path, token, host, site);
        return response.StatusCode;
    }

    /// <summary>Gives an order.</summary>
    internal (HttpStatusCode Status, string Text) Order(string path, string body, string? token = Secret, string type = "application/json")
    {
        using StringContent content = new(body, Encoding.UTF8, type);
        using HttpResponseMessage response = Ask($"/api/v1/{path}", token, method: HttpMethod.Post, content: content);
        return (response.StatusCode, TextOf(response));
    }

    internal static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        Http.Dispose();
        _server.Dispose();
    }
}
