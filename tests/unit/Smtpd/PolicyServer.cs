using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>The policy service of record-access-cases.py: what it says to a recipient, the local part says.</summary>
internal sealed class PolicyServer : IDisposable
{
    private static readonly Dictionary<string, string> s_actions = new()
    {
        ["refuse"] = "REJECT go away",
        ["later"] = "DEFER_IF_PERMIT greylisted",
        ["ok"] = "OK",
        ["code"] = "550 5.1.1 no such user",
        ["text"] = "450 wait",
        ["class"] = "reject_non_fqdn_sender, permit",
        ["hold"] = "HOLD",
        ["head"] = "PREPEND X-Policy: yes",
        ["bad"] = "BOGUS",
    };

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    internal PolicyServer()
    {
        _listener.Start();
        _ = Accept();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that were made.</summary>
    internal int Connections { get; private set; }

    /// <summary>Requests: name and value in each line.</summary>
    internal List<string> Requests { get; } = [];

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                Connections++;
                _ = Serve(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task Serve(TcpClient client)
    {
        using (client)
        {
            StreamReader reader = new(client.GetStream(), Encoding.Latin1);
            StringBuilder request = new();
            string local = "";
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("recipient=", StringComparison.Ordinal))
                    local = line[10..].Split('@')[0];
                if (line.Length > 0)
                {
                    request.Append(line).Append('\n');
                    continue;
                }
                lock (Requests)
                    Requests.Add(request.ToString());
                request.Clear();
                if (local == "dead")
                    return;
                await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"action={s_actions.GetValueOrDefault(local, "DUNNO")}\n\n"));
            }
        }
    }

    public void Dispose() => _listener.Dispose();
}
