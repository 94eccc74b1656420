using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Posttool;

/// <summary>
/// NAME
///   posttool - what scripts for Postfix call: postconf, postcat, postmap, postalias, postlog
/// SYNOPSIS
///   postconf [-c config_directory] [-dfhHnpx] [-o name=value] [name ...]   the parameters, in Postfix's form
///   postconf -m                                                            types of lookup tables
///   postcat [-c config_directory] [-bdehoqrv] [file ...]                   queue files, readable
///   postmap [-c config_directory] -q key|- [type:]name ...                 what lookup tables say
///   postlog [-c config_directory] [-iv] [-p priority] [-t tag] [text ...]  a line for the mail log
///   posttool postconf|postcat|postmap|postalias|postlog ...                the same
/// DESCRIPTION
///   Answers to these names, of which bin/ has links, so that scripts and one-liners for Postfix work without a main.cf. Output, errors
///   and exit statuses are Postfix's.
///   postconf  reads main.toml and writes nothing: values in the form of main.cf, tables within main.toml as "inline:{...}", never a password.
///             -n what main.toml gives, -d defaults, -x with $name expanded, -h values alone, -H names alone, -f long lines folded,
///             -o with another value, -p as without letters. Of Postfix's parameters that are not built it shows the default, which
///             holds. Changes (-e, -X, -#) are refused: edit main.toml. "master config" tells more.
///   postcat   prints queue files, or with -q messages of the queue by their ID; -e envelope, -h headers, -b body, by default all;
///             -v every record with its name, -o with its offset, -d with its type, -r in the order of the file.
///   postmap   -q KEY prints the value of a key in the first table that has it, -q - of each line of standard input; -s all entries.
///             Tables are read as text here, so there is nothing to make of them; to be asked for it is an error.
///   postalias The same for files of aliases.
///   --help says what this says, --version which version it is.
///   postlog   writes its words, or each line of standard input, to the mail log. -p info, warn, error, fatal or panic, -t in place of
///             postfix/postlog. -i, -v for compatibility.
/// SECURITY
///   Runs with the rights of its caller.
/// DIAGNOSTICS
///   Exit status 0: done; of postmap -q: something was found. 1: nothing was found, or one line on standard error tells what is wrong.
/// CONFIGURATION
///   queue_directory, hash_queue_depth, hash_queue_names (postcat), and those of shared/Service/Log/LogOptions.cs (postlog).
/// BUGS
///   Letter case never matters in keys: -f of postmap has no effect. Its -b, -h and -m are missing.
/// </summary>
internal static class Program
{
    /// <summary>Exit status of all that goes wrong, as in Postfix.</summary>
    internal const int Failure = 1;

    /// <summary>How programs are called, and what each does with its words and what it has to say.</summary>
    private static readonly Dictionary<string, Func<string[], CallerLog, int>> s_tools = new()
    {
        ["postconf"] = Postconf.Run,
        ["postcat"] = Postcat.Run,
        ["postmap"] = static (words, log) => Postmap.Run("postmap", words, log),
        ["postalias"] = static (words, log) => Postmap.Run("postalias", words, log),
        ["postlog"] = Postlog.Run,
    };

    private static int Main(string[] arguments)
    {
        string name = Caller.ProgramName();
        string[] words = Caller.Arguments(arguments);
        if (!s_tools.ContainsKey(name) && words is [var first, .. var rest])
            (name, words) = (first, rest);
        if ((HelpOption.Answer(name, words, typeof(Program).Assembly) ?? HelpOption.Answer("posttool", [name], typeof(Program).Assembly)) is { } answered)
            return answered;
        CallerLog log = new(s_tools.ContainsKey(name) ? name : "posttool");
        return s_tools.TryGetValue(name, out Func<string[], CallerLog, int>? tool) ? Run(tool, words, log)
            : log.Fatal($"usage: posttool {string.Join('|', s_tools.Keys)} ...", ExitStatus.Usage);
    }

    private static int Run(Func<string[], CallerLog, int> tool, string[] words, CallerLog log)
    {
        try
        {
            return tool(words, log);
        }
        catch (UsageException e)
        {
            return log.Fatal(e.Message, Failure);
        }
        catch (ConfigurationException e)
        {
            return log.Fatal(e.Message, Failure);
        }
        catch (IOException e)
        {
            return log.Fatal(e.Message, Failure);
        }
    }

    /// <summary>Prints.</summary>
    /// <exception cref="IOException">Standard output cannot be written.</exception>
    internal static void Print(ReadOnlySpan<byte> octets)
    {
        if (!StandardStreams.TryWriteOutput(octets))
            throw SystemCallException.Last("write standard output");
    }
}
