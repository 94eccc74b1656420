using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>A private key of Ed25519 (RFC 8032), which the base library does not have: libcrypto signs, which the base library has loaded for
/// its own hashes anyhow.</summary>
/// <remarks>The library is asked for when it is needed first. For use by one thread at a time.</remarks>
public sealed unsafe class Ed25519 : IDisposable
{
    /// <summary>Octets of a private key, and of a public one.</summary>
    public const int KeySize = 32;

    /// <summary>Octets of a signature.</summary>
    public const int SignatureSize = 64;

    private readonly Functions _library;
    private readonly KeyHandle _key;

    /// <param name="seed">The private key, <see cref="KeySize"/> octets.</param>
    /// <exception cref="CryptographicException">They are no key, or the system's OpenSSL has no Ed25519.</exception>
    public Ed25519(ReadOnlySpan<byte> seed)
    {
        _library = Functions.Instance ?? throw new CryptographicException("Ed25519 needs libcrypto of OpenSSL 1.1.1 or newer, and this system has none");
        fixed (byte* key = seed)
            _key = new KeyHandle(_library, _library.NewPrivateKey(Functions.KindEd25519, null, key, (nuint)seed.Length));
        if (_key.IsInvalid)
            throw new CryptographicException(seed.Length == KeySize ? "the system's OpenSSL has no Ed25519" : "not a private key of Ed25519");
    }

    /// <summary>The public key that belongs to it.</summary>
    public byte[] PublicKey
    {
        get
        {
            byte[] octets = new byte[KeySize];
            nuint length = KeySize;
            fixed (byte* key = octets)
                Require(_library.GetPublicKey(_key.Pointer, key, &length) == 1 && length == KeySize);
            return octets;
        }
    }

    /// <summary>The signature of some data.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        byte[] octets = new byte[SignatureSize];
        nuint length = SignatureSize;
        void* context = _library.NewContext();
        try
        {
            byte nothing = 0;
            fixed (byte* signature = octets, text = data)
            {
                Require(context is not null && _library.BeginSigning(context, null, null, null, _key.Pointer) == 1
                    && _library.Sign(context, signature, &length, text is null ? &nothing : text, (nuint)data.Length) == 1 && length == SignatureSize);
            }
            return octets;
        }
        finally
        {
            _library.FreeContext(context);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static void Require(bool success)
    {
        if (!success)
            throw new CryptographicException("libcrypto does not sign by Ed25519");
    }

    private sealed class KeyHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        private readonly Functions _library;

        internal KeyHandle(Functions library, void* key) : base(ownsHandle: true)
        {
            _library = library;
            SetHandle((nint)key);
        }

        internal void* Pointer => (void*)handle;

        protected override bool ReleaseHandle()
        {
            _library.FreeKey((void*)handle);
            return true;
        }
    }

    /// <summary>What is used of it, evp(7).</summary>
    private sealed class Functions
    {
        internal const int KindEd25519 = 1087; // EVP_PKEY_ED25519

        internal readonly delegate* unmanaged<int, void*, byte*, nuint, void*> NewPrivateKey;
        internal readonly delegate* unmanaged<void*, byte*, nuint*, int> GetPublicKey;
        internal readonly delegate* unmanaged<void*, void> FreeKey;
        internal readonly delegate* unmanaged<void*> NewContext;
        internal readonly delegate* unmanaged<void*, void> FreeContext;
        internal readonly delegate* unmanaged<void*, void*, void*, void*, void*, int> BeginSigning;
        internal readonly delegate* unmanaged<void*, byte*, nuint*, byte*, nuint, int> Sign;

        private Functions(nint library)
        {
            NewPrivateKey = (delegate* unmanaged<int, void*, byte*, nuint, void*>)NativeLibrary.GetExport(library, "EVP_PKEY_new_raw_private_key");
            GetPublicKey = (delegate* unmanaged<void*, byte*, nuint*, int>)NativeLibrary.GetExport(library, "EVP_PKEY_get_raw_public_key");
            FreeKey = (delegate* unmanaged<void*, void>)NativeLibrary.GetExport(library, "EVP_PKEY_free");
            NewContext = (delegate* unmanaged<void*>)NativeLibrary.GetExport(library, "EVP_MD_CTX_new");
            FreeContext = (delegate* unmanaged<void*, void>)NativeLibrary.GetExport(library, "EVP_MD_CTX_free");
            BeginSigning = (delegate* unmanaged<void*, void*, void*, void*, void*, int>)NativeLibrary.GetExport(library, "EVP_DigestSignInit");
            Sign = (delegate* unmanaged<void*, byte*, nuint*, byte*, nuint, int>)NativeLibrary.GetExport(library, "EVP_DigestSign");
        }

        /// <summary>null: there is no such library.</summary>
        internal static Functions? Instance { get; } = Load();

        // The versions that the base library looks for, in its order.
        private static Functions? Load()
        {
            foreach (string name in (string[])["libcrypto.so.3", "libcrypto.so.1.1"])
            {
                if (NativeLibrary.TryLoad(name, out nint library) && NativeLibrary.TryGetExport(library, "EVP_PKEY_new_raw_private_key", out _))
                    return new Functions(library);
            }
            return null;
        }
    }
}
