/**
 * The entry of the agent's own bundle, `dist/agent.cjs`: starts this program again, as the same process, with the V8
 * flags and the allocator settings that keep it small (docs/adr/0004-agent-footprint.md), then loads the agent. They can
 * only be given at the start of a process, and whoever starts the agent should not have to know them.
 */

/**
 * The optimising compilers are 13 MB of code that a kernel log never needs: baseline code reads it fast enough.
 * `--expose-gc` lets the agent give back the memory of its start; see `agent-heap.ts`.
 */
const flags = ['--no-opt', '--no-maglev', '--max-lazy', '--expose-gc']

const settings = {
  /** One malloc arena instead of one per thread: 0.5 MB. */
  MALLOC_ARENA_MAX: '1',
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
