using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;

namespace PostfixNet.Native;

/// <summary>Hands a string to the C library as UTF-8 with a NUL at its end, for the time of one call.</summary>
/// <remarks>Does what the framework's marshaller for UTF-8 does, at a start in microseconds: see <see cref="ShortText"/>.</remarks>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(NativeText))]
internal unsafe ref struct NativeText
{
    private byte* _text;
    private bool _isAllocated;

    /// <summary>Size of the buffer that the caller keeps on its stack: enough for nearly every path.</summary>
    public static int BufferSize => 256;

    /// <summary>Converts, into the buffer if the text fits.</summary>
    public void FromManaged(string? text, Span<byte> buffer)
    {
        if (text is null)
            return;
        if (text.Length < buffer.Length && ShortText.CopyAscii(text, buffer) == text.Length)
        {
            buffer[text.Length] = 0;
            _text = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
            return;
        }
        int length = Encoding.UTF8.GetByteCount(text);
        _text = (byte*)NativeMemory.Alloc((nuint)length + 1);
        _isAllocated = true;
        _ = Encoding.UTF8.GetBytes(text, new Span<byte>(_text, length));
        _text[length] = 0;
    }

    /// <summary>The C string; null for a null string.</summary>
    public readonly byte* ToUnmanaged() => _text;

    /// <summary>Ends the call.</summary>
    public readonly void Free()
    {
        if (_isAllocated)
            NativeMemory.Free(_text);
    }
}
