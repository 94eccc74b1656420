using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PostfixNet.Native;

/// <summary>Hashes of passwords as the accounts of the system have them: crypt(3), crypt(5).</summary>
/// <remarks>The library is not part of the C library, and not every system has it; so it is asked for when it is needed.</remarks>
public static unsafe class PasswordHash
{
    // struct crypt_data: 32 KiB of libxcrypt; glibc's own, before, took 128 KiB and some.
    private const nuint WorkBytes = 160 << 10;
    private const int LongestHash = 384; // CRYPT_OUTPUT_SIZE
    private const int ShortestSum = 22; // of $1$
    private const string SaltLetters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly Functions? s_functions = Functions.Load();

    /// <summary>What is wrong with a hash; null: passwords can be compared with it.</summary>
    /// <returns>Never quotes the hash.</returns>
    public static string? Problem(string hash)
    {
        if (hash.Length > LongestHash || !Ascii.IsValid(hash) || hash.AsSpan().ContainsAnyInRange('\0', ' ') || hash.Split('$') is not [_, _, _, .., { Length: >= ShortestSum }])
            return "not a crypt(3) hash";
        if (s_functions is null)
            return "a crypt(3) hash, for which the library libcrypt.so.1 is needed, and this system has none";
        return s_functions.Check(hash) ? null : "a crypt(3) hash of a kind that this system's libcrypt does not know";
    }

    /// <summary>A password is that of a hash. Takes as long as the hash was made to take.</summary>
    /// <param name="password">Up to 512 octets; longer ones, and those with a zero octet, are not.</param>
    /// <param name="hash">One without <see cref="Problem"/>.</param>
    public static bool IsOf(ReadOnlySpan<byte> password, string hash)
    {
        byte[] wanted = Encoding.ASCII.GetBytes(hash);
        byte[] made = s_functions?.Hash(password, wanted) ?? [];
        // What could not be hashed begins with "*".
        return CryptographicOperations.FixedTimeEquals(made, wanted) && !password.Contains((byte)0);
    }

    /// <summary>The hash of a password: yescrypt where the system knows it ($y$), else SHA-512 ($6$).</summary>
    /// <exception cref="IOException">The system has no libcrypt, or it knows neither.</exception>
    public static string Make(ReadOnlySpan<byte> password)
    {
        if (s_functions is null)
            throw new IOException("crypt(3) hashes need the library libcrypt.so.1, and this system has none");
        foreach (string setting in (string[])[$"$y$j9T${Salt(24)}", $"$6$rounds=100000${Salt(16)}"])
        {
            byte[] made = s_functions.Hash(password, Encoding.ASCII.GetBytes(setting));
            if (made.AsSpan().StartsWith(Encoding.ASCII.GetBytes(setting)))
                return Encoding.ASCII.GetString(made);
        }
        throw new IOException("this system's libcrypt makes neither $y$ nor $6$ hashes");
    }

    private static string Salt(int length) => RandomNumberGenerator.GetString(SaltLetters, length);

    private sealed class Functions
    {
        private readonly delegate* unmanaged<byte*, byte*, void*, byte*> _crypt;
        private readonly delegate* unmanaged<byte*, int> _checkSalt;

        private Functions(nint crypt, nint checkSalt)
        {
            _crypt = (delegate* unmanaged<byte*, byte*, void*, byte*>)crypt;
            _checkSalt = (delegate* unmanaged<byte*, int>)checkSalt;
        }

        internal static Functions? Load()
        {
            foreach (string name in (string[])["libcrypt.so.1", "libcrypt.so.2"])
            {
                if (!NativeLibrary.TryLoad(name, out nint library) || !NativeLibrary.TryGetExport(library, "crypt_r", out nint crypt))
                    continue;
                // Of libxcrypt only.
                _ = NativeLibrary.TryGetExport(library, "crypt_checksalt", out nint checkSalt);
                return new Functions(crypt, checkSalt);
            }
            return null;
        }

        internal bool Check(string hash)
        {
            byte[] setting = Terminated(Encoding.ASCII.GetBytes(hash));
            if (_checkSalt is null)
                return Hash("x"u8, setting.AsSpan(..^1)) is [(byte)'$', ..];
            fixed (byte* s = setting)
                return _checkSalt(s) is not (1 or 2); // CRYPT_SALT_INVALID, CRYPT_SALT_METHOD_DISABLED
        }

        internal byte[] Hash(ReadOnlySpan<byte> password, ReadOnlySpan<byte> setting)
        {
            byte[] phrase = Terminated(password), salt = Terminated(setting);
            void* work = NativeMemory.AllocZeroed(WorkBytes);
            try
            {
                fixed (byte* p = phrase, s = salt)
                {
                    byte* hash = _crypt(p, s, work);
                    return hash is null ? [] : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(hash).ToArray();
                }
            }
            finally
            {
                CryptographicOperations.ZeroMemory(phrase);
                CryptographicOperations.ZeroMemory(new Span<byte>(work, (int)WorkBytes));
                NativeMemory.Free(work);
            }
        }

        private static byte[] Terminated(ReadOnlySpan<byte> text)
        {
            byte[] terminated = new byte[text.Length + 1];
            text.CopyTo(terminated);
            return terminated;
        }
    }
}
