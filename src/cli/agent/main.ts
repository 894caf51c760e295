/**
 * Entry of the agent's own bundle, `dist/agent.cjs`. It executes itself a second time, in the same process, with the flags
 * and environment that save memory (docs/adr/0004-agent-footprint.md), then loads the agent. Both apply only at the start
 * of a program, and the caller need not know them.
 */
import { isSea } from 'node:sea'
import { secondStart, startMark } from './environment.ts'

const flags = [
  // No optimising compilers, whose own code needs 8 MB (TurboFan) and 4 MB (Maglev). `heap.ts` turns Maglev on
  // when many lines need matching.
  '--no-opt',
  '--no-maglev',
  // Drops old code of the baseline compiler, which costs 0.4 MB and saves a quarter of the CPU per record.
  '--flush-baseline-code',
  // One WebAssembly compiler is fast enough for the little code there is.
  '--liftoff-only',
  // Compiles on the main thread, because another thread's allocations would stay in its own arena.
  '--no-concurrent-recompilation',
  // Compiles each function at its first call.
  '--max-lazy',
  // Small young generation, which also shrinks V8's number-to-string cache by 0.3 MB.
  '--max-semi-space-size=1',
  // Collections compact memory and use no extra threads.
  '--compact-on-every-full-gc',
  '--single-threaded-gc',
  // Lets `heap.ts` trigger collections.
  '--expose-gc',
  // Otherwise Node parses its 140 root certificates when TLS is loaded, which costs 1.5 MB.
  // `api.ts` passes them to connections that need them.
  '--use-openssl-ca',
  // SIGUSR1 must not open a debugger in a privileged process.
  '--disable-sigusr1',
]

if (process.env[startMark] === undefined && typeof process.execve === 'function') {
  const all = [...flags, ...process.execArgv]
  // A single executable takes Node's flags as one argument, and is told again which program it is.
  const args = isSea()
    ? [`--node-options=${all.join(' ')}`, 'agent', ...process.argv.slice(2)]
    : [...all, ...process.argv.slice(1)]
  process.execve(process.execPath, [process.execPath, ...args], secondStart(process.env))
}
void import('./process.ts')
