using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using PostfixNet.Https;

namespace PostfixNet.Webhooks;

/// <summary>What became of a request.</summary>
/// <param name="Status">Of HTTP; 0: there was no answer.</param>
/// <param name="Text">In words for the log; nothing that the server wrote.</param>
/// <param name="RetryAfter">The server wants this much time to pass; null: it does not say.</param>
internal readonly record struct Reply(int Status, string Text, TimeSpan? RetryAfter = null)
{
    private const int GoneStatus = 410, TooManyStatus = 429, TimeoutStatus = 408;

    internal bool IsTaken => Status is >= 200 and < 300;

    /// <summary>Nothing is to be sent any more.</summary>
    internal bool IsGone => Status == GoneStatus;

    /// <summary>The trouble may be that of the host, and not of what it was sent.</summary>
    internal bool IsOfHost => Status is 0 or TooManyStatus or TimeoutStatus or >= 500;
}

/// <summary>Carries events to a URL, one after the other.</summary>
internal sealed class Courier(Uri url, Signer signer, HttpsClient client) : IDisposable
{
    internal string Host => url.IdnHost;

    /// <summary>Sends one, signed at this moment.</summary>
    /// <param name="eventId">The same each time: by it a receiver knows what came twice.</param>
    /// <param name="now">For the signature, and for what the server says of later.</param>
    internal async Task<Reply> Send(string eventId, string body, DateTimeOffset now)
    {
        byte[] octets = Encoding.UTF8.GetBytes(body);
        (string id, long timestamp) = (HeaderText(eventId), now.ToUnixTimeSeconds());
        using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new ByteArrayContent(octets) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", signer.Sign(id, timestamp, octets));
        try
        {
            return await client.Ask(request, (response, _) => Task.FromResult(new Reply((int)response.StatusCode, HttpsExchange.StatusText(response), RetryAfter(response, now)))).ConfigureAwait(false);
        }
        catch (HttpsException e)
        {
            return new Reply(0, e.Message);
        }
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now) =>
        response.Headers.RetryAfter is not { } after ? null : after.Delta ?? (after.Date is { } date && date > now ? date - now : null);

    // Ids of events are made of visible ASCII; what is in the file may have been made by anybody who writes there.
    private static string HeaderText(string id) => id.Length is > 0 and <= 500 && !id.AsSpan().ContainsAnyExceptInRange('!', '~') ? id
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    public void Dispose() => client.Dispose();
}
