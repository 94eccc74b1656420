using System.Text.Json;

namespace PostfixNet.SystemTests.Harness;

/// <summary>A delivery status notification as Python's email package, which shares no code with us, understands it.</summary>
/// <param name="Headers">the top-level headers, names in lower case</param>
/// <param name="ContentType">e.g. multipart/report</param>
/// <param name="ReportType">parameter report-type</param>
/// <param name="PartTypes">content types of the parts</param>
/// <param name="Text">the first part</param>
/// <param name="MessageFields">fields of the report about the message, names in lower case</param>
/// <param name="RecipientFields">fields of the report about each recipient</param>
/// <param name="Original">headers of the returned original</param>
/// <param name="OriginalBody">its body, empty when only headers came back</param>
/// <param name="Defects">what the parser found wrong</param>
internal sealed record ParsedNotice(
    Dictionary<string, string> Headers,
    string ContentType,
    string ReportType,
    string[] PartTypes,
    string Text,
    Dictionary<string, string> MessageFields,
    Dictionary<string, string>[] RecipientFields,
    Dictionary<string, string> Original,
    string OriginalBody,
    string[] Defects);

/// <summary>Parses with Python.</summary>
internal static class Python
{
    private const string Script = """
        import sys, json, email, email.policy
        data = sys.stdin.buffer.read()
        mail = email.message_from_bytes(data, policy=email.policy.default)
        def fields(m): return {k.lower(): str(v) for k, v in m.items()}
        parts = list(mail.iter_parts())
        status = parts[1].get_payload()
        original = parts[2].get_payload()
        if isinstance(original, list):
            headers, body = fields(original[0]), original[0].get_payload()
        else:
            m = email.message_from_string(original, policy=email.policy.default)
            headers, body = fields(m), ''
        defects = []
        for part in mail.walk():
            defects += [repr(d) for d in part.defects]
        json.dump(dict(Headers=fields(mail), ContentType=mail.get_content_type(),
            ReportType=str(mail.get_param('report-type')), PartTypes=[p.get_content_type() for p in parts],
            Text=parts[0].get_content(), MessageFields=fields(status[0]), RecipientFields=[fields(s) for s in status[1:] if s.keys()],
            Original=headers, OriginalBody=body if isinstance(body, str) else '', Defects=defects), sys.stdout)
        """;

    /// <summary>Parses a notice; fails when Python cannot.</summary>
    public static ParsedNotice Parse(ReceivedMessage message)
    {
        CommandResult result = Command.Run("python3", ["-c", Script], message.Content).Ok();
        return JsonSerializer.Deserialize<ParsedNotice>(result.Output)!;
    }
}
