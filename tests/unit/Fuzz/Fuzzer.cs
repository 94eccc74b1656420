using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Feeds a parser with mutations of a corpus: two seconds in a test run, FUZZ_SECONDS when that is set.</summary>
/// <remarks>The first rounds have a fixed seed, the rest one of their own that a failure tells; FUZZ_SEED repeats it. A
/// failure shows the input.</remarks>
internal sealed class Fuzzer
{
    private const int FixedRounds = 2000, LongestInput = 20_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] s_interesting = [0, 1, 2, 9, 10, 12, 13, 32, 0x2D, 0x2E, 0x3D, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFE, 0xFF];

    private readonly byte[][] _corpus;
    private readonly byte[][] _words;
    private byte[] _input = [];
    private int _seed;
    private long _rounds;

    /// <param name="corpus">Inputs that are good, or nearly.</param>
    /// <param name="words">Pieces that mean something to the parser.</param>
    internal Fuzzer(IEnumerable<byte[]> corpus, params string[] words)
    {
        _corpus = [.. corpus];
        _words = [.. words.Select(Encoding.Latin1.GetBytes)];
    }

    /// <summary>Memory that a target may take for an input: this much, and <see cref="BytesPerOctet"/> for each octet.</summary>
    internal long BaseBytes { get; init; } = 256 * 1024;

    /// <inheritdoc cref="BaseBytes"/>
    internal long BytesPerOctet { get; init; } = 256;

    /// <summary>Runs the target over and over.</summary>
    /// <param name="target">Gets an input and a source of chance of its own; throws when something is wrong.</param>
    internal void Run(Action<byte[], Random> target)
    {
        TimeSpan time = TimeSpan.FromSeconds(Number("FUZZ_SECONDS") ?? 2);
        Exception? failure = null;
        // A thread, so that an input on which the target hangs can be told.
        Thread thread = new(() => failure = Loop(target, time), 4 << 20) { IsBackground = true };
        thread.Start();
        for (long before = -1; !thread.Join(s_patience); before = Interlocked.Read(ref _rounds))
            Assert.True(before != Interlocked.Read(ref _rounds), $"no end after {s_patience.TotalSeconds} s: {Told()}");
        Assert.True(failure is null, $"{failure?.GetType().Name}: {failure?.Message}\n{Told()}\n{failure?.StackTrace}");
    }

    private Exception? Loop(Action<byte[], Random> target, TimeSpan time)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Random random = new(_seed = Number("FUZZ_SEED") ?? 1);
        try
        {
            while (_rounds < FixedRounds || watch.Elapsed < time)
            {
                if (_rounds == FixedRounds && Number("FUZZ_SEED") is null)
                    random = new Random(_seed = Environment.TickCount);
                _input = _rounds < _corpus.Length ? _corpus[_rounds] : Mutated(random);
                long before = GC.GetAllocatedBytesForCurrentThread();
                target(_input, random);
                long taken = GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.True(taken <= BaseBytes + BytesPerOctet * _input.Length, $"{taken} bytes of memory for {_input.Length} octets");
                Interlocked.Increment(ref _rounds);
            }
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private string Told() => $"FUZZ_SEED={_seed}, round {_rounds}, input {Convert.ToBase64String(_input)}";

    private byte[] Mutated(Random random)
    {
        List<byte> input = [.. _corpus[random.Next(_corpus.Length)]];
        for (int i = random.Next(1, 9); i > 0; i--)
            Mutate(input, random);
        return [.. input.Count > LongestInput ? input[..LongestInput] : input];
    }

    private void Mutate(List<byte> input, Random random)
    {
        int at = random.Next(input.Count + 1), length = Math.Min(input.Count - at, 1 << random.Next(10));
        switch (random.Next(9))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = s_interesting[random.Next(s_interesting.Length)];
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, length));
                break;
            case 4:
                input.RemoveRange(at, input.Count - at);
                break;
            case 5 when _words.Length > 0:
                input.InsertRange(at, _words[random.Next(_words.Length)]);
                break;
            case 6:
                byte[] other = _corpus[random.Next(_corpus.Length)];
                int from = random.Next(other.Length + 1);
                input.InsertRange(at, other[from..Math.Min(other.Length, from + (1 << random.Next(10)))]);
                break;
            case 7:
                input.InsertRange(at, Enumerable.Repeat(s_interesting[random.Next(s_interesting.Length)], 1 << random.Next(12)));
                break;
            default:
                byte[] noise = new byte[random.Next(1, 9)];
                random.NextBytes(noise);
                input.InsertRange(at, noise);
                break;
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;
}
