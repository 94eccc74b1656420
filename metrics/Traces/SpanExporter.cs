using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using PostfixNet.Events;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Metrics;

/// <summary>Sends spans to a collector (traces_otlp_endpoint): what a consumer of events does with them. The place of reading is kept after the collector has taken what comes before it, so a
/// span may come twice, with the same id, and none is left out while events are kept.</summary>
/// <param name="endpoint">Of OTLP over HTTP.</param>
/// <param name="host">myhostname.</param>
/// <param name="positionPath">File of the place of reading.</param>
/// <param name="log">Hears what a collector refuses.</param>
internal sealed class SpanExporter(Uri endpoint, string host, string positionPath, ILog log) : IEventSink, IDisposable
{
    private const int LongestPosition = 100, ForOwner = 0x180; // 0600
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null }) { Timeout = s_patience };
    private EventPosition? _kept;
    private EventPosition _position;
    private bool _isRefusalTold;

    public EventPosition Open()
    {
        _kept = Read();
        // What was before somebody wanted spans is no matter.
        return _position = _kept ?? EventReader.End(Queue.QueueDirectories.Events);
    }

    private EventPosition? Read()
    {
        try
        {
            return EventPosition.TryParse(Encoding.ASCII.GetString(FileSystem.ReadAll(positionPath, LongestPosition)).TrimEnd(), out EventPosition kept) ? kept : null;
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return null;
        }
    }

    public void Take(IReadOnlyList<MailEvent> events, EventPosition after, long missed)
    {
        MailEvent[] spans = [.. events.Where(SpanJson.IsSpan)];
        if (spans.Length > 0)
            Send(SpanJson.Request(host, spans));
        _position = after;
        if (spans.Length > 0)
            Keep();
    }

    private void Send(byte[] request)
    {
        using ByteArrayContent content = new(request);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using HttpResponseMessage response = _client.PostAsync(endpoint, content).GetAwaiter().GetResult();
            int status = (int)response.StatusCode;
            // As OTLP has it: these pass; what else a collector does not take, it will never take.
            if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"the collector of traces ({endpoint.Host}) answers status {status}"));
            if (!response.IsSuccessStatusCode && !_isRefusalTold)
                log.Warning(string.Create(CultureInfo.InvariantCulture, $"the collector of traces ({endpoint.Host}) refuses spans: status {status}; they are left out"));
            _isRefusalTold = !response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            throw new IOException($"the collector of traces ({endpoint.Host}): {(e is HttpRequestException ? e.Message : "no answer in time")}", e);
        }
    }

    public void Rest() => Keep();

    public void Leave() => Keep();

    private void Keep()
    {
        if (_position == _kept)
            return;
        WholeFile.Replace(positionPath, Encoding.ASCII.GetBytes($"{_position}\n"), ForOwner);
        _kept = _position;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
