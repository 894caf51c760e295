/** Sets the environment of the agent's second start, and restores the operator's for child programs. */

/** Set for the second start only: a JSON object with the operator's values that were replaced. */
export const startMark = 'NODEMEND_AGENT_STARTED'

/** Applies unless the operator sets a value. */
const defaults: Readonly<Record<string, string>> = {
  /** One malloc arena for all threads saves 1.5 MB. */
  MALLOC_ARENA_MAX: '1',
  /** Returns larger blocks, such as the compiler's working memory, to the system when freed: saves 1.8 MB. */
  MALLOC_MMAP_THRESHOLD_: '16384',
  /**
   * Two threads: when a disk hangs while the state file is written, the other thread still resolves names for the API
   * server.
   */
  UV_THREADPOOL_SIZE: '2',
}

/** OpenSSL reads its default store at the first connection, even if that has its own CA: saves 0.8 MB. */
const always: Readonly<Record<string, string>> = { SSL_CERT_FILE: '/dev/null', SSL_CERT_DIR: '/dev/null' }

type Environment = Readonly<Record<string, string | undefined>>

/** The environment of the second start. */
export function secondStart(env: Environment): NodeJS.ProcessEnv {
  const replaced = Object.fromEntries(Object.keys(always).flatMap((name) => (name in env ? [[name, env[name]]] : [])))
  return { ...defaults, ...env, ...always, [startMark]: JSON.stringify(replaced) }
}

/** The operator's original environment, for programs that the agent starts: a credential plugin must verify servers. */
export function operatorEnvironment(env: Environment): Environment {
  const mark = env[startMark]
  if (mark === undefined) return env
  const ours = new Set([startMark, ...Object.keys(always)])
  const kept = Object.entries(env).filter(([name, value]) => !ours.has(name) && defaults[name] !== value)
  return { ...Object.fromEntries(kept), ...(JSON.parse(mark) as Environment) } // written by `secondStart`
}
