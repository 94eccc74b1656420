using System.Text.Json.Serialization;
using MimeKit;
using PostfixNet.Client;

// A shop that sends receipts: POST /receipts hands one over, GET /receipts/{id} asks for it, /health says whether mail works.
// Settings, from the environment: PostfixNet__Socket=/run/mail/submit, or PostfixNet__Host; ASPNETCORE_URLS=http://+:8080, or http://unix:/path.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ShopJson.Default));
builder.Services.AddPostfixNet(options => builder.Configuration.GetSection("PostfixNet").Bind(options));
builder.Services.AddHealthChecks().AddPostfixNet();
WebApplication app = builder.Build();

app.MapHealthChecks("/health");

app.MapPost("/receipts", static async (Receipt receipt, IMailQueue queue, CancellationToken cancelled) =>
{
    if (!MailboxAddress.TryParse(receipt.To, out MailboxAddress? to))
        return Results.BadRequest("\"to\" is no address");
    using MimeMessage message = new() { Subject = $"Receipt for order {receipt.Order}", Body = new TextPart("plain") { Text = "Thank you.\n" } };
    message.From.Add(new MailboxAddress("Shop", "shop@example.com"));
    message.To.Add(to);
    // The same order has the same Message-Id, however often it is sent.
    message.MessageId = $"order-{receipt.Order}@shop.example.com";
    try
    {
        QueuedMessage queued = await queue.SendAsync(message, new SendOptions { EnvelopeId = $"order-{receipt.Order}" }, cancelled);
        return Results.Accepted($"/receipts/{queued.QueueId}", new Queued(queued.QueueId, queued.MessageId));
    }
    catch (MailQueueException e)
    {
        // What may succeed later is 503: whoever called keeps the order, and asks again.
        return Results.Problem(e.Message, statusCode: e.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status422UnprocessableEntity);
    }
});

app.MapGet("/receipts/{id}", static async (string id, IMailQueue queue, CancellationToken cancelled) =>
    await queue.GetStatusAsync(id, cancelled) is { } status ? Results.Ok(status) : Results.NotFound());

app.Run();

/// <summary>An order that was paid.</summary>
/// <param name="Order">Its number.</param>
/// <param name="To">Who paid.</param>
internal sealed record Receipt(int Order, string To);

/// <summary>Its mail.</summary>
internal sealed record Queued(string QueueId, string? MessageId);

[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(Queued))]
[JsonSerializable(typeof(MessageStatus))]
[JsonSerializable(typeof(Microsoft.AspNetCore.Mvc.ProblemDetails))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ShopJson : JsonSerializerContext;
