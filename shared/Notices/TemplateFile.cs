using System.Text;
using PostfixNet.Configuration;

namespace PostfixNet.Notices;

/// <summary>Reads bounce_template_file, in the format of Postfix's bounce(5): <c>failure_template = &lt;&lt;EOF</c>, headers
/// Charset:, From:, Subject:, Postmaster-Subject:, an empty line, text, <c>EOF</c>; likewise delay_template, success_template
/// and verify_template. Between templates, empty lines and lines that begin with "#" say nothing.</summary>
/// <remarks>Text of another charset becomes UTF-8, the charset of all notices. A file may be 1 MiB.</remarks>
internal sealed class TemplateFile
{
    private const int SizeLimit = 1024 * 1024;

    private readonly string _path;
    private readonly string[] _lines; // Latin-1, until the charset is known
    private readonly Func<string, string> _valueOf;
    private int _next;

    private TemplateFile(string path, byte[] content, Func<string, string> valueOf)
    {
        (_path, _valueOf) = (path, valueOf);
        _lines = Encoding.Latin1.GetString(content).Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
    }

    /// <inheritdoc cref="NoticeTemplates.Load"/>
    internal static NoticeTemplates Load(MainConfig config)
    {
        Func<string, string> valueOf = name => NoticeTemplates.ValueOf(config, name);
        NoticeTemplates builtIn = NoticeTemplates.BuiltIn(valueOf);
        string path = config.Get(Parameters.BounceTemplateFile);
        if (!path.StartsWith('/'))
            path = $"{config.Directory}/{path}";
        try
        {
            return Parse(path, Native.FileSystem.ReadAll(path, SizeLimit), builtIn, valueOf);
        }
        catch (IOException e)
        {
            throw config.Refuse(Parameters.BounceTemplateFile, e.Message);
        }
    }

    /// <summary>Reads the content of a template file.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="builtIn">For templates that the file does not have, and for headers that a template does not have.</param>
    /// <exception cref="ConfigurationException">With the line of what cannot be used.</exception>
    internal static NoticeTemplates Parse(string path, byte[] content, NoticeTemplates builtIn, Func<string, string> valueOf) =>
        new TemplateFile(path, content, valueOf).Parse(builtIn);

    private NoticeTemplates Parse(NoticeTemplates templates)
    {
        while (_next < _lines.Length)
        {
            string line = _lines[_next++].Trim(' ', '\t');
            if (line.Length == 0 || line[0] == '#')
                continue;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            string start = equals < 0 ? "" : line[(equals + 1)..].Trim();
            if (!start.StartsWith("<<", StringComparison.Ordinal) || start.Length == 2)
                throw Bad(_next, "not understood; accepted is e.g. \"failure_template = <<EOF\"");
            templates = (line[..equals].Trim()) switch
            {
                "failure_template" => templates with { Failure = Template(start[2..].Trim(), templates.Failure, hasCopies: true) },
                "delay_template" => templates with { Delay = Template(start[2..].Trim(), templates.Delay, hasCopies: true) },
                "success_template" => templates with { Success = Template(start[2..].Trim(), templates.Success, hasCopies: false) },
                "verify_template" => templates with { Status = Template(start[2..].Trim(), templates.Status, hasCopies: false) },
                string other => throw Bad(_next, $"no such template: {other}; there are failure_template, delay_template, success_template and verify_template"),
            };
        }
        return templates;
    }

    private NoticeTemplate Template(string end, NoticeTemplate builtIn, bool hasCopies)
    {
        int first = _next;
        int last = Array.IndexOf(_lines, end, first);
        if (last < 0)
            throw Bad(first, $"the template has no end: a line with nothing but \"{end}\"");
        (string from, string subject, string postmaster) = (builtIn.From, builtIn.Subject, builtIn.PostmasterSubject);
        Encoding charset = Charset("us-ascii", first);
        for (; _next < last && _lines[_next].Length > 0; _next++)
        {
            (string name, string value) = Header(_lines[_next], _next + 1);
            switch (name)
            {
                case "charset":
                    charset = Charset(value, _next + 1);
                    break;
                case "from":
                    from = value;
                    break;
                case "subject":
                    (subject, postmaster) = (value, hasCopies ? postmaster : value);
                    break;
                case "postmaster-subject" when hasCopies:
                    postmaster = value;
                    break;
                default:
                    throw Bad(_next + 1, $"\"{name}\" is not accepted; the headers are Charset, From, Subject{(hasCopies ? ", Postmaster-Subject" : "")}, and an empty line ends them");
            }
        }
        if (_next == last)
            throw Bad(last + 1, "the template has no text: after the headers comes an empty line, then the text");
        StringBuilder text = new();
        for (_next++; _next < last; _next++)
            text.Append(Text(charset, _lines[_next], _next + 1)).Append('\n');
        _next = last + 1;
        return text.Length > 0 ? new NoticeTemplate(from, subject, postmaster, text.ToString()) : throw Bad(last + 1, "the template has no text");
    }

    private (string Name, string Value) Header(string line, int number)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
            throw Bad(number, "a header is missing its \":\"; an empty line ends the headers");
        string value = line[(colon + 1)..].Trim(' ', '\t');
        if (value.Length is 0 or > 900 || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw Bad(number, "the value of a header is 1 to 900 ASCII characters; others are written as =?utf-8?q?...?= (RFC 2047)");
        return (line[..colon].Trim(' ', '\t').ToLowerInvariant(), value);
    }

    private Encoding Charset(string name, int number)
    {
        try
        {
            Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (ArgumentException)
        {
            throw Bad(number, $"unknown charset: {name}");
        }
    }

    private string Text(Encoding charset, string line, int number)
    {
        string text;
        try
        {
            text = charset.GetString(Encoding.Latin1.GetBytes(line));
        }
        catch (DecoderFallbackException)
        {
            throw Bad(number, $"bytes that are not {charset.WebName}; give the charset in the header Charset:");
        }
        try
        {
            return NoticeText.OneLine(Expansion.Expand(text, _valueOf));
        }
        catch (FormatException e)
        {
            throw Bad(number, e.Message);
        }
    }

    private ConfigurationException Bad(int line, string problem) => new(_path, line, 1, problem);
}
