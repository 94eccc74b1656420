using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Master.Import;

/// <summary>Where main.toml and master.toml go: nothing that is there is touched, no link is followed, and all of it is there or nothing.</summary>
internal static class TargetDirectory
{
    internal const string MainFile = "main.toml", MasterFile = "master.toml";
    private const int ForAll = 0x1A4, ForOwner = 0x180; // 0644, 0600

    /// <summary>Why nothing can be written there; null: it can.</summary>
    internal static string? Problem(string directory)
    {
        if (FileSystem.Status(directory) is not { } status)
            return null;
        if (status.Kind != FileKind.Directory)
            return $"{directory} is not a directory{(status.Kind == FileKind.Link ? " but a link; give what it points to" : "")}";
        string? taken = Array.Find([MainFile, MasterFile], name => FileSystem.Status($"{directory}/{name}") is not null);
        return taken is null ? null : $"{directory}/{taken} is there already, and is not overwritten; give another directory with --output";
    }

    /// <summary>Writes all files; what failed leaves none.</summary>
    /// <exception cref="IOException">It cannot be written; a name is taken.</exception>
    internal static void Write(Plan plan, string directory, string source)
    {
        bool isMade = FileSystem.Status(directory) is null && FileSystem.MakeDirectory(directory, 0x1ED /* 0755 */);
        bool hasSecrets = plan.Parameters.Exists(static parameter => Secrets.IsIn(parameter.Name, parameter.Expanded));
        List<string> written = [];
        try
        {
            foreach (PlannedFile file in plan.Files)
                Create(directory, file.Name, file.Content, file.Mode, file, written);
            Create(directory, MasterFile, Encoding.UTF8.GetBytes(TomlWriter.MasterToml(plan, directory, source)),
                plan.Services.Exists(static service => service.Options.Exists(static option => Secrets.IsIn(option.Name, option.Expanded))) ? ForOwner : ForAll, null, written);
            Create(directory, MainFile, Encoding.UTF8.GetBytes(TomlWriter.MainToml(plan, directory, source)), hasSecrets ? ForOwner : ForAll, null, written);
            FileSystem.FlushDirectory(directory);
        }
        catch
        {
            foreach (string path in written)
                FileSystem.TryRemove(path);
            if (isMade)
                FileSystem.TryRemoveEmptyDirectory(directory);
            throw;
        }
    }

    /// <summary>Removes what <see cref="Write"/> wrote.</summary>
    internal static void Remove(Plan plan, string directory)
    {
        foreach (string name in plan.Files.Select(static file => file.Name).Append(MainFile).Append(MasterFile))
            FileSystem.TryRemove($"{directory}/{name}");
    }

    private static void Create(string directory, string name, byte[] content, int mode, PlannedFile? copy, List<string> written)
    {
        string path = $"{directory}/{name}", unfinished = $"{directory}/.{name}.import";
        using SafeFileHandle file = FileSystem.TryCreate(unfinished, ForOwner) ?? throw new SystemCallException($"create {unfinished}", "it is there already, from an import that was ended; remove it");
        try
        {
            FileSystem.WriteAt(file, content, 0);
            if (copy is not null && Users.EffectiveUid == 0)
                FileSystem.ChangeOwner(unfinished, copy.Uid, copy.Gid, FileKind.Regular);
            FileSystem.ChangeMode(file, mode);
            FileSystem.Flush(file, unfinished);
            if (!FileSystem.TryRenameNoReplace(unfinished, path))
                throw new SystemCallException($"create {path}", "a file of that name is there already");
        }
        catch
        {
            FileSystem.TryRemove(unfinished);
            throw;
        }
        written.Add(path);
    }
}
