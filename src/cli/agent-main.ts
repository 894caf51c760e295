/**
 * The entry of the agent's own bundle, `dist/agent.cjs`: starts itself once more, as the same process, with the V8 flags
 * and the allocator setting that keep it small (docs/adr/0004-agent-footprint.md), then loads the agent. They can only be
 * given at the start of a process, and whoever starts the agent should not have to know them.
 */

const flags = [
  // No optimising compilers: their own code is 8 MB (TurboFan) and 4 MB (Maglev). `agent-heap.ts` allows Maglev, which
  // makes the rules fast enough, once there is much to read …
  '--no-opt',
  '--no-maglev',
  // … and it compiles on the main thread: what another thread allocates for it stays in that thread's arena.
  '--no-concurrent-recompilation',
  // Functions are compiled when they are called, not when their neighbours are.
  '--max-lazy',
  // Lets the agent give back the memory of its start, see `agent-heap.ts`.
  '--expose-gc',
]

const settings = {
  /** One malloc arena for all threads: 1.5 MB. */
  MALLOC_ARENA_MAX: '1',
  /** Larger blocks go back to the system when they are freed, the compiler's working memory among them: 1.8 MB. */
  MALLOC_MMAP_THRESHOLD_: '16384',
  /** One thread waits for the kernel log, one writes the state file, one resolves names. */
  UV_THREADPOOL_SIZE: '3',
}

/** Set in the second start, so that there is never a third. */
const mark = 'NODEMEND_AGENT_STARTED'

if (process.env[mark] === undefined && typeof process.execve === 'function') {
  const args = [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, args, { ...settings, ...process.env, [mark]: '1' })
}
void import('./agent-process.ts')
