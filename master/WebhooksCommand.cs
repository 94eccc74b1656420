using System.Globalization;
using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Display;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command webhooks: events that wait to be sent, and what is to become of them; the service webhooks knows.</summary>
internal static class WebhooksCommand
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(11);

    internal static int Run(string directory, WebhooksQuestion question, bool json)
    {
        MainConfig config = MainConfig.Load(directory);
        string queue = MasterSettings.Read(config).Queue;
        if (!config.Get(Parameters.WebhooksEnable))
            return Caller.Fail("events are not sent: webhooks_enable is off", ExitStatus.Unavailable);
        WebhooksAnswer answer;
        try
        {
            answer = Ask(queue, question);
        }
        catch (Exception e) when (e is IpcException or SystemCallException { IsForbidden: false })
        {
            return Caller.Fail($"{e.Message}: the mail system is not running, or has no service webhooks", ExitStatus.Unavailable);
        }
        if (answer.Refusal is { } refusal)
            return Caller.Fail(refusal, ExitStatus.Unavailable);
        using JsonDocument document = JsonDocument.Parse(answer.Json);
        JsonElement root = document.RootElement;
        int status = question.What switch
        {
            WebhooksQuestion.Test => root.GetProperty("taken").GetBoolean() ? ExitStatus.Ok : 1,
            WebhooksQuestion.Cancel => root.GetProperty("events").GetInt32() > 0 ? ExitStatus.Ok : 1,
            _ => ExitStatus.Ok,
        };
        return Output.Print(json ? answer.Json + "\n" : question.What switch
        {
            WebhooksQuestion.List => Listing(root),
            WebhooksQuestion.Test => $"{(status == ExitStatus.Ok ? "taken" : "not taken")}: {Of(root, "answer")}, {Of(root, "seconds")} s\n",
            _ => $"{Of(root, "events")} events\n",
        }, status);
    }

    private static WebhooksAnswer Ask(string queue, WebhooksQuestion question)
    {
        // The path of a socket must be short.
        FileSystem.ChangeDirectory(queue);
        using Channel channel = new(Descriptor.ConnectUnix(WebhooksQuestion.Path, s_limit), WebhooksQuestion.Service, s_limit);
        channel.Send(question.ToAttributes());
        return WebhooksAnswer.From(channel.ReceiveReply());
    }

    private static string Listing(JsonElement root)
    {
        TextTable webhooks = new("WEBHOOK", "HOST", "STATE", "WAITING", "SINCE", "DELIVERED", "FAILED"), events = new("ID", "WEBHOOK", "EVENT", "MESSAGE", "RECIPIENT", "STATE", "ATTEMPTS", "NEXT", "WHY");
        foreach (JsonElement webhook in root.GetProperty("webhooks").EnumerateArray())
        {
            webhooks.Row(Of(webhook, "name"), Of(webhook, "host"), webhook.GetProperty("stopped").GetBoolean() ? "stopped" : "works", Of(webhook, "waiting"), Date(webhook, "oldest"), Of(webhook, "delivered"),
                Of(webhook, "failed_attempts"));
        }
        foreach (JsonElement told in root.GetProperty("events").EnumerateArray())
        {
            events.Row(Of(told, "number"), Of(told, "webhook"), Of(told, "event"), Of(told, "message"), Of(told, "recipient"), Of(told, "state"), Of(told, "attempts"), Date(told, "next"), Of(told, "trouble"));
        }
        string behind = Of(root, "behind_bytes") is "0" ? "" : string.Create(CultureInfo.InvariantCulture, $"{Of(root, "behind_bytes")} bytes of events are to be read, those of the last {Of(root, "behind_seconds")} s\n");
        return $"{webhooks}{(events.HasRows ? $"\n{events}" : "")}{behind}";
    }

    private static string Date(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? MailTime.ListingDate(value.GetInt64()) : "";

    private static string Of(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? PrintableText.Of(value.ToString()) : "";
}
