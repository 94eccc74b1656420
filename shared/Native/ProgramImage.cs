namespace PostfixNet.Native;

/// <summary>The running program's own file, as it lies in this process's memory.</summary>
public static unsafe class ProgramImage
{
    private const ulong HeadersOfProgram = 3, NumberOfHeaders = 5; // getauxval(3): AT_PHDR, AT_PHNUM
    private const uint Loaded = 1, Itself = 6, Executable = 1;     // elf(5): PT_LOAD, PT_PHDR, PF_X
    private const nuint PageSize = 4096;

    /// <summary>Lets go of the pages of code that are in memory now: most of them served the start alone. What is needed again
    /// comes back from the page cache as it is touched. For a process that will live long, once it has come to rest.</summary>
    public static void LetGo()
    {
        LibC.ProgramHeader* headers = (LibC.ProgramHeader*)LibC.GetAuxVal(HeadersOfProgram);
        int count = (int)LibC.GetAuxVal(NumberOfHeaders);
        if (headers == null)
            return;
        nuint start = 0;
        for (int i = 0; i < count; i++)
            if (headers[i].Type == Itself)
                start = (nuint)headers - headers[i].Address;
        for (int i = 0; i < count; i++)
        {
            // Never what was written to: that is not in the file. Constants are among it: at its start the runtime puts the random
            // value there with which functions find out that their stack was overwritten.
            if (headers[i].Type != Loaded || (headers[i].Flags & Executable) == 0)
                continue;
            nuint first = (start + headers[i].Address) & ~(PageSize - 1);
            nuint end = (start + headers[i].Address + headers[i].MemorySize) & ~(PageSize - 1);
            // Whatever it answers, nothing changes but where the pages are.
            _ = LibC.MAdvise(first, end - first, LibC.MADV_DONTNEED);
        }
    }
}
