using System.Globalization;
using System.Text;
using PostfixNet.Mail;
using PostfixNet.Native;
using Spectre.Console;

namespace PostfixNet.Commands;

/// <summary>Tables for people: the one place that calls the library Spectre.Console, and only on a terminal. Elsewhere they are columns of plain text.</summary>
/// <remarks>Text is shown as it is: nothing in it is markup, and control characters of it reach no terminal.</remarks>
public static class Screen
{
    private const int PlainGap = 2, NarrowestTerminal = 40;

    /// <summary>One column.</summary>
    /// <param name="Title">Above it.</param>
    /// <param name="IsNumber">To the right.</param>
    public readonly record struct Column(string Title, bool IsNumber = false);

    /// <summary>Standard output is a terminal that knows more than lines.</summary>
    public static bool IsTerminal => Terminal.IsOutput && Variable("TERM") is not ("dumb" or "");

    /// <summary>Columns of it, where it is a terminal.</summary>
    public static int Width => IsTerminal && Console.WindowWidth is > 0 and var columns ? Math.Max(NarrowestTerminal, columns) : 80;

    /// <summary>Lines of it; 24 where it does not say.</summary>
    public static int Height => IsTerminal && Console.WindowHeight is > 0 and var rows ? rows : 24;

    /// <summary>A table as text.</summary>
    /// <param name="columns">At least one.</param>
    /// <param name="rows">As many texts each as there are columns.</param>
    /// <param name="isTerminal">For a terminal; null: as standard output is.</param>
    public static string Table(IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<string>> rows, bool? isTerminal = null) =>
        isTerminal ?? IsTerminal ? Drawn(columns, rows) : Plain(columns, rows);

    private static string Drawn(IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        bool isUnicode = IsUnicode;
        Table table = new Table().Border(isUnicode ? TableBorder.Simple : TableBorder.Ascii2);
        foreach (Column column in columns)
        {
            TableColumn made = new(new Text(column.Title, new Style(decoration: Decoration.Bold))) { NoWrap = column.IsNumber };
            table.AddColumn(column.IsNumber ? made.RightAligned() : made);
        }
        foreach (IReadOnlyList<string> row in rows)
            table.AddRow(row.Select(text => new Text(Shown(text, isUnicode))));
        using StringWriter text = new(CultureInfo.InvariantCulture);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = Variable("NO_COLOR").Length > 0 ? ColorSystemSupport.NoColors : ColorSystemSupport.Standard,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = Width;
        console.Profile.Capabilities.Unicode = isUnicode;
        if (Variable("NO_COLOR").Length > 0)
            console.Profile.Capabilities.Ansi = false;
        console.Write(table);
        return text.ToString();
    }

    private static string Plain(IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int[] widths = [.. columns.Select((column, i) => Math.Max(column.Title.Length, rows.Count == 0 ? 0 : rows.Max(row => row[i].Length)))];
        StringBuilder text = new();
        Line([.. columns.Select(static column => column.Title)]);
        foreach (IReadOnlyList<string> row in rows)
            Line(row);
        return text.ToString();

        void Line(IReadOnlyList<string> cells)
        {
            StringBuilder line = new();
            for (int i = 0; i < cells.Count; i++)
            {
                string cell = PrintableText.Of(cells[i]);
                line.Append(columns[i].IsNumber ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])).Append(' ', PlainGap);
            }
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }

    private static string Shown(string text, bool isUnicode)
    {
        text = PrintableText.Of(text);
        return isUnicode ? text : string.Concat(text.Select(static c => c < 0x7f ? c : '?'));
    }

    // As the C library does: the first of these that is set.
    private static bool IsUnicode
    {
        get
        {
            string locale = Variable("LC_ALL") is { Length: > 0 } all ? all : Variable("LC_CTYPE") is { Length: > 0 } type ? type : Variable("LANG");
            return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
        }
    }

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}
