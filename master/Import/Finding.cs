namespace PostfixNet.Master.Import;

/// <summary>What became of a line.</summary>
internal enum Fate
{
    /// <summary>It stands in main.toml or master.toml, or what it wants is done there.</summary>
    Taken,
    /// <summary>It is left out: this system does so without it.</summary>
    Default,
    /// <summary>It is not taken.</summary>
    Lost,
}

/// <summary>One line of main.cf or master.cf, or of a table that they name, and what became of it.</summary>
/// <param name="file">"main.cf", "master.cf", or the path of a table.</param>
/// <param name="line">1, 2, ...; 0: the file as a whole.</param>
/// <param name="subject">A parameter, a service, a key.</param>
internal sealed class Finding(string file, int line, string subject)
{
    private readonly List<string> _remarks = [];

    internal string File { get; } = file;

    internal int Line { get; } = line;

    internal string Subject { get; } = subject;

    /// <summary>The value, as far as it may be shown; null: it may not.</summary>
    internal string? Value { get; init; }

    internal Fate Fate { get; private set; } = Fate.Taken;

    /// <summary>What is lost can change what becomes of mail.</summary>
    internal bool Decides { get; private set; }

    /// <summary>What is to be known of it, one sentence each.</summary>
    internal IReadOnlyList<string> Remarks => _remarks;

    /// <summary>It is what this system does anyhow.</summary>
    internal void LeaveOut(string remark = "")
    {
        Fate = Fate.Default;
        Remark(remark);
    }

    /// <summary>It, or a part of it, is not taken.</summary>
    /// <param name="consequence">What becomes of mail then.</param>
    internal void Lose(string consequence, bool decides)
    {
        Fate = Fate.Lost;
        Decides |= decides;
        Remark(consequence);
    }

    internal void Remark(string text)
    {
        if (text.Length > 0 && !_remarks.Contains(text))
            _remarks.Add(text);
    }
}
