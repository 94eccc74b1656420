
namespace PostfixNet.Service;

/// <summary>Single-letter options as POSIX getopt(3) takes them apart, and as mail programs are called since ever.</summary>
/// <remarks>Options may be bundled (-vv, -ps) and values attached (-dALL). "--" ends the options; "-" is an operand.</remarks>
/// <param name="arguments">Without the program's name.</param>
/// <param name="options">The letters; one followed by ':' takes a value.</param>
/// <param name="permute">Options may follow operands, as the C library of Linux has it; false: the first operand ends them.</param>
public sealed class Getopt(IReadOnlyList<string> arguments, string options, bool permute = true)
{
    /// <summary>What <see cref="Next"/> returns for a bad option.</summary>
    public const char Bad = '?';

    private readonly List<string> _operands = [];
    private int _argument;
    private int _letter;

    /// <summary>The value of the last option, "" when it takes none.</summary>
    public string Value { get; private set; } = "";

    /// <summary>What was wrong, after <see cref="Bad"/>: e.g. "invalid option -- 'x'", "option requires an argument -- 'd'".</summary>
    public string Error { get; private set; } = "";

    /// <summary>The arguments that are no options; complete when <see cref="Next"/> has returned null.</summary>
    public IReadOnlyList<string> Operands => _operands;

    /// <summary>The argument that comes next, when the one before is used up; else null.</summary>
    public string? Word => _letter == 0 && _argument < arguments.Count ? arguments[_argument] : null;

    /// <summary>Passes over <see cref="Word"/>.</summary>
    public void Skip() => _argument++;

    /// <summary>Takes the next option.</summary>
    /// <returns>Its letter, <see cref="Bad"/>, or null at the end.</returns>
    public char? Next()
    {
        Value = "";
        while (_letter == 0)
        {
            if (_argument >= arguments.Count)
                return null;
            string word = arguments[_argument];
            if (word == "--")
            {
                _argument++;
                TakeOperands();
                return null;
            }
            if (word.Length >= 2 && word[0] == '-')
            {
                _letter = 1;
                break;
            }
            if (!permute)
            {
                TakeOperands();
                return null;
            }
            _operands.Add(word);
            _argument++;
        }

        string current = arguments[_argument];
        char letter = current[_letter++];
        int known = letter == ':' ? -1 : options.IndexOf(letter, StringComparison.Ordinal);
        bool atEnd = _letter == current.Length;
        if (atEnd)
            NextArgument();
        if (known < 0)
        {
            Error = $"invalid option -- '{letter}'";
            return Bad;
        }
        if (known + 1 == options.Length || options[known + 1] != ':')
            return letter;
        if (!atEnd)
        {
            Value = current[_letter..];
            NextArgument();
        }
        else if (_argument < arguments.Count)
        {
            Value = arguments[_argument++];
        }
        else
        {
            Error = $"option requires an argument -- '{letter}'";
            return Bad;
        }
        return letter;
    }

    private void NextArgument()
    {
        _letter = 0;
        _argument++;
    }

    private void TakeOperands()
    {
        while (_argument < arguments.Count)
            _operands.Add(arguments[_argument++]);
    }
}
