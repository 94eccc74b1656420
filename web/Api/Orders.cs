using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PostfixNet.Actions;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Suppression;

namespace PostfixNet.Web;

/// <summary>What an operator has done. This process changes nothing itself: showq and the queue manager do, and say what came of it.</summary>
internal sealed class Orders(WebOptions options, Log log)
{
    private const int MostAddresses = 500, LongestText = 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>Something is done to messages.</summary>
    /// <param name="action">hold, release, requeue or delete; not checked.</param>
    internal Reply Act(string action, string body, Client client)
    {
        if (MessageActionWords.Parse(action) is null)
            return Reply.Problem(StatusCodes.Status404NotFound, "orders to messages are hold, release, requeue and delete");
        OrderText order = new(body, "ids");
        IReadOnlyList<string> ids = order.Texts("ids", ShowqRequest.Act.MostIds);
        if (ids.FirstOrDefault(static id => !QueueId.TryParse(id, out _)) is { } wrong)
            throw new RequestException(StatusCodes.Status400BadRequest, $"ids: no queue ID: {PrintableText.Of(wrong)}");
        ActReply reply = ActReply.From(AskShowq(new ShowqRequest.Act(action, [.. ids.Distinct()], client.ToString())));
        return Reply.Json(string.Create(CultureInfo.InvariantCulture,
            $"{{\"asked\": {ids.Distinct().Count()}, \"done\": {reply.Count}, \"failed\": {(reply.HasFailed ? "true" : "false")}, \"problems\": [{string.Join(", ", reply.Problems.Select(JsonText.Quote))}]}}"));
    }

    /// <summary>Deferred mail for a domain is tried now.</summary>
    internal Reply Flush(string body, Client client)
    {
        string domain = new OrderText(body, "domain").Text("domain") ?? "";
        if (!DomainName.IsMailDomain(domain))
            throw new RequestException(StatusCodes.Status400BadRequest, "domain: give a domain, as example.com");
        log.Ordered(client.ToString(), $"flush {domain}");
        FlushReply reply = FlushReply.From(AskShowq(new ShowqRequest.FlushSite(domain)));
        return reply.Count is { } count ? Done(count) : Reply.Problem(StatusCodes.Status503ServiceUnavailable, "not all of it could be done, see the log");
    }

    /// <summary>Addresses get no more mail.</summary>
    internal Reply Suppress(string body, Client client)
    {
        OrderText order = new(body, "addresses", "sender", "reason", "time");
        long now = MailTime.NowSeconds, until = 0;
        if (order.Text("time") is { } time)
            until = MainConfig.Time(time) is { } length && length > TimeSpan.Zero ? now + (long)length.TotalSeconds : throw new RequestException(StatusCodes.Status400BadRequest, "time: give a time, as 2h, 30d, 8w");
        IReadOnlyList<string> addresses = order.Texts("addresses", MostAddresses);
        string sender = Address.FromExternal(order.Text("sender") ?? "");
        try
        {
            SuppressionRequest request = new([.. addresses.Select(address => SuppressionEntry.Of(Address.FromExternal(address), sender, order.Text("reason") ?? "", now, until, SuppressedBy.Operator))], []);
            log.Ordered(client.ToString(), $"suppress {string.Join(' ', addresses)}");
            return AskQueueManager(request);
        }
        catch (FormatException e)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, e.Message);
        }
    }

    /// <summary>Addresses get mail again.</summary>
    internal Reply Unsuppress(string body, Client client)
    {
        OrderText order = new(body, "addresses", "sender");
        IReadOnlyList<string> addresses = order.Texts("addresses", MostAddresses);
        string sender = Address.FromExternal(order.Text("sender") ?? "");
        (string, string)[] removes = [.. addresses.Select(address => (sender, Address.FromExternal(address)))];
        if (!SuppressionEntry.IsSender(sender) || removes.Any(static remove => !SuppressionEntry.IsAddress(remove.Item2)))
            throw new RequestException(StatusCodes.Status400BadRequest, "addresses: give mail addresses; sender: an address or a domain");
        log.Ordered(client.ToString(), $"suppress no more {string.Join(' ', addresses)}");
        return AskQueueManager(new SuppressionRequest([], removes));
    }

    private AttributeList AskShowq(ShowqRequest request)
    {
        using Channel channel = ShowqQuestion.Connect(".", options.Showq, s_limit);
        channel.Send(request.ToAttributes());
        AttributeList reply = channel.ReceiveReply();
        ShowqRefusal.Check(reply);
        return reply;
    }

    private static Reply AskQueueManager(SuppressionRequest request)
    {
        using Channel channel = Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, s_limit);
        channel.Send(request.ToAttributes());
        SuppressionReply reply = SuppressionReply.From(channel.ReceiveReply());
        return reply.IsOff ? Reply.Problem(StatusCodes.Status409Conflict, "suppression_enable is off: \"master suppress\" changes the list then")
            : reply.Refusal is { } refusal ? Reply.Problem(StatusCodes.Status503ServiceUnavailable, refusal) : Done(reply.Changed);
    }

    private static Reply Done(int count) => Reply.Json(string.Create(CultureInfo.InvariantCulture, $"{{\"done\": {count}}}"));

    /// <summary>An order in JSON.</summary>
    private sealed class OrderText
    {
        private readonly Dictionary<string, JsonElement> _members;

        /// <param name="body">Not looked at.</param>
        /// <param name="known">Members that mean something.</param>
        /// <exception cref="RequestException">It is no object, or has others.</exception>
        internal OrderText(string body, params ReadOnlySpan<string> known)
        {
            try
            {
                JsonElement order = JsonElement.Parse(body, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
                _members = order.ValueKind == JsonValueKind.Object ? order.EnumerateObject().ToDictionary(static member => member.Name, static member => member.Value) : throw Wrong("no object of JSON");
            }
            // The second: half a character.
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw Wrong("no JSON");
            }
            foreach (string name in _members.Keys)
            {
                if (known.IndexOf(name) < 0)
                    throw Wrong($"\"{PrintableText.Of(name)}\" is unknown here; known: {string.Join(", ", known.ToArray())}");
            }
        }

        /// <returns>null: it is not there, or empty.</returns>
        internal string? Text(string name) => !_members.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
            : value.ValueKind == JsonValueKind.String && Whole(value) is { Length: <= LongestText } text ? text.Length > 0 ? text : null : throw Wrong($"{name}: give a text");

        /// <summary>One at least.</summary>
        internal IReadOnlyList<string> Texts(string name, int most)
        {
            if (!_members.TryGetValue(name, out JsonElement value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 || value.GetArrayLength() > most
                || value.EnumerateArray().Any(static item => item.ValueKind != JsonValueKind.String || Whole(item) is not { Length: <= LongestText }))
                throw Wrong(string.Create(CultureInfo.InvariantCulture, $"{name}: give an array of 1 to {most} texts"));
            return [.. value.EnumerateArray().Select(static item => item.GetString()!)];
        }

        // null: half a character is in it.
        private static string? Whole(JsonElement text)
        {
            try
            {
                return text.GetString();
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }

        private static RequestException Wrong(string why) => new(StatusCodes.Status400BadRequest, why);
    }
}
