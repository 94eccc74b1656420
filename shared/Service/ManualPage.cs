using System.Net;
using System.Reflection;
using System.Text;

namespace PostfixNet.Service;

/// <summary>The manual page that the source of a program opens with, which the program carries in itself (build/Program.props): --help prints it, and the pages of the
/// package are made of the same text.</summary>
public static class ManualPage
{
    private const string Resource = "manual";

    // What someone at the command line wants to know; the rest is for the page.
    private static readonly string[] s_helpSections = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "DIAGNOSTICS"];

    /// <summary>The whole page: headings at the beginning of a line, all else indented.</summary>
    /// <param name="program">Has it.</param>
    public static string Of(Assembly program)
    {
        ArgumentNullException.ThrowIfNull(program);
        using Stream stream = program.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException("the source is not embedded");
        using StreamReader reader = new(stream);
        StringBuilder page = new();
        bool isIn = false;
        while (reader.ReadLine()?.TrimStart() is { } line)
        {
            string text = line.StartsWith("/// ", StringComparison.Ordinal) ? line[4..] : "";
            if (text is "<summary>" or "</summary>" && isIn)
                break;
            isIn |= text == "NAME";
            if (isIn)
                page.Append(WebUtility.HtmlDecode(text)).Append('\n');
        }
        return page.ToString();
    }

    /// <summary>What --help says: the page without what is for administrators and developers.</summary>
    public static string Help(Assembly program) => string.Concat(Sections(Of(program)).Where(static section => s_helpSections.Contains(section.Heading)).Select(static section => $"{section.Heading}\n{section.Text}"));

    /// <summary>A section; "" when there is none.</summary>
    public static string Section(Assembly program, string heading) => Sections(Of(program)).FirstOrDefault(section => section.Heading == heading).Text ?? "";

    private static IEnumerable<(string Heading, string Text)> Sections(string page)
    {
        string heading = "";
        StringBuilder text = new();
        foreach (string line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != ' ')
            {
                if (heading.Length > 0)
                    yield return (heading, text.ToString());
                heading = line;
                text.Clear();
            }
            else
            {
                text.Append(line).Append('\n');
            }
        }
        yield return (heading, text.ToString());
    }
}
