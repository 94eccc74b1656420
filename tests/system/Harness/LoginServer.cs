using System.Net;
using System.Net.Sockets;
using System.Text;
using PostfixNet.Login;

namespace PostfixNet.SystemTests.Harness;

/// <summary>As much of an SMTP server as a login takes: one client after the other, AUTH and nothing else.</summary>
internal sealed class LoginServer : IDisposable
{
    private static readonly LoginClient s_client = new() { ClientAddress = "127.0.0.1", ServerAddress = "127.0.0.1", IsEncrypted = false };

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly LoginAuthority _authority;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    internal LoginServer(LoginAuthority authority)
    {
        _authority = authority;
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The last step of each login.</summary>
    internal List<string> Ends { get; } = [];

    /// <summary>Connects to Dovecot on a port of this host.</summary>
    internal static async ValueTask<Stream> ConnectAsync(int port)
    {
        TcpClient client = new();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException e)
        {
            throw new IOException(e.Message);
        }
        return client.GetStream();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                await TalkAsync(client.GetStream());
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody listens any more.
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using StreamReader reader = new(stream, Encoding.Latin1);
        await SayAsync("220 login.test");
        while (await reader.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "EHLO":
                    await SayAsync($"250-login.test\r\n250 AUTH {string.Join(' ', await _authority.MechanismsAsync(s_client))}");
                    break;
                case "AUTH":
                    await SayAsync(await LoginAsync(words[1], words.Length > 2 ? words[2] : null));
                    break;
                default:
                    await SayAsync("221 2.0.0 bye");
                    return;
            }
        }

        async Task<string> LoginAsync(string mechanism, string? initial)
        {
            using LoginExchange? exchange = await _authority.BeginAsync(mechanism, s_client);
            if (exchange is null)
                return "504 5.5.4 no such mechanism";
            byte[]? response = initial is null ? null : initial == "=" ? [] : Base64Line.TryDecode(initial);
            while (true)
            {
                LoginStep step = await exchange.StepAsync(response);
                if (step is not LoginStep.Challenge challenge)
                {
                    Ends.Add(step is LoginStep.Done done ? $"+ {done.User}" : $"- {((LoginStep.Failed)step).Reason}");
                    return step is LoginStep.Done ? "235 2.7.0 welcome" : "535 5.7.8 no";
                }
                await SayAsync($"334 {Convert.ToBase64String(challenge.Octets)}");
                string? line = await reader.ReadLineAsync();
                if (line is null or "*" || Base64Line.TryDecode(line) is not { } octets)
                    return "501 5.7.0 cancelled";
                response = octets;
            }
        }

        async Task SayAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text + "\r\n"));
    }

    public void Dispose()
    {
        _end.Cancel();
        Assert.True(_serving.Wait(TimeSpan.FromSeconds(10)), "a client stays");
        _listener.Dispose();
        _end.Dispose();
    }
}
