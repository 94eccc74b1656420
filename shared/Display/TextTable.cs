using System.Text;
using PostfixNet.Mail;
using PostfixNet.Native;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PostfixNet.Display;

/// <summary>Rows under headings, for people: fitted to a terminal, with Spectre.Console, of which this is the one place; in a pipe or a file plain columns, one line a row.</summary>
/// <remarks>Without lines and other characters that not every locale has. NO_COLOR and TERM=dumb count. What a cell says goes to a terminal: control characters are replaced.</remarks>
/// <param name="headings">One for each column; none: there are only rows.</param>
public sealed class TextTable(params string[] headings)
{
    private const int Gap = 2, LeastWidth = 20, ShortCell = 12;
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row, of as many cells as there are headings.</summary>
    /// <returns>This table.</returns>
    public TextTable Row(params string[] cells)
    {
        _rows.Add([.. cells.Select(PrintableText.Of)]);
        return this;
    }

    /// <summary>On a terminal each row is one line: what does not fit of its last cell is left out. Else lines go on below.</summary>
    public bool IsCut { get; init; }

    /// <summary>It has rows.</summary>
    public bool HasRows => _rows.Count > 0;

    /// <summary>The table as standard output wants it.</summary>
    public override string ToString() => Terminal.IsOutput && Terminal.Columns is { } columns ? Fitted(columns) : Plain();

    /// <summary>Columns of blanks.</summary>
    public string Plain()
    {
        IEnumerable<string[]> lines = headings.Length > 0 ? _rows.Prepend(headings) : _rows;
        int[] widths = [.. Enumerable.Range(0, Columns).Select(column => lines.Max(row => column < row.Length ? row[column].Length : 0))];
        StringBuilder text = new();
        foreach (string[] row in lines)
        {
            StringBuilder line = new();
            for (int i = 0; i < row.Length; i++)
                line.Append(row[i].PadRight(i + 1 < row.Length ? widths[i] + Gap : 0));
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Columns that wrap at a width.</summary>
    /// <param name="width">Of the terminal, in characters.</param>
    public string Fitted(int width)
    {
        Table table = new() { Border = TableBorder.None, ShowHeaders = headings.Length > 0, UseSafeBorder = true };
        for (int i = 0; i < Columns; i++)
        {
            TableColumn column = new(new Markup(Markup.Escape(i < headings.Length ? headings[i] : ""), new Style(decoration: Decoration.Bold)));
            column.PadLeft(0).PadRight(Gap);
            column.NoWrap = _rows.TrueForAll(row => i >= row.Length || row[i].Length <= ShortCell) || i == 0;
            table.AddColumn(column);
        }
        foreach (string[] row in _rows)
            table.AddRow(Cut(row, width).Select(static cell => new Text(cell)));
        // Not by way of a console of the library's: that asks System.Console, which takes the terminal over.
        StringBuilder text = new();
        bool plain = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        foreach (Segment segment in ((IRenderable)table).Render(new RenderOptions(new Simple(), new Size(Math.Max(width, LeastWidth), int.MaxValue)), Math.Max(width, LeastWidth)))
            text.Append(!plain && segment.Style.Decoration == Decoration.Bold && segment.Text.Trim().Length > 0 ? $"\e[1m{segment.Text}\e[0m" : segment.Text);
        return string.Concat(text.ToString().TrimEnd('\n').Split('\n').Select(static line => line.TrimEnd() + "\n"));
    }

    private string[] Cut(string[] row, int width)
    {
        if (!IsCut || row.Length == 0)
            return row;
        IEnumerable<string[]> lines = headings.Length > 0 ? _rows.Prepend(headings) : _rows;
        int before = Enumerable.Range(0, row.Length - 1).Sum(column => lines.Max(line => column < line.Length ? line[column].Length : 0) + Gap);
        int room = Math.Max(width - before - Gap, ShortCell);
        return row[^1].Length <= room ? row : [.. row[..^1], row[^1][..(room - 3)] + "..."];
    }

    /// <summary>What is asked of the terminal: nothing.</summary>
    private sealed class Simple : IReadOnlyCapabilities
    {
        public ColorSystem ColorSystem => ColorSystem.NoColors;

        public bool Ansi => true;

        public bool Links => false;

        public bool Legacy => false;

        public bool Interactive => false;

        public bool Unicode => false;

        public bool AlternateBuffer => false;
    }

    private int Columns => _rows.Count > 0 ? Math.Max(headings.Length, _rows.Max(static row => row.Length)) : headings.Length;
}
