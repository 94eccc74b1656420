using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PostfixNet.Postsuper.Backup;

/// <summary>Names of very many files, in 32 bytes each.</summary>
internal sealed class IdSet
{
    private readonly HashSet<UInt128> _names = [];

    internal int Count => _names.Count;

    /// <returns>False: it is there already.</returns>
    internal bool Add(string name) => _names.Add(Short(name));

    internal bool Contains(string name) => _names.Contains(Short(name));

    /// <returns>False: it was not there.</returns>
    internal bool Remove(string name) => _names.Remove(Short(name));

    /// <summary>Half of the SHA-256 of a text.</summary>
    internal static UInt128 Short(string text) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
