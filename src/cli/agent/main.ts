/**
 * The entry of the agent's own bundle, `dist/agent.cjs`: starts itself once more, as the same process, with the flags
 * and the settings that keep it small (docs/adr/0004-agent-footprint.md), then loads the agent. They can only be given
 * at the start of a process, and whoever starts the agent should not have to know them.
 */
import { secondStart, startMark } from './environment.ts'

const flags = [
  // No optimising compilers: their own code is 8 MB (TurboFan) and 4 MB (Maglev). `heap.ts` allows Maglev once
  // there is much that rules look at …
  '--no-opt',
  '--no-maglev',
  // Of the plain compiler (0.4 MB, a quarter less CPU per record) what it made is dropped with the rest that grew old.
  '--flush-baseline-code',
  // Nor a second compiler for WebAssembly: the first one is fast enough for what there is of it.
  '--liftoff-only',
  // … and it compiles on the main thread: what another thread allocates for it stays in that thread's arena.
  '--no-concurrent-recompilation',
  // Functions are compiled when they are called, not when their neighbours are.
  '--max-lazy',
  // A small young generation; V8 also sizes its cache of printed numbers by it (0.3 MB).
  '--max-semi-space-size=1',
  // Collections leave no half-empty pages, and have no threads of their own.
  '--compact-on-every-full-gc',
  '--single-threaded-gc',
  // Lets the agent give back the memory of its start, see `heap.ts`.
  '--expose-gc',
  // Node else parses its 140 public root certificates as soon as TLS is loaded, for clients that name no CA: 1.5 MB.
  // `api.ts` names them where a connection really needs them.
  '--use-openssl-ca',
  // SIGUSR1 shall not open a debugger into a privileged process.
  '--disable-sigusr1',
]

if (process.env[startMark] === undefined && typeof process.execve === 'function') {
  const args = [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, args, secondStart(process.env))
}
void import('./process.ts')
