using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Login;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command passwd: users who may log in at this host's SMTP server.</summary>
internal static class Passwords
{
    // More is not hashed by crypt(3).
    private const int MostOctets = 512;

    internal static int Run(string directory, string[] words, bool remove, bool crypted, bool list)
    {
        if (words.Length != (list ? 0 : 1) || (list && (remove || crypted)) || (remove && crypted))
            return Caller.Fail("passwd takes one user, and --delete or --crypt; or --list alone; usage: master [-c config_directory] passwd USER", ExitStatus.Usage);
        MainConfig config = MainConfig.Load(directory);
        string path = config.Get(Parameters.SmtpdSaslPasswordFile);
        if (path.Length == 0)
            throw config.Refuse(Parameters.SmtpdSaslPasswordFile, "is not set; give the path of a file that this command is to keep, e.g. \"$config_directory/smtpd_passwd\"");
        try
        {
            return list ? List(path) : Change(config, path, words[0], remove, crypted);
        }
        catch (PasswordFileException e)
        {
            foreach (string problem in e.Problems)
                Caller.Fail(problem, ExitStatus.Configuration);
            return ExitStatus.Configuration;
        }
    }

    private static int List(string path)
    {
        string names = string.Concat(PasswordFile.Users(path).Select(static user => $"{user}\n"));
        return StandardStreams.TryWriteOutput(names) ? ExitStatus.Ok : throw SystemCallException.Last("write standard output");
    }

    private static int Change(MainConfig config, string path, string user, bool remove, bool crypted)
    {
        if (PasswordFile.ProblemOfName(user) is { } wrongName)
            return Caller.Fail(wrongName, ExitStatus.Usage);
        // What root keeps, the server can still read when it has given root up, and nobody else.
        uint? group = Users.EffectiveUid == 0 ? MailOwner.Of(config).Gid : null;
        if (remove)
            return PasswordFile.Remove(path, user, group) ? ExitStatus.Ok : Caller.Fail($"{path}: no user {PrintableText.Of(user)}", 1);
        byte[]? password = Terminal.IsInput ? Typed() : StandardStreams.ReadLine(MostOctets + 1);
        string text = ByteText.Decode(password ?? []);
        if (ProblemOf(password, text) is { } problem)
            return Caller.Fail($"{problem}; nothing is changed", 1);
        PasswordFile.Set(path, user, text, crypted, group);
        return ExitStatus.Ok;
    }

    private static byte[]? Typed()
    {
        byte[]? first = Terminal.ReadSecret("Password: ", MostOctets + 1);
        return first is not { Length: > 0 } ? first
            : Terminal.ReadSecret("The same again: ", MostOctets + 1) is { } second && second.AsSpan().SequenceEqual(first) ? first : null;
    }

    private static string? ProblemOf(byte[]? password, string text) => password switch
    {
        null => Terminal.IsInput ? "the two are not the same" : "no password: it is read from standard input, one line",
        [] => "no password is given",
        { Length: > MostOctets } => string.Create(CultureInfo.InvariantCulture, $"a password of more than {MostOctets} octets"),
        _ when text.Any(char.IsControl) => "a password with a control character",
        _ => null,
    };
}
