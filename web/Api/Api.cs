using Microsoft.AspNetCore.Http;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Selection;

namespace PostfixNet.Web;

/// <summary>What can be asked and ordered: docs/openapi.json. Objects are those that postqueue and master tell with --json.</summary>
internal sealed class Api
{
    private readonly SystemViews _system;
    private readonly QueueViews _queue;
    private readonly MessageView _message;
    private readonly SuppressionView _suppressions;
    private readonly Orders _orders;

    internal Api(WebOptions options, Log log)
    {
        _system = new SystemViews(options);
        _queue = new QueueViews(options);
        _message = new MessageView(options);
        _suppressions = new SuppressionView(options.Suppressions);
        _orders = new Orders(options, log);
    }

    /// <summary>Answers a question.</summary>
    /// <param name="name">Behind /api/v1/.</param>
    /// <exception cref="RequestException">It is none.</exception>
    internal Reply Ask(string name, IQueryCollection query) => Guarded(() => name switch
    {
        "status" => _system.Status(new Query(query)),
        "destinations" => SystemViews.Destinations(new Query(query)),
        "queue" => _queue.Page(new Query(query, "match", "after", "limit")),
        "shape" => _queue.Shape(new Query(query, "match", "by")),
        "suppressions" => _suppressions.List(new Query(query, "contains", "skip", "limit")),
        _ when name.StartsWith("messages/", StringComparison.Ordinal) => _message.Tell(name["messages/".Length..], new Query(query)),
        _ => Nothing(),
    });

    /// <summary>Does what an operator orders.</summary>
    /// <param name="name">Likewise.</param>
    /// <param name="body">JSON, not looked at.</param>
    /// <param name="client">Who he is.</param>
    /// <exception cref="RequestException">It is no order.</exception>
    internal Reply Order(string name, string body, Client client) => Guarded(() => name switch
    {
        "destinations/flush" => _orders.Flush(body, client),
        "suppressions/add" => _orders.Suppress(body, client),
        "suppressions/remove" => _orders.Unsuppress(body, client),
        _ when name.StartsWith("messages/", StringComparison.Ordinal) => _orders.Act(name["messages/".Length..], body, client),
        _ => Nothing(),
    });

    private static Reply Nothing() => Reply.Problem(StatusCodes.Status404NotFound, "there is nothing of that name; /api/v1/openapi.json tells what there is");

    // Others of the mail system may be away, or not let us.
    private static Reply Guarded(Func<Reply> answer)
    {
        try
        {
            return answer();
        }
        catch (FilterException e)
        {
            return Reply.Problem(StatusCodes.Status400BadRequest, $"match: {e.Message}");
        }
        catch (ShowqRefusedException e)
        {
            return Reply.Problem(StatusCodes.Status403Forbidden, e.Message);
        }
        catch (Exception e) when (e is IpcException or SystemCallException)
        {
            return Reply.Problem(StatusCodes.Status503ServiceUnavailable, $"the mail system is down, or does not answer: {e.Message}");
        }
    }
}
