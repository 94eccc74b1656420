using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Login;

/// <summary>smtpd_sasl_password_file: who may log in, and what proves it. A change is taken up at the next login.</summary>
public sealed class PasswordFile
{
    private const int LargestFile = 256 << 20;
    private const int ReadByOthers = 4, WrittenByOthers = 2;
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly Action<string> _warn;
    private VerifierTable _table;
    private FileStatus _read;

    // Of a change that could not be taken up there is one warning.
    private FileStatus? _refused;

    private PasswordFile(string path, Action<string> warn, VerifierTable table, FileStatus read) => (_path, _warn, _table, _read) = (path, warn, table, read);

    /// <summary>Reads a file; root may read it before it is given up, but a change can be taken up only when mail_owner may read the file.</summary>
    /// <param name="path">From the root; a symbolic link is followed.</param>
    /// <param name="warn">Takes a line for the log, at any time later.</param>
    /// <exception cref="PasswordFileException">It cannot be read, or has lines that cannot.</exception>
    public static PasswordFile Open(string path, Action<string> warn)
    {
        (VerifierTable table, FileStatus status) = Read(path);
        return new PasswordFile(path, warn, table, status);
    }

    /// <summary>What an operator should know of it; a line each.</summary>
    internal IEnumerable<string> Remarks()
    {
        if ((_read.Mode & ReadByOthers) != 0)
            yield return $"every user can read the verifiers in {_path}, and try passwords on them; \"chmod o= {_path}\"";
        if (_table is { HasScram: true, WithoutScram: > 0 and var few, Users.Count: var all })
            yield return $"{few} of {all} users in {_path} have a crypt(3) hash: their clients must not choose SCRAM, with which only the others can log in; \"master passwd\" makes verifiers for both";
    }

    /// <summary>What stands in it now; while that cannot be used, what stood there before.</summary>
    internal VerifierTable Table()
    {
        try
        {
            if (FileSystem.Status(_path, followLink: true) is not { } now || IsSame(now, _read) || (_refused is { } refused && IsSame(now, refused)))
                return _table;
            _refused = now;
            (_table, _read) = Read(_path);
        }
        catch (SystemCallException e)
        {
            _warn($"{e.Message}; the users of before hold");
        }
        catch (PasswordFileException e)
        {
            _warn($"{e.Message}; the users of before hold");
        }
        return _table;
    }

    private static bool IsSame(FileStatus one, FileStatus other) =>
        one.Inode == other.Inode && one.ModifiedNanoseconds == other.ModifiedNanoseconds && one.Size == other.Size;

    private static (VerifierTable Table, FileStatus Status) Read(string path)
    {
        byte[] octets;
        FileStatus status;
        try
        {
            octets = FileSystem.ReadAll(path, LargestFile, out status);
        }
        catch (SystemCallException e)
        {
            throw new PasswordFileException(e.Message);
        }
        return (status.Mode & WrittenByOthers) == 0 ? (VerifierTable.Read(octets, path), status)
            : throw new PasswordFileException($"{path}: every user can write to it, and add users; \"chmod o= {path}\"");
    }

    /// <summary>The users, in their order in the file; none when there is no file.</summary>
    /// <exception cref="PasswordFileException">It has lines that cannot be read.</exception>
    /// <exception cref="SystemCallException">It cannot be read.</exception>
    public static IReadOnlyList<string> Users(string path) =>
        FileSystem.Status(path, followLink: true) is null ? []
            : [.. VerifierTable.Lines(FileSystem.ReadAll(path, LargestFile), path).Where(static line => line.Verifier is not null).Select(static line => line.User)];

    /// <summary>Why a name can be nobody's; null: it can.</summary>
    public static string? ProblemOfName(string user) => VerifierTable.ProblemOf(PreparedText.Of(user));

    /// <summary>Gives a user a password; the file is made if it is not there, and replaced at one stroke if it is.</summary>
    /// <param name="user">One without <see cref="ProblemOfName"/>.</param>
    /// <param name="password">As typed.</param>
    /// <param name="crypted">Stores a crypt(3) hash in place of an RFC 5803 verifier: no SCRAM, but a guess costs more.</param>
    /// <param name="group">Whose the file is, with root as its owner; null: it is this user's alone.</param>
    /// <exception cref="PasswordFileException">It has lines that cannot be read.</exception>
    /// <exception cref="IOException">It cannot be written, or there is no crypt(3).</exception>
    public static void Set(string path, string user, string password, bool crypted, uint? group)
    {
        string verifier = crypted ? PasswordHash.Make(ByteText.Encode(password)) : ScramVerifier.Make(password).ToText();
        VerifierTable.Line line = VerifierTable.LineOf(user, verifier);
        Change(path, group, lines =>
        {
            int at = lines.FindIndex(other => other.Verifier is not null && other.User == line.User);
            if (at >= 0)
                lines[at] = line;
            else
                lines.Add(line);
            if (!lines.Exists(static other => other.Seed is not null))
                lines.Insert(0, VerifierTable.NewSeed());
            return true;
        });
    }

    /// <summary>Takes a user out. False when there is none.</summary>
    /// <inheritdoc cref="Set"/>
    public static bool Remove(string path, string user, uint? group)
    {
        string name = PreparedText.Of(user);
        return FileSystem.Status(path, followLink: true) is not null
            && Change(path, group, lines => lines.RemoveAll(line => line.Verifier is not null && line.User == name) > 0);
    }

    private static bool Change(string path, uint? group, Predicate<List<VerifierTable.Line>> change)
    {
        string target = FileSystem.Status(path) is { Kind: FileKind.Link } ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        using SafeFileHandle only = OpenLocked(target, out byte[] old);
        List<VerifierTable.Line> lines = [.. VerifierTable.Lines(old, path)];
        // What stands behind the last line end is no line.
        if (lines is [.., { Text: "" }])
            lines.RemoveAt(lines.Count - 1);
        if (!change(lines))
            return false;
        WholeFile.Replace(target, ByteText.Encode(string.Concat(lines.Select(static line => line.Text + "\n"))), group is null ? 0x180 /* 0600 */ : 0x1A0 /* 0640 */, group);
        return true;
    }

    // Who else changes the file waits, and then finds that its name has gone to another.
    private static SafeFileHandle OpenLocked(string path, out byte[] content)
    {
        while (true)
        {
            SafeFileHandle file = FileSystem.OpenAppend(path, 0x180 /* 0600 */);
            if (!FileSystem.Lock(file, s_lockLimit))
            {
                file.Dispose();
                throw new SystemCallException($"lock {path}", "another command changes it");
            }
            FileStatus status = FileSystem.Status(file);
            if (FileSystem.Status(path)?.Inode == status.Inode)
            {
                content = FileSystem.ReadAll(path, LargestFile);
                return file;
            }
            file.Dispose();
        }
    }
}
