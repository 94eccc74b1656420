using System.Globalization;
using System.Text;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The socket public/status: whoever connects gets one line of JSON about the running system, and the end. Nothing is read of him, and nothing waits for
/// him, so any user may ask; there is no secret in it.</summary>
internal sealed class StatusSocket : IDisposable
{
    /// <summary>Below the queue directory.</summary>
    private const string Name = StatusQuestion.SocketName;

    private readonly Descriptor _socket;
    private readonly EventLoop.Watch _watch;
    private readonly Func<string> _report;

    /// <param name="report">Says how things are now, in JSON without line ends.</param>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    internal StatusSocket(EventLoop loop, Func<string> report)
    {
        _report = report;
        _socket = Descriptor.ListenUnix(Name, 0x1B6 /* 0666 */);
        _watch = loop.Add(_socket, Readiness.Readable, _ => Answer());
    }

    private void Answer()
    {
        using Descriptor? client = _socket.TryAccept();
        try
        {
            // It fits into the buffer of a socket; who gets less gets no whole line.
            client?.Write(Encoding.UTF8.GetBytes(_report() + "\n"));
        }
        catch (IOException)
        {
            // He has gone.
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        _socket.Dispose();
        FileSystem.TryRemove(Name);
    }

    /// <summary>What a system says of itself.</summary>
    /// <param name="started">Seconds since 1970, as <paramref name="reloaded"/>, which is null when it was never done.</param>
    internal static string Report(string version, string directory, long started, long? reloaded, int reloads, ReloadReport? lastReload, bool isStopping, IEnumerable<ServiceStatus> services)
    {
        StringBuilder json = new();
        json.Append(CultureInfo.InvariantCulture, $"{{\"version\": {JsonText.Quote(version)}, \"pid\": {Environment.ProcessId}, \"configuration\": {JsonText.Quote(directory)}, \"started\": {started}, ");
        json.Append(CultureInfo.InvariantCulture, $"\"reloaded\": {Number(reloaded)}, \"reloads\": {reloads}, \"last_reload\": {lastReload?.ToJson() ?? "null"}, \"stopping\": {(isStopping ? "true" : "false")}, \"services\": [{string.Join(", ", services.Select(Json))}]}}");
        return json.ToString();
    }

    private static string Json(ServiceStatus service) => string.Create(CultureInfo.InvariantCulture,
        $"{{\"name\": {JsonText.Quote(service.Name)}, \"program\": {JsonText.Quote(service.Program)}, \"state\": \"{service.State}\", \"processes\": {service.Processes}, \"busy\": {service.Busy}, \"limit\": {Number(service.Limit)}, "
        + $"\"requests\": {service.Requests}, \"starts\": {service.Starts}, \"crashes\": {service.Crashes}, \"throttles\": {service.Throttles}, \"last_crash\": {(service.LastCrash is { } how ? JsonText.Quote(how) : "null")}, "
        + $"\"last_crash_time\": {Number(service.LastCrashTime)}, \"pids\": [{string.Join(", ", service.Pids)}]}}");

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "null";
}

/// <summary>How a service is.</summary>
/// <param name="Name">In master.toml.</param>
/// <param name="Program">Its command.</param>
/// <param name="State">"ready" (a process comes with the first client), "idle", "busy", "full" (at its process limit, all busy), "throttled" (it could not start, or crashed at once,
/// and is held back), or "ending".</param>
/// <param name="Processes">Now.</param>
/// <param name="Busy">Of these, with a client.</param>
/// <param name="Limit">Processes at most; null: no limit.</param>
/// <param name="Requests">Times that a process began to serve, since the system started.</param>
/// <param name="Starts">Processes started.</param>
/// <param name="Crashes">Processes that ended with an error.</param>
/// <param name="Throttles">Times that it was held back.</param>
/// <param name="LastCrash">How the last of them ended; null: none did.</param>
/// <param name="LastCrashTime">Seconds since 1970.</param>
/// <param name="Pids">Of its processes, the first fifty.</param>
internal sealed record ServiceStatus(string Name, string Program, string State, int Processes, int Busy, int? Limit, long Requests, long Starts, long Crashes, long Throttles,
    string? LastCrash, long? LastCrashTime, IReadOnlyList<int> Pids);
