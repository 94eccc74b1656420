using System.Text;

namespace PostfixNet.Selection;

/// <summary>Understands the language of <see cref="Filter"/>, by recursive descent.</summary>
/// <param name="text">The filter.</param>
internal sealed class FilterParser(string text)
{
    private const int LongestText = 4096, LongestValue = 512, MostTests = 200, DeepestNesting = 50;
    private const string Operators = "= != ~ !~ < <= > >=";

    private int _at, _tests, _depth;
    private FilterNeeds _needs;

    /// <exception cref="FilterException">It is no filter.</exception>
    internal Filter Parse()
    {
        if (text.Length > LongestText)
            throw Wrong(LongestText, $"longer than {LongestText} characters");
        if (text.FirstOrDefault(char.IsControl) is not '\0' and var control)
            throw Wrong(text.IndexOf(control, StringComparison.Ordinal), "a control character");
        Condition condition = Alternatives();
        if (!IsEnd)
            throw Wrong(_at, text[_at] == ')' ? "\")\" without \"(\"" : $"\"and\" or \"or\" is expected, not {Shown(Word())}");
        return new Filter(text, condition, _needs);
    }

    private bool IsEnd
    {
        get
        {
            while (_at < text.Length && text[_at] == ' ')
                _at++;
            return _at == text.Length;
        }
    }

    private Condition Alternatives()
    {
        List<Condition> parts = [Conjunction()];
        while (TakeWord("or") || Take("||"))
            parts.Add(Conjunction());
        return parts is [var one] ? one : new Condition.Any(parts);
    }

    private Condition Conjunction()
    {
        List<Condition> parts = [Negation()];
        while (TakeWord("and") || Take("&&"))
            parts.Add(Negation());
        return parts is [var one] ? one : new Condition.All(parts);
    }

    private Condition Negation()
    {
        if (!TakeWord("not") && !Take("!"))
            return Primary();
        int start = _at;
        return Nested(start, () => new Condition.Not(Negation()));
    }

    private Condition Primary()
    {
        if (IsEnd)
            throw Wrong(_at, $"a test is expected, as sender=*@example.com; fields: {FieldNames}");
        int start = _at;
        if (!Take("("))
            return Test();
        return Nested(start, () =>
        {
            Condition inside = Alternatives();
            return Take(")") ? inside : throw Wrong(IsEnd ? start : _at, IsEnd ? "this \"(\" is not closed" : $"\"and\", \"or\" or \")\" is expected, not {Shown(Word())}");
        });
    }

    private Condition Nested(int start, Func<Condition> parse)
    {
        if (++_depth > DeepestNesting)
            throw Wrong(start, $"nested more than {DeepestNesting} deep");
        Condition inside = parse();
        _depth--;
        return inside;
    }

    private Condition Test()
    {
        int start = _at;
        if (++_tests > MostTests)
            throw Wrong(start, $"more than {MostTests} tests");
        FilterField field = Field();
        _needs |= field.Needs;
        while (_at < text.Length && text[_at] == ' ')
            _at++;
        int operatorAt = _at;
        string wanted = Operator();
        while (_at < text.Length && text[_at] == ' ')
            _at++;
        int valueAt = _at;
        List<(string Value, int At)> values = [];
        do
            values.Add((Value(field, operatorAt), valueAt));
        while (Take(",") && (valueAt = _at) >= 0);
        if (wanted.Length == 0)
            throw Wrong(operatorAt, $"one of {Operators} is expected after {field.Name}");
        return field.Texts is not null ? TextTest(field, field.Texts, wanted, operatorAt, values) : NumberTest(field, wanted, operatorAt, values);
    }

    private static Condition TextTest(
        FilterField field, Func<IMailFacts, IEnumerable<string>> texts, string wanted, int operatorAt, List<(string Value, int At)> values)
    {
        if (wanted[0] is '<' or '>')
            throw Wrong(operatorAt, $"{field.Name} is a text, compared with = != ~ !~");
        foreach ((string value, int at) in values)
        {
            if (value.Length > LongestValue)
                throw Wrong(at, $"a value of more than {LongestValue} characters");
            if (field.Words is { } words && !words.Contains(value.ToLowerInvariant()))
                throw Wrong(at, $"{field.Name} is one of {string.Join(' ', words)}");
        }
        bool isPart = wanted.EndsWith('~');
        // A domain with a dot before it means those below it, as for pauses.
        Condition test = new Condition.IsText(texts, [.. values.Select(value =>
            new Wildcard(field.Name == "domain" && value.Value.StartsWith('.') ? "*" + value.Value : value.Value, isPart))]);
        return wanted[0] == '!' ? new Condition.Not(test) : test;
    }

    private static Condition.IsNumber NumberTest(FilterField field, string wanted, int operatorAt, List<(string Value, int At)> values)
    {
        if (wanted.EndsWith('~'))
            throw Wrong(operatorAt, $"{field.Name} is a number, compared with = != < <= > >=");
        if (values.Count > 1)
            throw Wrong(values[1].At, $"{field.Name} takes one value");
        (string text, int at) = values[0];
        long value = Quantity.Parse(text, field.Unit) ?? throw Wrong(at, $"{Shown(text)} is no {Quantity.Accepted(field.Unit)}");
        return new Condition.IsNumber(field.Number!, wanted switch
        {
            "=" => static order => order == 0,
            "!=" => static order => order != 0,
            "<" => static order => order < 0,
            "<=" => static order => order <= 0,
            ">" => static order => order > 0,
            _ => static order => order >= 0,
        }, value);
    }

    private FilterField Field()
    {
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '-' or '_'))
            _at++;
        string name = text[start.._at].ToLowerInvariant();
        if (name.Length == 0)
            throw Wrong(start, $"a test is expected, as sender=*@example.com, not {Shown(text[start..(start + 1)])}");
        if (name == "header")
            return HeaderField(start);
        if (FilterField.All.FirstOrDefault(field => field.Name == name) is { } known)
            return known;
        string? near = name is "subject" or "from" or "to" or "cc" or "reply-to" || name.StartsWith("x-", StringComparison.Ordinal)
            ? $"header:{name}"
            : FilterField.All.Select(static field => field.Name).FirstOrDefault(field => field.StartsWith(name, StringComparison.Ordinal) || name.StartsWith(field, StringComparison.Ordinal))
            ?? FilterField.All.Select(static field => field.Name).FirstOrDefault(field => field[0] == name[0]);
        throw Wrong(start, $"unknown field {Shown(name)}{(near is null ? "" : $", did you mean \"{near}\"?")}; fields: {FieldNames}");
    }

    private FilterField HeaderField(int start)
    {
        int nameAt = _at + 1;
        if (_at == text.Length || text[_at] != ':')
            throw Wrong(_at, "a header is named as header:Subject");
        _at = nameAt;
        while (_at < text.Length && text[_at] is > ' ' and < '\x7f' and not ('=' or '~' or '!' or '<' or '>' or ':' or '(' or ')' or '"' or ','))
            _at++;
        return _at > nameAt ? FilterField.Header(text[nameAt.._at]) : throw Wrong(start, "a header is named as header:Subject");
    }

    // Empty: there is none.
    private string Operator()
    {
        if (Take("!="))
            return "!=";
        if (Take("!~"))
            return "!~";
        if (Take("<="))
            return "<=";
        if (Take(">="))
            return ">=";
        if (Take("==") || Take("=") || Take(":"))
            return "=";
        return Take("~") ? "~" : Take("<") ? "<" : Take(">") ? ">" : "";
    }

    private string Value(FilterField field, int operatorAt)
    {
        if (_at < text.Length && text[_at] is '"' or '\'')
            return Quoted();
        string word = Word();
        return word.Length > 0 ? word
            : throw Wrong(_at == operatorAt ? operatorAt : _at, _at == operatorAt
                ? $"one of {Operators} is expected after {field.Name}" : $"a value is missing; the empty one is \"\"");
    }

    private string Quoted()
    {
        int start = _at;
        char quote = text[_at++];
        StringBuilder value = new();
        for (; _at < text.Length; _at++)
        {
            char c = text[_at];
            if (c == quote)
            {
                _at++;
                return value.ToString();
            }
            if (c == '\\' && _at + 1 < text.Length && text[_at + 1] == quote)
                c = text[++_at];
            else if (c == '\\' && _at + 1 < text.Length)
                value.Append(text[_at++]); // wildcards look at it, too
            value.Append(text[_at]);
        }
        throw Wrong(start, $"this {quote} is not closed");
    }

    private string Word()
    {
        int start = _at;
        while (_at < text.Length && text[_at] is not (' ' or '(' or ')' or ',' or '"' or '\''))
            _at++;
        return text[start.._at];
    }

    private bool Take(string sign)
    {
        if (IsEnd || string.CompareOrdinal(text, _at, sign, 0, sign.Length) != 0)
            return false;
        _at += sign.Length;
        return true;
    }

    private bool TakeWord(string word)
    {
        if (IsEnd || string.Compare(text, _at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) != 0
            || (_at + word.Length < text.Length && text[_at + word.Length] is not (' ' or '(' or '!')))
            return false;
        _at += word.Length;
        return true;
    }

    private static string FieldNames => string.Join(' ', FilterField.All.Select(static known => known.Name)) + " header:NAME";

    private static string Shown(string word) => $"\"{Mail.PrintableText.Of(word.Length > 60 ? word[..60] + "..." : word)}\"";

    private static FilterException Wrong(int at, string what) => new(at + 1, what);
}
