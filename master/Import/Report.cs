using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Master.Import;

/// <summary>What became of each line, for people or as JSON.</summary>
/// <param name="plan">What was made.</param>
/// <param name="source">Where main.cf is.</param>
/// <param name="target">Where main.toml is, or would be.</param>
/// <param name="outcome">"written", "not written", "dry run".</param>
internal sealed class Report(Plan plan, string source, string target, string outcome)
{
    /// <summary>A line for each finding, then what is to be known besides, then the sum.</summary>
    internal string ToText()
    {
        StringBuilder text = new();
        foreach (Finding finding in Ordered)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Word(finding),-8} {Place(finding)}: {PrintableText.Of(finding.Subject)}");
            if (finding.File == "main.cf")
                text.Append(" = ").Append(finding.Value is { } value ? PrintableText.Of(value) : "(not shown)");
            else if (finding.Value is { } command)
                text.Append(": ").Append(PrintableText.Of(command));
            text.Append('\n');
            foreach (string remark in finding.Remarks)
                text.Append("         ").Append(finding.Decides ? "! " : "  ").Append(PrintableText.Of(Named(remark))).Append('\n');
        }
        foreach (string note in plan.Notes)
            text.Append("note     ").Append(PrintableText.Of(Named(note))).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"\n{Count(Fate.Taken)} taken, {Count(Fate.Default)} default, {Count(Fate.Lost)} lost, of which {Deciding} decide about mail (!); {Conclusion}\n");
        return text.ToString();
    }

    private string Conclusion => outcome switch
    {
        "written" => $"written to {target}",
        "dry run" => "nothing is written (--dry-run)",
        _ => "nothing is written: mend what is lost, or give --accept-losses",
    };

    /// <summary>One object: source, target, outcome, counts, lines, notes.</summary>
    internal string ToJson()
    {
        StringBuilder json = new();
        json.Append(CultureInfo.InvariantCulture, $"{{\"source\": {JsonText.Quote(source)}, \"target\": {JsonText.Quote(target)}, \"outcome\": {JsonText.Quote(outcome)}, ");
        json.Append(CultureInfo.InvariantCulture, $"\"taken\": {Count(Fate.Taken)}, \"default\": {Count(Fate.Default)}, \"lost\": {Count(Fate.Lost)}, \"deciding\": {Deciding},\n\"lines\": [");
        bool isFirst = true;
        foreach (Finding finding in Ordered)
        {
            json.Append(isFirst ? "\n" : ",\n");
            isFirst = false;
            json.Append(CultureInfo.InvariantCulture, $"  {{\"file\": {JsonText.Quote(finding.File)}, \"line\": {finding.Line}, \"name\": {JsonText.Quote(finding.Subject)}, ");
            json.Append("\"value\": ").Append(finding.Value is { } value ? JsonText.Quote(value) : "null");
            json.Append(CultureInfo.InvariantCulture, $", \"status\": \"{Word(finding)}\", \"decides\": {(finding.Decides ? "true" : "false")}, \"text\": [");
            json.AppendJoin(", ", finding.Remarks.Select(remark => JsonText.Quote(Named(remark)))).Append("]}");
        }
        json.Append("\n],\n\"notes\": [").AppendJoin(", ", plan.Notes.Select(note => JsonText.Quote(Named(note)))).Append("]}\n");
        return json.ToString();
    }

    private IEnumerable<Finding> Ordered => plan.Findings.OrderBy(static finding => finding.File switch { "main.cf" => 0, "master.cf" => 1, _ => 2 })
        .ThenBy(static finding => finding.File, StringComparer.Ordinal).ThenBy(static finding => finding.Line);

    private int Count(Fate fate) => plan.Findings.Count(finding => finding.Fate == fate);

    private int Deciding => plan.Findings.Count(static finding => finding.Decides);

    private string Named(string text) => text.Replace(Plan.Target, target, StringComparison.Ordinal);

    private static string Word(Finding finding) => finding.Fate switch { Fate.Taken => "taken", Fate.Default => "default", _ => "lost" };

    private static string Place(Finding finding) => string.Create(CultureInfo.InvariantCulture, $"{PrintableText.Of(finding.File)}:{finding.Line}");
}
